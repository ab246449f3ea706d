"""Names of files, runs and schedules, made from the name of a campaign; and the one path of a file."""

from __future__ import annotations

import os
import re
import unicodedata
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.model.times import in_seoul

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

LONGEST_BYTES: Final = 96
"""Bytes, in UTF-8, that a file's name takes from the name of a campaign.

File systems allow 255 bytes (NAME_MAX), and the longest name, of a workbook over several runs, has the ids of two runs
in it: `runs-A-to-B (99).xlsx` with a time and a number after each name.
"""

_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\.|$)", re.IGNORECASE)
"""Device names of Windows, with any extension. Source: Microsoft, "Naming Files, Paths"."""


def stem(name: str) -> str:
    """The start of a file's name from a campaign's name: NFC, at most `LONGEST_BYTES`, cut between letters."""
    whole = unicodedata.normalize("NFC", name)
    short = whole.encode()[:LONGEST_BYTES].decode("utf-8", "ignore").rstrip(" .-")
    return f"_{short}" if _RESERVED.match(short) else short


def run_id(name: str, now: datetime) -> str:
    """A run's id: the campaign's name and the time in Asia/Seoul, such as `spring-sale-20261201-100000`."""
    return f"{slug(name, 'run')}-{in_seoul(now):%Y%m%d-%H%M%S}"


def slug(name: str, otherwise: str) -> str:
    """The letters and digits of `stem`, with dashes between; `otherwise` if it has none."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in stem(name)).split()) or otherwise


def first_free(name: str, taken: Container[str]) -> str:
    """`name`, or the first of `name-2`, `name-3`, ... that is not taken."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


def on_disk(path: Path) -> Path:
    """The path as spelled on disk, where it differs only in the Unicode form of Hangul (macOS decomposes it)."""
    if os.path.exists(path) or path.parent == path:  # noqa: PTH110 - False, not an error, for a name that is too long
        return path
    folder = on_disk(path.parent)
    name = unicodedata.normalize("NFC", path.name)
    with suppress(OSError):
        found = sorted(one for one in folder.iterdir() if unicodedata.normalize("NFC", one.name) == name)
        return found[0] if len(found) == 1 else path
    return path


def canonical_path(path: Path | str) -> Path:
    """The absolute path of a file, with `..` and symbolic links resolved, whether or not the file exists.

    A link that leads back to itself stays as it is: opening it then fails with its cause.
    """
    return Path(os.path.realpath(path))
