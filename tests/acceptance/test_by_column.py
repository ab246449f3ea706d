"""`report --by` and `--split`: a run by a column of the user's own, as a sheet and as workbooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.acceptance.test_korean_screen import say
from tests.support.desk import number

if TYPE_CHECKING:
    from tests.support.desk import Desk

HEADINGS = ("이름", "휴대폰", "지점")
ROWS: list[list[object]] = [
    ["가", number(1), "강남점"],
    ["나", number(2), "부산/서면"],
    ["다", "010-0000-1021", "강남점"],
    ["라", number(4), "강남점"],
    ["마", "02-123-4567", None],
]


def sent(desk: Desk) -> None:
    desk.sheet(ROWS, headings=HEADINGS)
    desk.campaign("{{ 이름 }}", prices="SMS = 20")
    assert desk.run("send", "c.toml", "--yes").status == 1


def lines(desk: Desk, report: str) -> list[tuple[object, ...]]:
    return [*openpyxl.load_workbook(desk.folder / report)["by"].iter_rows(values_only=True)]


def test_a_sheet_counts_the_rows_by_a_column_with_rates_and_won(desk: Desk) -> None:
    sent(desk)
    done = desk.run("report", "--by", "지점", "--json", env={"CAMPAIGN_LANG": "en"})
    head, *rows = lines(desk, done.json["report"])
    assert str(head[0]) == "지점"
    assert rows[:2] == [("강남점", 3, 2, 1, 0, 0, 0, 66.7, 40), ("부산/서면", 1, 1, 0, 0, 0, 0, 100, 20)]
    assert rows[2][1:] == (1, 0, 0, 0, 0, 1, 0, 0)
    assert rows[3][1:] == (5, 3, 1, 0, 0, 1, 60, 60)


def test_a_run_is_split_into_a_workbook_for_each_value(desk: Desk) -> None:
    sent(desk)
    done = desk.run("report", "--split", "지점", "--by", "이름", "--json").json
    assert done["rows"] == {"total": 5, "accepted": 3, "rejected": 1, "invalid": 1}
    assert list(done["reports"]) == ["강남점", "부산/서면", "(empty)"]
    rows = {value: desk.results(path) for value, path in done["reports"].items()}
    assert {value: [row["이름"] for row in found] for value, found in rows.items()} == {
        "강남점": ["가", "다", "라"],
        "부산/서면": ["나"],
        "(empty)": ["마"],
    }
    assert [row["status"] for row in rows["강남점"]] == ["accepted", "rejected", "accepted"]
    assert [line[0] for line in lines(desk, done["reports"]["부산/서면"])[1:2]] == ["나"]
    shown = say(desk, "report", "--split", "지점")
    assert shown.status == 0
    assert shown.out.count("reports/test-") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--by", "지정"], "there is no column '지정'. Did you mean '지점'? The columns are: 이름, 휴대폰, 지점."),
        (["--split", "지정"], "there is no column '지정'"),
        (["--by", "지점", "--format", "csv"], "--by and --split make workbooks"),
        (["--split", "지점", "--report", "x.xlsx"], "--split writes several workbooks"),
    ],
)
def test_a_wrong_column_or_form_is_refused(desk: Desk, words: list[str], said: str) -> None:
    sent(desk)
    done = desk.run("report", *words)
    assert done.status == 2
    assert said in done.err


def test_after_a_purge_there_is_no_column_to_count_by(desk: Desk) -> None:
    desk.people(1)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    desk.run("purge", "last", "--yes")
    done = desk.run("report", "--by", "이름")
    assert done.status == 2
    assert "its columns were removed with its numbers and texts" in done.err
