"""The language of a workbook is an option of the report, whatever the language of the screen is."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import openpyxl
import pyarrow.parquet as pq
import pytest

from campaign.model import Remark, RunState, Status
from campaign.model.i18n import in_language
from campaign.model.reasons import Reason, encode
from campaign.report import flat_files, original, result_workbook
from tests.support.builders import ResultOf, own

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl import Workbook

    from campaign.model import Result

HANGUL = re.compile("[가-힣]")
EVERY = [str(status) for status in Status] * 2
EMPTY = {"ko": "전화번호 셀이 비어 있습니다", "en": "the phone cell is empty"}
RULE = "the text contains the sender's name (정보통신망법 제50조 제4항)"


def english(state: RunState = RunState.PAUSED) -> Result:
    """A result whose own words are English: every Hangul in its workbook is the program's."""
    count = len(EVERY)
    columns = [("Name", own(["Kim"] * count)), ("Phone", own([f"010-0000-{place:04}" for place in range(count)]))]
    rows = {
        "reason": [encode(Reason.PHONE_EMPTY)] * count,
        "message": ["ok"] * count,
        "text": ["Hello\x07", "x" * 40_000, *["Hello"] * (count - 2)],
    }
    run = {"template": "Hello {{ Name }}", "why": "13", "advertisement": True, "overridden": "a rule"}
    senders = [f"021234567{place}" for place in range(7)]
    made = ResultOf(
        statuses=EVERY, columns=columns, rows=rows, run=run, state=state, sandbox=True, per_request=1
    ).build()
    count = len(made.requests)
    made.requests["sender"] = own([senders[place % 7] for place in range(count)])
    for name, words in (("message", "ok"), ("text", "Hello")):
        made.requests[name] = own([words] * count)
    return made


def words(book: Workbook) -> list[str]:
    """All texts of the workbook: cells, notes, charts' titles and number formats."""
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    charts = [chart for sheet in book for chart in vars(sheet).get("_charts", [])]
    titles = [run.t for chart in charts for line in chart.title.tx.rich.p for run in line.r or []]
    notes = [cell.comment.text for cell in cells if cell.comment]
    return [*(str(cell.value) for cell in cells), *notes, *titles, *(cell.number_format for cell in cells)]


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CHECKED])
def test_an_english_workbook_has_no_korean_word(tmp_path: Path, state: RunState) -> None:
    with in_language("ko"):
        path = result_workbook.write(english(state), tmp_path / "result.xlsx", language="en")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["results", "summary", "requests", "problems"]
    assert [each for each in words(book) if HANGUL.search(each)] == []
    assert EMPTY["en"] in words(book)


def test_an_english_comparison_has_no_korean_word(tmp_path: Path) -> None:
    with in_language("ko"):
        path = result_workbook.write_several([english(), english()], tmp_path / "result.xlsx", language="en")
    assert [each for each in words(openpyxl.load_workbook(path)) if HANGUL.search(each)] == []


@pytest.mark.parametrize("screen", ["ko", "en"])
def test_by_default_labels_are_korean_with_the_english_key_and_reasons_in_the_readers_language(
    tmp_path: Path, screen: str
) -> None:
    with in_language(screen):
        book = openpyxl.load_workbook(result_workbook.write(english(), tmp_path / "result.xlsx"))
    summary = [str(cell.value) for row in book["summary"] for cell in row if cell.value]
    for label in ("상태 Status", "결과 미확인 unknown", "합계 Total", "수신자 수 Recipients", "생성 시각 Created"):
        assert label in summary
    assert "0212345670, 0212345671, 0212345672, 0212345673, 0212345674 외 2개" in summary
    results = book["results"]
    assert results["E1"].comment.text == "코드와 함께 게이트웨이가 보낸 메시지 그대로입니다."
    assert {results.cell(row, 8).value for row in range(2, results.max_row + 1)} == {EMPTY[screen]}


def test_a_finding_on_the_whole_message_is_in_the_language_of_the_reasons(tmp_path: Path) -> None:
    remark = Remark(reason=encode(Reason.PHONE_EMPTY), named="row 2", rule=RULE, stops=True)
    result = replace(english(RunState.CHECKED), remarks=(remark,))
    found = {}
    for language in ("ko", "en"):
        book = openpyxl.load_workbook(result_workbook.write(result, tmp_path / f"{language}.xlsx", language=language))
        found[language] = words(book)
    assert any(each.startswith(f"발송 불가: {EMPTY['ko']} (row 2)\n") for each in found["ko"])
    assert f"stops the send: {EMPTY['en']} (row 2)\n{RULE}" in found["en"]


def test_a_korean_workbook_has_no_english_beside_its_labels(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(result_workbook.write(english(), tmp_path / "result.xlsx", language="ko"))
    summary = [str(cell.value) for row in book["summary"] for cell in row if cell.value]
    assert {"상태", "결과 미확인", "합계", "수신자 수", "생성 시각"} <= set(summary)
    assert not [each for each in summary if re.search(r"[가-힣] [A-Za-z]{3,}$", each)]
    assert book["results"]["D1"].value == "resultCode"


@pytest.mark.parametrize("screen", ["ko", "en"])
def test_csv_and_parquet_have_the_reasons_of_the_workbook(tmp_path: Path, screen: str) -> None:
    with in_language(screen):
        paths = [flat_files.csv(english(), tmp_path / "a.csv"), flat_files.parquet(english(), tmp_path / "a.parquet")]
    lines = list(csv.DictReader(StringIO(paths[0].read_text("utf-8-sig"))))
    assert {line["reason"] for line in lines} == set(pq.read_table(paths[1])["reason"].to_pylist()) == {EMPTY[screen]}


def test_flat_files_and_the_users_own_workbook_take_a_language_too(tmp_path: Path) -> None:
    result = english()
    book = openpyxl.Workbook()
    sheet = book.create_sheet("수신자")
    for row in (["Name", "Phone"], *[["Kim", f"010-0000-{place:04}"] for place in range(len(EVERY))]):
        sheet.append(row)
    book.save(tmp_path / "own.xlsx")
    into = original.write(result, tmp_path / "own.xlsx", tmp_path / "into.xlsx", language="ko")
    assert EMPTY["ko"] in words(openpyxl.load_workbook(into))
    assert EMPTY["ko"] in flat_files.csv(result, tmp_path / "a.csv", language="ko").read_text("utf-8-sig")
    assert (
        EMPTY["ko"]
        in pq.read_table(flat_files.parquet(result, tmp_path / "a.parquet", language="ko"))["reason"][0].as_py()
    )
