"""Names of files and of runs, made of what a user calls a campaign."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from campaign.model.times import in_seoul

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_BYTES: Final = 96
"""Bytes of a campaign's name, in UTF-8, that go into the name of a file.

File systems take 255 bytes (NAME_MAX), and the longest name, of a workbook over several runs, has two runs' ids in it:
`runs-A-to-B (99).xlsx` with a time and a number behind each name.
"""

_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
"""Windows' names of devices, whatever comes after the first dot. Source: Microsoft, "Naming Files, Paths"."""


def stem(name: str) -> str:
    """A campaign's name as a file's name may begin: NFC, at most `LONGEST_BYTES`, cut between letters."""
    whole = unicodedata.normalize("NFC", name)
    short = whole.encode()[:LONGEST_BYTES].decode("utf-8", "ignore").rstrip(" .-")
    return f"_{short}" if _RESERVED.match(short) else short


def run_id(name: str, now: datetime) -> str:
    """A run's id: the name and the time in Asia/Seoul, such as `spring-sale-20261201-100000`."""
    return f"{slug(name, 'run')}-{in_seoul(now):%Y%m%d-%H%M%S}"


def slug(name: str, otherwise: str) -> str:
    """The letters and digits of `stem`, with dashes between; `otherwise` where there are none."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in stem(name)).split()) or otherwise
