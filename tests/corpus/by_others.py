"""What Rust, Arrow and pandas write, and what other programs' XML looks like."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import rustpy_xlsxwriter

from tests.corpus.people import FILES, HEADINGS, ROWS, expect, people, row_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.corpus.people import Row

RUST = "rustpy-xlsxwriter"


def columns() -> None:
    """Whole columns at once: all text, and typed."""
    texts = pa.table(
        {name: pa.array([shown(row[at]) for row in ROWS], pa.string()) for at, name in enumerate(HEADINGS)}
    )
    rustpy_xlsxwriter.write_worksheet(texts, str(expect("rust_text.xlsx", people(), by=RUST)))
    amounts = pa.array([row[2] for row in ROWS], pa.float64())
    days = pa.array([row[3] for row in ROWS], pa.date32())
    typed = texts.set_column(2, "금액", amounts).set_column(3, "가입일", days)
    rustpy_xlsxwriter.write_worksheet(typed, str(expect("rust_typed.xlsx", people(), by=RUST)))
    pyarrow.csv.write_csv(texts, expect("arrow.csv", people(), by="pyarrow"))


def frames() -> None:
    """The damage that pandas does: one missing number makes floats of all, and an index comes along."""
    frame = pd.DataFrame({"이름": ["가", "나"], "휴대폰": [1023456701.0, None], "금액": [12000.0, None]})

    def rows(phone: str, amount: str, index: bool = False) -> list[Row]:
        first, second = ({"": "0"}, {"": "1"}) if index else ({}, {})
        return [
            row_of(2, "01023456701", {**first, "이름": "가", "휴대폰": phone, "금액": amount}),
            row_of(3, None, {**second, "이름": "나", "휴대폰": None, "금액": None}, "phone_empty"),
        ]

    floats = rows("1023456701.0", "12000.0")
    frame.to_csv(expect("pandas_floats.csv", floats, by="pandas"), index=False)
    frame.to_csv(expect("pandas_cp949.csv", floats, by="pandas"), index=False, encoding="cp949")
    frame.to_csv(expect("pandas_index.csv", rows("1023456701.0", "12000.0", index=True), by="pandas"))
    frame.to_excel(expect("pandas_floats.xlsx", rows("1023456701", "12000"), by="pandas"), index=False)


def rewritten(target: Path, change: Callable[[str, bytes], bytes]) -> None:
    """The plain workbook with its parts changed."""
    with zipfile.ZipFile(FILES / "plain.xlsx") as packed:
        parts = {name: change(name, packed.read(name)) for name in packed.namelist()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def absolute(_: str, content: bytes) -> bytes:
    """Relations from the root, as Google Sheets writes them."""
    return content.replace(b'Target="worksheets/', b'Target="/xl/worksheets/')


def without_dimension(_: str, content: bytes) -> bytes:
    """No word on how big the sheet is, as programs write that do not know it when they begin."""
    begin = content.find(b"<dimension")
    return content if begin < 0 else content[:begin] + content[content.index(b"/>", begin) + 2 :]


def without_numbers(name: str, content: bytes) -> bytes:
    """Rows that do not say which they are, as some reporting tools write them."""
    if "worksheets" not in name:
        return content
    for row in range(1, 20):
        content = content.replace(f'<row r="{row}"'.encode(), b"<row")
    return content


def make() -> None:
    """All of them."""
    columns()
    frames()
    for change in (absolute, without_dimension, without_numbers):
        rewritten(expect(f"{change.__name__}.xlsx", people(), by="openpyxl, rewritten"), change)
