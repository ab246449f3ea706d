"""Errors that stop a command. A row's problem is no error: it is data in the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class CampaignError(Exception):
    """Base of everything raised on purpose; its words are shown to the person as they are.

    A message names the place (file, sheet, row, key), the value and what to do.
    """

    @property
    def code(self) -> str:
        """The error's name for scripts and for doors that have words of their own: `already_sent`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class SettingsError(CampaignError):
    """The campaign file or an option is wrong."""


class RecipientsError(CampaignError):
    """A spreadsheet, or a list of numbers, cannot be used."""


class WrongTestNumber(RecipientsError):
    """The number for a test message is not a number."""


class NotResultWorkbook(RecipientsError):
    """Rows were to be picked by status, and the spreadsheet is not a result workbook."""


class TemplateError(CampaignError):
    """A template cannot be used for any row."""


class NotAvailableYet(CampaignError):
    """A key or an option of the contract whose feature is not built."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: not available yet. Take it out to go on without it.")


class Unsendable(CampaignError):
    """A request lacks what it needs to be sent: its numbers, its text or its sender."""


class JournalError(CampaignError):
    """The journal cannot be opened, read or written."""


class JournalBusy(JournalError):
    """Another process is writing to the journal."""


class NoSuchRun(JournalError):
    """The journal has no run of that id."""


class NoSuchSchedule(JournalError):
    """The journal has no schedule of that id."""


class OutsideHours(CampaignError):
    """The campaign may be sent in other hours of the day only."""


class NothingToSend(CampaignError):
    """No row can be sent; `file` is the campaign file, where there is one."""

    def __init__(self, words: str, file: Path | None = None) -> None:
        super().__init__(words)
        self.file = file
