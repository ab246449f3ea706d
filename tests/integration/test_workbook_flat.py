"""The rows as CSV and as Parquet."""

from __future__ import annotations

import csv
import datetime as dt
from io import StringIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign.model import Kind
from campaign.report import flat_files
from tests.support.builders import ResultOf, own

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.model import Result


def read(result: Result, folder: Path) -> list[list[str]]:
    path = flat_files.csv(result, folder / "결과.csv")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(raw.decode("utf-8-sig"), newline="")))


def test_every_row_with_its_own_columns_and_ours(tmp_path: Path) -> None:
    headings, *lines = read(ResultOf(statuses=["accepted", "unknown", "invalid"]).build(), tmp_path)
    assert headings[:6] == ["이름", "휴대폰", "지점", "구매금액", "status", "resultCode"]
    assert [line[4:6] for line in lines] == [["accepted", "0"], ["unknown", ""], ["invalid", ""]]
    assert lines[0][headings.index("sentAt")] == "2026-12-01 10:00:00"
    assert lines[0][headings.index("number")] == "010-0000-0000"


def test_digits_survive_a_double_click_in_excel(tmp_path: Path) -> None:
    columns = [
        ("회원", own(["007", "123456789012", "12"])),
        ("휴대폰", own(["01000000000", "0212345678", "1000000000"])),
    ]
    lines = read(ResultOf(columns=columns).build(), tmp_path)[1:]
    assert [line[:2] for line in lines] == [
        ["'007", "010-0000-0000"],
        ["'123456789012", "02-1234-5678"],
        ["12", "1000000000"],
    ]


@pytest.mark.parametrize("value", ['=HYPERLINK("http://x")', "+82 10", "-5", "@x", "\tx", "\rx"])
def test_text_that_could_be_run_is_harmless(tmp_path: Path, value: str) -> None:
    lines = read(ResultOf(columns=[(value, own([value] * 3))]).build(), tmp_path)
    assert [line[0] for line in lines] == [f"'{value}"] * 4


def test_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    columns = [("증감", own([-5, 0, None])), ("섞임", own(["-5", "-5", "글"]))]
    result = ResultOf(columns=columns, mixed={1: [Kind.NUMBER, Kind.TEXT, Kind.TEXT]}).build()
    assert [line[:2] for line in read(result, tmp_path)[1:]] == [["-5", "-5"], ["0", "'-5"], ["", "글"]]


def test_commas_quotes_and_lines_come_back(tmp_path: Path) -> None:
    values = ['쉼표, "따옴표"', "한 줄\n두 줄", "끝 "]
    assert [line[0] for line in read(ResultOf(columns=[("값", own(values))]).build(), tmp_path)[1:]] == values


def test_cells_of_every_type(tmp_path: Path) -> None:
    columns = [
        ("날짜", own([dt.date(2026, 12, 1)] * 3)),
        ("시각", own([dt.time(10, 30)] * 3)),
        ("참", own([True] * 3)),
        ("실수", own([0.1] * 3)),
        ("목록", own([[1, 2]] * 3)),
        ("빈 열", own([None] * 3, pa.null())),
        ("이름", own(["가"] * 3)),
        ("이름", own(["나"] * 3)),
    ]
    headings, line, *_ = read(ResultOf(columns=columns).build(), tmp_path)
    assert headings[6:8] == ["이름", "이름"]
    assert line[:8] == ["2026-12-01", "10:30:00", "true", "0.1", "[1, 2]", "", "가", "나"]


def test_names_that_differ_by_case_alone_are_told_apart(tmp_path: Path) -> None:
    columns = [("Status", own(["새"] * 3)), ("a", own([1, 2, 3])), ("A", own([4, 5, 6]))]
    table = pq.read_table(flat_files.parquet(ResultOf(columns=columns).build(), tmp_path / "결과.parquet"))
    assert table.column_names[:4] == ["Status (2)", "a", "A (2)", "status"]


def test_parquet_keeps_types_and_every_column(tmp_path: Path) -> None:
    columns = [("status", own(["새"] * 3)), ("금액", own([1, 2, 3])), ("금액", own([4, 5, 6]))]
    path = flat_files.parquet(ResultOf(columns=columns, sandbox=True).build(), tmp_path / "결과.parquet")
    table = pq.read_table(path)
    assert table.column_names[:4] == ["status (2)", "금액", "금액 (2)", "status"]
    assert table.schema.field("resultCode").type == pa.int32()
    assert table.schema.field("sentAt").type == pa.timestamp("us", tz="UTC")
    assert table["금액 (2)"].to_pylist() == [4, 5, 6]
    assert table.schema.metadata[b"sandbox"] == b"true"
    assert path.stat().st_mode & 0o777 == 0o600
