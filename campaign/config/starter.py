"""Creates a starter: a folder with a recipients workbook, a template and a campaign file that fit together."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, Any, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("campaign.toml", "message.j2", "recipients.xlsx")
"""The files of a starter."""

SHEET: Final = "수신자"
PREPARED_ROWS: Final = 1_000
"""Rows whose phone cells are formatted as text, ready to type or paste into."""

_HEADINGS: Final = {
    "이름": (14, "The recipient's name. In the message: {{ 이름 }}"),
    "휴대폰": (18, "The recipient's number. The column is text, so that the leading 0 stays."),
    "등급": (10, 'One of the list, or another. In the message: {% if 등급 == "VIP" %}...{% endif %}'),
    "쿠폰": (14, "May be empty: the template decides what happens then."),
}
# Numbers in 010-0xxx, which are not assigned: a starter that is sent by mistake reaches no phone.
_ROWS: Final = (
    ("김민서", "010-0200-0001", "VIP", "SPRING-01"),
    ("이지훈", "010-0200-0002", "일반", None),
    ("박서연", "010-0200-0003", "일반", "SPRING-02"),
)
_GRADES: Final = ["일반", "GOLD", "VIP"]
_HEAD: Final[dict[str, Any]] = {
    "font_name": "맑은 고딕",
    "bold": True,
    "font_color": "#FFFFFF",
    "bg_color": "#2F5597",
    "align": "center",
}

_MESSAGE: Final = """\
{{ 이름 }}님, 안녕하세요.{% if 쿠폰 %}
쿠폰 {{ 쿠폰 }}을 이번 주에 써 보세요.{% endif %}
"""

_CAMPAIGN: Final = """\
# Check it, rehearse it, send it:
#   campaign check campaign.toml
#   campaign send campaign.toml --sandbox
#   campaign send campaign.toml
name = "first"
sender = "02-1234-5678"            # your own number, registered with the gateway

[recipients]
files = ["recipients.xlsx"]

[message]
template = "message.j2"
title = "안내"                      # sent with texts that are longer than an SMS

[prices]                           # won per message, for the estimate
SMS = 20
LMS = 50
MMS = 200
"""


class StarterError(CampaignError):
    """The starter cannot be created."""


def make(folder: Path) -> tuple[Path, ...]:
    """Create a starter in `folder`, and the folder if it does not exist; returns the paths of the files.

    Raises:
        StarterError: one of its files exists already, or the folder cannot be written.
    """
    paths = tuple(folder / name for name in NAMES)
    there = [str(path) for path in paths if os.path.lexists(path)]
    if there:
        raise StarterError(
            _("{files}: already exists; nothing was written. Name another folder.", files=", ".join(there))
        )
    campaign_file, template, recipients = paths
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # "x": never writes to an existing file, even one created meanwhile, or through a link.
        for path, content in ((campaign_file, _CAMPAIGN), (template, _MESSAGE)):
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
        with recipients.open("xb") as file:
            _write_recipients(file)
    except OSError as problem:
        raise StarterError(_("{path}: cannot be written: {fault}", path=folder, fault=os_fault(problem))) from None
    return paths


def _write_recipients(file: IO[bytes]) -> None:
    from xlsxwriter import Workbook

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        head = book.add_format(_HEAD)
        text = book.add_format({"num_format": 49})  # Excel's own format for text
        sheet = book.add_worksheet(SHEET)
        for column, (heading, (width, note)) in enumerate(_HEADINGS.items()):
            sheet.set_column(column, column, width, text if heading == "휴대폰" else None)
            sheet.write_string(0, column, heading, head)
            sheet.write_comment(0, column, note, {"author": "campaign", "width": 260, "height": 60})
        for place, row in enumerate(_ROWS, 1):
            sheet.write_row(place, 0, row)
        sheet.freeze_panes(1, 0)
        grades = {"validate": "list", "source": _GRADES, "show_error": False}
        sheet.data_validation(1, 2, PREPARED_ROWS, 2, grades)
    file.write(content.getvalue())
