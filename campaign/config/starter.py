"""Creates a starter: a folder with a recipients workbook, a template and a campaign file that fit together."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
from typing import IO, TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import N_, _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("campaign.toml", "message.j2", "recipients.xlsx")
"""The files of a starter."""

SHEET: Final = "수신자"

UNNAMED: Final = "campaign"
"""The campaign's name where the folder's name cannot be one."""

_HEADINGS: Final = {
    "이름": (12, "", N_("The recipient's name. In the message: {{ 이름 }}")),
    "휴대폰": (17, "@", N_("The recipient's number. The column is text, so that the leading 0 stays.")),
    "예약일": (13, "yyyy-mm-dd", N_("A date. In the message: {{ 예약일|korean_date }}")),
    "금액": (12, "#,##0", N_("An amount. With a comma every three digits in the message: {{ 금액|thousands }}")),
    "쿠폰": (15, "", N_("May be empty: the template decides what the message says then.")),
}
"""Width in characters, number format and note of each column."""

# Numbers in 010-0xxx, which are not assigned: a starter that is sent by mistake reaches no phone.
_ROWS: Final = (
    ("김민서", "010-0200-0001", dt.date(2026, 12, 1), 35_000, "SPRING-01"),
    ("이지훈", "010-0200-0002", dt.date(2026, 12, 4), 128_000, None),
    ("박서연", "010-0200-0003", dt.date(2026, 12, 15), 9_900, "SPRING-02"),
)
_FONT: Final = {"font_name": "맑은 고딕", "font_size": 10}
_HEAD: Final = {**_FONT, "bold": True, "font_color": "#FFFFFF", "bg_color": "#2F5597", "align": "center"}

_MESSAGE: Final = """\
{{# {comment} -#}}
{{{{ 이름 }}}}님, {{{{ 예약일|korean_date(weekday=true) }}}} 예약되었습니다.
{{% if 쿠폰 %}}{{{{ 쿠폰|josa("을/를") }}}} 적용한 {{% endif %}}금액은 {{{{ 금액|thousands }}}}원입니다.
"""

_CAMPAIGN: Final = """\
# {steps}
#   campaign check campaign.toml
#   campaign send campaign.toml --sandbox
#   campaign send campaign.toml
name = "{name}"
sender = "02-1234-5678"            # {sender}

[recipients]
files = ["recipients.xlsx"]

[message]
template = "message.j2"
title = "안내"                      # {title}

[prices]                           # {prices}
SMS = 20
LMS = 50
MMS = 200
"""


class StarterError(CampaignError):
    """The starter cannot be created."""


def make(folder: Path) -> tuple[Path, ...]:
    """Create a starter in `folder`, and the folder if it does not exist; returns the paths of the files.

    Comments and notes are in the user's language; keys, headings and the Korean message are the same in all.

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
        for path, content in ((campaign_file, _campaign(folder)), (template, _message())):
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
        with recipients.open("xb") as file:
            write_recipients(file)
    except OSError as problem:
        raise StarterError(_("{path}: cannot be written: {fault}", path=folder, fault=os_fault(problem))) from None
    return paths


def _campaign(folder: Path) -> str:
    from campaign.config.campaign_file import NAME, NAME_CHARACTERS

    name = folder.resolve().name
    return _CAMPAIGN.format(
        name=name if len(name) <= NAME_CHARACTERS and re.fullmatch(NAME, name) else UNNAMED,
        steps=_("Check it, rehearse it, send it:"),
        sender=_("your own number, registered with the gateway beforehand"),
        title=_("sent with texts that are too long for an SMS"),
        prices=_("won per message, for the estimate"),
    )


def _message() -> str:
    return _MESSAGE.format(comment=_("Between double braces: the heading of a column. This line is not sent."))


def write_recipients(file: IO[bytes]) -> None:
    """Write the starter's recipients workbook."""
    from xlsxwriter import Workbook

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        head = book.add_format(_HEAD)
        sheet = book.add_worksheet(SHEET)
        for column, (heading, (width, number_format, note)) in enumerate(_HEADINGS.items()):
            cells = book.add_format({**_FONT, **({"num_format": number_format} if number_format else {"indent": 1})})
            # The whole column has its format, ready to type or paste into.
            sheet.set_column(column, column, width, cells)
            sheet.write_string(0, column, heading, head)
            sheet.write_comment(0, column, _(note), {"author": "campaign", "width": 260, "height": 60})
            for place, row in enumerate(_ROWS, 1):
                sheet.write(place, column, row[column], cells)
        sheet.freeze_panes(1, 0)
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
    file.write(content.getvalue())
