"""The sheet that is printed: its figures are values, equal to the rows', and its charts show them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model import RunState, Status
from campaign.model.i18n import in_language
from campaign.model.list_notes import ListNote
from campaign.model.reasons import encode, nested
from campaign.report import result_workbook
from campaign.report.totals import totals as totals_of
from tests.support.builders import ResultOf

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from campaign.model import Result


def summary(result: Result, folder: Path) -> Worksheet:
    sheet: Worksheet = openpyxl.load_workbook(result_workbook.write(result, folder / "결과.xlsx"))["summary"]
    return sheet


def table(sheet: Worksheet, heading: str) -> dict[str, tuple[Any, ...]]:
    """The lines below a heading in column A, by their last word, up to the total."""
    lines: dict[str, tuple[Any, ...]] = {}
    found = False
    for row in sheet.iter_rows(max_col=6, values_only=True):
        words = str(row[0] or "")
        if found and words:
            lines[words.rsplit(maxsplit=1)[-1]] = row[1:]
            if words.endswith("Total"):
                return lines
        found = found or words.endswith(heading)
    raise AssertionError(f"no table {heading}")


def words(sheet: Worksheet) -> str:
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)


def test_the_sandbox_is_said_at_the_top_in_korean_and_english(tmp_path: Path) -> None:
    sheet = summary(ResultOf(sandbox=True).build(), tmp_path)
    banner = str(sheet["A2"].value)
    assert "실제로 발송되지 않았습니다" in banner
    assert "nothing really went out" in banner
    assert "A2:L2" in [str(merged) for merged in sheet.merged_cells.ranges]


def test_a_real_run_has_no_banner(tmp_path: Path) -> None:
    assert "SANDBOX" not in words(summary(ResultOf().build(), tmp_path))


def test_a_check_says_that_nothing_was_sent_and_what_it_would_cost(tmp_path: Path) -> None:
    result = ResultOf(statuses=["pending"] * 4 + ["invalid"], state=RunState.CHECKED).build()
    sheet = summary(result, tmp_path)
    assert "nothing was sent" in str(sheet["A2"].value)
    assert table(sheet, "Type")["Total"] == (4, 0, None, 110, 0)
    assert table(sheet, "resultCode") == {"Total": (0, 0, "응답 없음 no answer yet", None, None)}


def test_what_run_it_was(tmp_path: Path) -> None:
    result = ResultOf(state=RunState.PAUSED, run={"why": "13 발신번호 미등록"}).build()
    told = words(summary(result, tmp_path))
    for fact in (
        "spring-sale-20261201-100000",
        "일시 중지 paused",
        "13 발신번호 미등록",
        "https://sms.bizservice.iwinv.kr  (v2)",
        "0212345678",
        "2026-12-01 10:00:00",
        "2026-12-01 10:01:23",
        "1분 23초",
        "{{ 이름 }} 고객님",
    ):
        assert fact in told


def test_figures_by_status_code_type_and_request(tmp_path: Path) -> None:
    statuses = ["accepted"] * 6 + ["rejected"] * 2 + ["invalid"] * 2
    sheet = summary(ResultOf(statuses=statuses, per_request=3).build(), tmp_path)
    by_status = table(sheet, "Status")
    assert {name: line[:2] for name, line in by_status.items()} == {
        "accepted": (6, 0.6),
        "rejected": (2, 0.2),
        "invalid": (2, 0.2),
        "Total": (10, 1),
    }
    assert table(sheet, "resultCode")["0"][:3] == (6, 0.75, "전송 성공")
    assert table(sheet, "Type") == {
        "SMS": (6, 5, 20, 120, 100),
        "LMS": (2, 1, 50, 100, 50),
        "Total": (8, 6, None, 220, 150),
    }
    assert table(sheet, "Requests") == {
        "accepted": (2, pytest.approx(2 / 3), 6, None, None),
        "rejected": (1, pytest.approx(1 / 3), 2, None, None),
        "Total": (3, 1, 8, None, None),
    }
    figures = {row[0]: row[1] for row in sheet.iter_rows(max_col=2, values_only=True)}
    assert figures["요청당 평균 수신자 수"] == pytest.approx(8 / 3)
    assert figures["묶어서 줄인 요청"] == 5


def test_readers_that_go_by_the_stated_size_see_all_of_it(tmp_path: Path) -> None:
    path = result_workbook.write(ResultOf().build(), tmp_path / "결과.xlsx")
    whole = openpyxl.load_workbook(path)["summary"]
    book = openpyxl.load_workbook(path, read_only=True)
    lines = list(book["summary"].iter_rows(values_only=True))
    book.close()
    assert lines == list(whole.iter_rows(values_only=True))


def test_no_figure_is_a_formula(tmp_path: Path) -> None:
    sheet = summary(ResultOf(run={"name": "=1+1", "template": "=2+2"}).build(), tmp_path)
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert sheet["A1"].value == "=1+1 — 발송 결과"


@pytest.mark.parametrize("odd", ["<r>a & b</r>", "<r></r>", "_x0041_x0042_", "<b>&amp;</b>", " 앞 "])
def test_odd_texts_stand_as_they_are(tmp_path: Path, odd: str) -> None:
    sheet = summary(ResultOf(state=RunState.PAUSED, run={"why": odd}).build(), tmp_path)
    shown = [str(row[1]) for row in sheet.iter_rows(max_col=2, values_only=True) if str(row[0]).startswith("중지")]
    assert [each.replace("_x005F_", "_") for each in shown] == [odd]


def test_without_prices_there_is_no_cost(tmp_path: Path) -> None:
    assert table(summary(ResultOf(prices=None).build(), tmp_path), "Type")["Total"] == (2, 2, None, None, None)


def test_the_charts_show_the_tables(tmp_path: Path) -> None:
    sheet = summary(ResultOf(statuses=["accepted", "accepted", "rejected", "invalid"]).build(), tmp_path)
    charts = vars(sheet)["_charts"]  # openpyxl has no other way to them
    series = [chart.series[0] for chart in charts]
    found = [((one.cat.strRef or one.cat.numRef).f, one.val.numRef.f) for one in series]
    top = next(cell.row for cell in sheet["A"] if str(cell.value).endswith("Status"))
    assert found[0] == (f"summary!$A${top + 1}:$A${top + 3}", f"summary!$B${top + 1}:$B${top + 3}")
    assert len(found) == 3
    column = [sheet[f"O{row}"].value for row in range(top + 1, top + 30)]
    assert sum(value for value in column if value) == 2  # accepted over time
    anchors = [(chart.anchor._from.row, chart.anchor.to.row) for chart in charts]  # noqa: SLF001
    assert all(end <= start for (_, end), (start, _) in pairwise(anchors))


def test_it_prints_on_one_page_without_what_the_charts_are_drawn_from(tmp_path: Path) -> None:
    sheet = summary(ResultOf().build(), tmp_path)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight or 1) == (1, 1)
    assert sheet.page_setup.orientation == "landscape"
    assert str(sheet.print_area).split("$")[3] == "L"


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "• l.xlsx, sheet '명단': B3, B4 show an error such as #N/A; they count as empty."),
        ("ko", "• l.xlsx, 시트 '명단': B3, B4 셀에 #N/A 같은 오류가 있어 빈 셀로 처리합니다."),
    ],
)
def test_the_notes_of_reading_are_told_in_the_readers_language(tmp_path: Path, language: str, note: str) -> None:
    place = nested(encode(ListNote.SHEET_OF_FILE, file="l.xlsx", sheet="명단"))
    notes = (encode(ListNote.ERRORS_IN_CELLS, count=2, place=place, cells="B3, B4"), "숨긴 행이 3개 있습니다.")
    result = ResultOf().build()
    noted = replace(result, recipients=replace(result.recipients, notes=notes))
    with in_language(language):
        told = words(summary(noted, tmp_path))
    assert note in told
    assert "• 숨긴 행이 3개 있습니다." in told  # a journal of an earlier version


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from([str(status) for status in Status]), max_size=30), st.integers(1, 7))
def test_summary_results_and_totals_agree(statuses: list[str], per_request: int) -> None:
    result = ResultOf(statuses=statuses, per_request=per_request).build()
    totals = totals_of(result)
    with tempfile.TemporaryDirectory() as folder:
        book = openpyxl.load_workbook(result_workbook.write(result, Path(folder) / "결과.xlsx"))
    sheet, results, requests = book["summary"], book["results"], book["requests"]
    listed = [results.cell(row, 5).value for row in range(2, results.max_row + 1)]
    assert [status for status in listed if status] == statuses
    assert {name: line[0] for name, line in table(sheet, "Status").items() if name != "Total"} == {
        name: count for name, count in totals["rows"].items() if name != "total"
    }
    assert table(sheet, "Status")["Total"][0] == totals["rows"]["total"] == len(statuses)
    assert table(sheet, "resultCode")["Total"][0] == sum(totals["codes"].values())
    assert table(sheet, "Requests")["Total"][0] == totals["requests"]["total"]
    carried: list[Any] = [requests.cell(row, 3).value or 0 for row in range(2, requests.max_row + 1)]
    assert sum(carried) == sum(
        totals["rows"].get(status, 0) for status in ("accepted", "rejected", "unknown", "pending", "cancelled")
    )
    assert table(sheet, "Type")["Total"][3:] == (totals["planned"], totals["accepted"])


def test_delivery_results_are_shown_only_where_they_were_fetched(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "delivery": ["delivered", "delivered", "failed", None, None],
        "deliveryCode": ["06", "06", "07", None, None],
        "deliveryMessage": ["성공", "성공", None, None, None],
        "deliveredAt": [None] * 5,
    }
    statuses = ("accepted",) * 4 + ("invalid",)
    sheet = summary(ResultOf(statuses=statuses, rows=columns).build(), tmp_path)
    lines = table(sheet, "Delivery")
    assert lines["delivered"][:3] == (2, 0.5, "06 성공")
    assert lines["failed"][:3] == (1, 0.25, "07")
    assert lines["result"][0] == 1
    assert lines["Total"][0] == 4
    assert "not in the vendor's document" in words(sheet)
    book = openpyxl.load_workbook(tmp_path / "결과.xlsx")
    assert [cell.value for cell in next(book["results"].iter_rows())][-5:] == ["row", *columns]

    assert "Delivery" not in words(summary(ResultOf().build(), tmp_path))
