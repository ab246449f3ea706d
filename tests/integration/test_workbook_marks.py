"""The check workbook: the cells to mend, coloured where they stand and with a note that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from campaign.cli.progress_bars import Progress
from campaign.config.campaign_file import load
from campaign.engine import results, runs
from campaign.engine.checking import check
from campaign.report import result_workbook
from campaign.report.sheets import lists
from campaign.report.xlsx import package
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from campaign.model import Result

TEXT = "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}"
ROWS = [
    ("김민서", number(0), "SPRING"),
    ("이지훈", "4.41E+11", "SPRING"),
    ("박서연", number(2), None),
    ("강시우😀", number(3), "SPRING"),
    ("정하은", number(4), "가" * 1000),
    ("최도윤", None, "SPRING"),
]


def checked(desk: Desk, *words: str) -> tuple[dict[str, Any], Any]:
    done = desk.run("check", "c.toml", "--json", *words)
    return done.json, openpyxl.load_workbook(desk.folder / done.json["report"])


def notes_on_cells(sheet: Worksheet) -> dict[str, str]:
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows(min_row=2) for cell in row if cell.comment}


def coloured(sheet: Worksheet) -> set[str]:
    """The cells that the rules of the sheet colour for what stands in the column `fix`, as a spreadsheet program would.

    Such a rule says: where this row's `fix` is this column's heading.
    """
    found = set()
    for area in sheet.conditional_formatting:
        for rule in area.rules:
            if rule.type != "expression":
                continue
            [formula] = rule.formula
            [named, heading] = formula.removeprefix("$").split("=")
            for (cell,) in sheet[str(area.sqref)]:
                fix = sheet[f"{named[:-1]}{cell.row}"].value
                if fix is not None and fix == sheet[heading].value:
                    found.add(cell.coordinate)
            assert rule.dxf.fill.bgColor.rgb == "FFFBE0DD"
    return found


def test_each_cell_to_mend_is_coloured_named_and_says_why(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT)
    _, book = checked(desk)
    sheet = book["results"]
    assert coloured(sheet) == {"B3", "C4", "A5", "C6", "B7"}
    notes = notes_on_cells(sheet)
    assert list(notes) == ["B3", "C4", "A5", "C6", "B7"]
    assert notes["B3"].startswith("'4.41E+11' has lost its digits")
    assert notes["C4"] == "'쿠폰' is empty, and the template needs it"
    assert "phones cannot show '😀'" in notes["A5"]
    assert "more than the 2,000 that LMS has room for" in notes["C6"]
    assert notes["B7"] == "the phone cell is empty"
    heads = [cell.value for cell in sheet[1]]
    assert heads[-2:] == ["row", "fix"]
    fixes = [row[-1].value for row in sheet.iter_rows(min_row=2)]
    assert fixes == [None, "휴대폰", "쿠폰", "이름", "쿠폰", "휴대폰"]
    # The headings keep their own notes.
    assert sheet.cell(1, heads.index("status") + 1).comment is not None


def test_the_problems_sheet_names_the_cell_too(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT)
    report, _ = checked(desk)
    assert [row["fix"] for row in desk.results(report["report"], "problems")] == [
        "휴대폰", "쿠폰", "이름", "쿠폰", "휴대폰",
    ]  # fmt: skip


def test_a_field_of_its_own_is_blamed_for_its_own_faults(desk: Desk) -> None:
    long = "가" * 50
    desk.sheet([(long, number(0), "!"), (long, number(1), "쿠폰")])
    desk.campaign("{{ 이름 }}님 안녕하세요", message="title = '{{ 쿠폰 }}'")
    _, book = checked(desk)
    assert list(notes_on_cells(book["results"])) == ["C2"]


def test_a_mended_check_workbook_is_checked_again_as_it_stands(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT)
    report, book = checked(desk)
    sheet = book["results"]
    for place, value in {"B3": number(1), "C4": "SPRING", "A5": "강시우", "C6": "SPRING", "B7": number(5)}.items():
        sheet[place].value = value
    book.save(desk.folder / "mended.xlsx")
    desk.campaign(TEXT, recipients='files = ["mended.xlsx"]')
    assert desk.run("check", "c.toml", "--json").json["rows"] == {"total": 6, "pending": 6}
    only = desk.run("check", "c.toml", "--only", "invalid", "--json")
    assert only.json["rows"] == {"total": 5, "pending": 5}
    assert report["rows"] == {"total": 6, "pending": 1, "invalid": 5}


def test_a_check_without_a_problem_has_the_column_and_nothing_in_it(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    _, book = checked(desk)
    assert coloured(book["results"]) == set()
    assert [row[-1] for row in book["results"].iter_rows(values_only=True)] == ["fix", None, None, None]


def test_a_runs_workbook_is_as_it_was(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign(TEXT)
    report = desk.run("send", "c.toml", "--yes", "--json").json["report"]
    assert "fix" not in desk.results(report)[0]


@pytest.fixture
def many(tmp_path: Path) -> tuple[Result, Path]:
    """A check of 1,500 rows, each of them with a problem in its phone cell."""
    desk = Desk(tmp_path)
    desk.sheet((f"고객{place}", f"02-{place:07}", "C") for place in range(1_500))
    found = check.check(load(desk.campaign()), runs.now(), Progress(shown=False))
    return results.of_check(found, "https://example.com", runs.now()), tmp_path / "check.xlsx"


def test_a_thousand_cells_get_a_note_and_all_of_them_their_colour(many: tuple[Result, Path]) -> None:
    result, path = many
    book = openpyxl.load_workbook(result_workbook.write(result, path))
    assert len(coloured(book["results"])) == 1_500
    assert list(notes_on_cells(book["results"])) == [f"B{row}" for row in range(2, 1_002)]


def test_marks_go_over_several_sheets(many: tuple[Result, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    result, path = many
    monkeypatch.setattr(lists, "MOST_NOTES", 800)
    book = openpyxl.load_workbook(result_workbook.write(result, path, rows_a_sheet=701))
    sheets = [book["results"], book["results 2"], book["results 3"]]
    assert [len(coloured(sheet)) for sheet in sheets] == [700, 700, 100]
    assert [len(notes_on_cells(sheet)) for sheet in sheets] == [700, 100, 0]
    assert notes_on_cells(sheets[1])["B2"] == "'02-0000700' is a landline, which receives no texts"


def test_a_sheet_in_many_pieces_is_marked_alike(many: tuple[Result, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    result, path = many
    whole = openpyxl.load_workbook(result_workbook.write(result, path))["results"]
    monkeypatch.setattr(package, "LARGE", 4_096)
    pieces = openpyxl.load_workbook(result_workbook.write(result, path))["results"]
    assert list(pieces.values) == list(whole.values)
    assert coloured(pieces) == coloured(whole)
