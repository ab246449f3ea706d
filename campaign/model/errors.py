"""Errors that stop a command. A problem of a row is not an error: it is data in the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.model.i18n import _

if TYPE_CHECKING:
    from pathlib import Path


class Reasoned(Exception):
    """An exception whose `reason` is from `reasons.encode`, or a sentence; as text, it is the sentence."""

    @property
    def reason(self) -> str:
        """As the journal stores it."""
        return str(self.args[0]) if self.args else ""

    def __str__(self) -> str:
        """The sentence, in the reader's language."""
        from campaign.model.sentences import sentence  # all the codes; a command that succeeds needs none of them

        return sentence(self.reason)


class Refused(Reasoned, ValueError):
    """A value that cannot be used."""


class CampaignError(Reasoned):
    """Base of all errors that are raised on purpose; the message, or the sentence of its reason, is shown to the user.

    A message names the place (file, sheet, row, key), the value and what to do.
    """

    @property
    def code(self) -> str:
        """The error's name for scripts and for doors that have words of their own: `already_sent`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class UsageError(CampaignError):
    """The command's arguments are wrong or contradict each other."""


class SettingsError(CampaignError):
    """The campaign file or an option is wrong."""


class NoSuchCampaignFile(SettingsError):
    """There is no campaign file of that name."""


class MissingKeys(SettingsError):
    """The environment lacks a key of the gateway account."""


class WrongGateway(SettingsError):
    """The gateway's origin is wrong; `variable` is the environment variable that has it, None where a door gave it."""

    def __init__(self, words: str, variable: str | None = None) -> None:
        super().__init__(f"{variable} {words}" if variable else words)
        self.variable = variable


class RecipientsError(CampaignError):
    """A spreadsheet or a list of numbers cannot be used."""


class WrongTestNumber(RecipientsError):
    """The number for a test message is not a number."""


class NotResultWorkbook(RecipientsError):
    """Rows were to be picked by status, and the spreadsheet is not a result workbook."""


class TemplateError(CampaignError):
    """A template cannot be used for any row."""


class ForeignPlaceholders(TemplateError):
    """A template has placeholders of another service that name columns."""


class NotAvailableYet(CampaignError):
    """A key or an option whose feature is not built yet."""

    def __init__(self, what: str) -> None:
        super().__init__(_("{what}: not available yet. Remove it to continue without it.", what=what))


class Unsendable(CampaignError):
    """A request has no numbers, no text or no sender."""


class JournalError(CampaignError):
    """The journal cannot be opened, read or written."""


class JournalBusy(JournalError):
    """Another process is writing to the journal."""


class NoSuchRun(JournalError):
    """The journal has no run with this id."""


class NoRunYet(NoSuchRun):
    """The journal has no run at all, or nobody has made the journal yet."""


class NoSuchSchedule(JournalError):
    """The journal has no schedule with this id."""


class OutsideHours(CampaignError):
    """The campaign may not be sent at this time of the day."""


class NothingToSend(CampaignError):
    """No row can be sent; `file` is the campaign file, where there is one."""

    def __init__(self, words: str, file: Path | None = None) -> None:
        super().__init__(words)
        self.file = file
