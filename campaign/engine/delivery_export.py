"""Delivery results in a file: an export of the vendor's console, or any spreadsheet with the same columns.

What the console exports is not in the vendor's document, so the columns are found by their headings, and a file without
them is refused: the user gives the columns these headings.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.gateway.history import Row
from campaign.model import MsgType
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.times import DATE_FORMAT, SEOUL
from campaign.recipients import table
from campaign.recipients.numbers import normalise
from campaign.recipients.spreadsheets import headings

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.model import Recipients

HEADINGS: Final = {
    "requestNo": ("requestNo", "요청번호"),
    "msgType": ("msgType", "메시지유형", "유형"),
    "sendStatusCode": ("sendStatusCode", "deliveryCode", "결과코드"),
    "sendStatusMsg": ("sendStatusMsg", "deliveryMessage", "결과메시지"),
    "sendDate": ("sendDate", "발송일시"),
}
"""The headings of each column; the first three are needed, and a phone column."""

NEEDED: Final = ("requestNo", "msgType", "sendStatusCode")


def read(path: Path) -> list[Row]:
    """The rows of a file.

    Raises:
        RecipientsError: the file cannot be read, lacks a column, or a cell has another form.
    """
    found = table.read([path])
    columns = {name: _column(found, names) for name, names in HEADINGS.items()}
    if missing := [name for name in NEEDED if columns[name] is None]:
        shown = ", ".join(f"{name} ({HEADINGS[name][-1]})" for name in missing)
        raise RecipientsError(
            _("{file}: results need the columns {columns}; give them these headings", file=path, columns=shown)
        )
    numbers = normalise.normalise(found.table["phone"])["number"].tolist()
    cells = {name: [None] * len(found.table) if one is None else one.tolist() for name, one in columns.items()}
    return [
        _row(path, int(row), number, dict(zip(cells, values, strict=True)))
        for row, number, values in zip(found.table["row"], numbers, zip(*cells.values(), strict=True), strict=True)
        if isinstance(number, str)
    ]


def _column(found: Recipients, names: tuple[str, ...]) -> pd.Series | None:
    wanted = {headings.fold(name) for name in names}
    chosen = [column.name for column in found.columns if headings.fold(column.heading) in wanted]
    return found.table[chosen[0]] if chosen else None


def _row(path: Path, row: int, number: str, cells: dict[str, object]) -> Row:
    def refuse(name: str, expected: str) -> RecipientsError:
        return RecipientsError(
            _(
                "{file}: row {row}: {column} is {value!r}: expected {expected}",
                file=path,
                row=row,
                column=name,
                value="" if pd.isna(cells[name]) else str(cells[name]),  # type: ignore[call-overload] # a cell
                expected=expected,
            )
        )

    request_no, kind, code = _text(cells["requestNo"]), _text(cells["msgType"]).upper(), _text(cells["sendStatusCode"])
    if not (request_no.isascii() and request_no.isdigit()):
        raise refuse("requestNo", _("digits"))
    if kind not in MsgType.__members__:
        raise refuse("msgType", _("SMS, LMS, MMS or GSMS"))
    if not code:
        raise refuse("sendStatusCode", _("a code"))
    try:
        sent_at = _time(cells["sendDate"])
    except ValueError:
        raise refuse("sendDate", _("a time such as 2026-12-01 10:00:00")) from None
    return Row(
        request_no=request_no,
        phone=number,
        sender="",
        msg_type=MsgType(kind),
        code=code,
        words=_text(cells["sendStatusMsg"]),
        sent_at=sent_at,
    )


def _text(cell: object) -> str:
    if cell is None or pd.isna(cell):  # type: ignore[call-overload] # a cell
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _time(cell: object) -> datetime | None:
    if isinstance(cell, datetime) and not pd.isna(cell):
        return cell if cell.tzinfo else cell.replace(tzinfo=SEOUL)
    text = _text(cell)
    return datetime.strptime(text, DATE_FORMAT).replace(tzinfo=SEOUL) if text else None
