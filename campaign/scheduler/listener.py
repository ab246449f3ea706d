"""What a scheduler needs of the door that runs it: somebody to tell, and words for what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from campaign.engine.progress import StopRequest
    from campaign.engine.summary import Summary
    from campaign.journal import ScheduleRecord
    from campaign.model.errors import CampaignError


class Listener(Protocol):
    """Receives what a scheduler reports, and words it for the door's users."""

    def note(self, words: str) -> None:
        """Something to know about now, in a sentence."""

    def double_removed(self, schedule: ScheduleRecord) -> None:
        """The schedule was taken back: the same campaign file is scheduled a second time."""

    def graceful_shutdown(self, stop: StopRequest) -> AbstractContextManager[None]:
        """Surrounds a dispatch: inside, what would end the process sets `stop` instead."""

    def error_in_words(self, problem: CampaignError) -> str:
        """The error, and what the user can do about it."""

    def summary_in_words(self, summary: Summary) -> Sequence[str]:
        """A run's numbers and what the user can do next, in lines."""

    def after_missed(self, schedule: ScheduleRecord) -> str:
        """What the user can do about a time at which nothing was started."""

    def after_expired(self, run: str) -> str:
        """What the user can do about a run that came too late."""

    def after_failed(self, run: str) -> str:
        """What the user can do about a run that an unexpected error has paused."""
