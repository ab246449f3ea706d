"""What a check takes its time for, begun as early as it can be.

The spreadsheets are read and a process for the templates starts while pandas and
the rest are still being loaded, which takes longer than the reading of 100,000 rows.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from campaign.messages.rendering.fields import hire
from campaign.recipients.spreadsheets.reader import Reading

if TYPE_CHECKING:
    from types import TracebackType

    from campaign.config.campaign_file import Campaign


class Begun:
    """A campaign's `reading` and its `crew` (None where there is nothing to fill in). As a context, it ends the crew.

    Raises:
        SettingsError: the template cannot be read.
    """

    def __init__(self, campaign: Campaign) -> None:
        section = campaign.recipients
        self.reading = Reading(campaign.recipient_files, sheet=section.sheet, phone=section.phone)
        self._end = ExitStack()
        self.crew = self._end.enter_context(hire(campaign))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.close()
