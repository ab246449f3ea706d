"""A disk without space: told apart from faults of ours, and said in words."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import N_, _

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_OF_SQLITE: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_KIND: Final = 0xFF  # the part of SQLite's extended codes that says what kind it is

WORDS: Final = N_("The disk is full. Nothing was changed. Make room on it, then do this again.")


class DiskFull(CampaignError):
    """Something could not be written, as the disk has no space left; what was to be changed is as it was."""

    def __init__(self) -> None:
        super().__init__(_(WORDS))


def is_full(problem: BaseException) -> bool:
    """Whether an error says that nothing more can be written."""
    if isinstance(problem, sqlite3.Error):
        return getattr(problem, "sqlite_errorcode", 0) & _KIND in _FULL_OF_SQLITE
    return isinstance(problem, OSError) and problem.errno in _FULL
