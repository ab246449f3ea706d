"""Template files, each read once: what is sent, recorded and reported is the text that was checked."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.model.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 1_000_000
"""Bytes of a template file, at most; a message has 2,000."""


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The template files of one campaign. A file that was read is kept: a later edit is for the next campaign."""

    _texts: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    def read(self, path: Path) -> str:
        """The text at `path`, without the newline at its end, as it was when it was first asked for.

        Raises:
            SettingsError: there is no such file, it cannot be read, it is too large, or it is not UTF-8 text.
        """
        if path not in self._texts:
            self._texts[path] = _read(path)
        return self._texts[path]


def _read(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(f"{path}: is not a file. Name the template file.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such template file. `template` is relative to the campaign file.") from None
    except OSError as problem:
        raise SettingsError(f"{path}: cannot be read: {problem.strerror}") from None
    if len(data) > LARGEST:
        raise SettingsError(f"{path}: is over {LARGEST:,} bytes, too large for a template of a text message.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {problem.start}). Save it as UTF-8.") from None
    # Newlines as Python reads them from a text file; the one at the end, which editors add, is not sent and paid for.
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
