"""Small spreadsheets made on the spot, and what a list that was read holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from campaign.model import Recipients

LIST = "이름,휴대폰,금액\r\n홍길동,010-1234-5678,12000\r\n김,01022223333,5\r\n"
"""A list of two recipients, as CSV."""


def csv(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def first_sheet(book: openpyxl.Workbook) -> Worksheet:
    return book.worksheets[0]


def workbook(path: Path, *rows: Sequence[object], hide: int | None = None) -> Path:
    """A workbook of one sheet; `hide` is the number of a row to hide."""
    book = openpyxl.Workbook()
    for row in rows:
        first_sheet(book).append(list(row))
    if hide:
        first_sheet(book).row_dimensions[hide].hidden = True
    book.save(path)
    return path


def several_sheets(path: Path, **tabs: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(first_sheet(book))
    for name, rows in tabs.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def own(recipients: Recipients, heading: str) -> list[Any]:
    """The cells under a heading of the spreadsheet."""
    [name] = [column.name for column in recipients.columns if column.heading == heading]
    values: list[Any] = pa.array(recipients.table[name], from_pandas=True).to_pylist()
    return values


def kinds(recipients: Recipients, heading: str) -> list[int]:
    """The kinds of the cells of a mixed column."""
    [column] = [column for column in recipients.columns if column.heading == heading]
    assert column.mixed
    return recipients.table[column.name.replace("own", "kind")].to_list()


def dtype(recipients: Recipients, heading: str) -> str:
    [name] = [column.name for column in recipients.columns if column.heading == heading]
    return str(recipients.table[name].dtype)


def phones(recipients: Recipients) -> list[Any]:
    values: list[Any] = pa.array(recipients.table["phone"], from_pandas=True).to_pylist()
    return values


def rows(recipients: Recipients) -> list[int]:
    return recipients.table["row"].to_list()


def refusal(path: Path) -> str:
    """The error for a file that cannot be read: one line that begins with its path."""
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    return str(caught.value)
