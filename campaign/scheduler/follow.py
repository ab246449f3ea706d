"""Follows runs whose campaign file has a [delivery]: asks for their results in time, and delays nothing to be sent.

Seen in public clients of the gateway, not in the vendor's document. The gateway is asked on a thread of its own, while
no journal is open: a history that is slow, or that never answers, delays nothing. What it answered is stored between
two tasks of the scheduler.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from campaign.journal import open_for_reading, open_for_writing
from campaign.model.errors import CampaignError, JournalBusy, NoSuchRun
from campaign.model.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.engine import delivery, reconcile
    from campaign.journal import Journal, Reader
    from campaign.model.times import Clock

LOOK_AGAIN: Final = timedelta(seconds=15)
"""How often the journal is read for runs to follow."""

RETRY_AFTER: Final = timedelta(minutes=10)
"""When a run is asked about again whose history could not be read."""


@dataclass(slots=True)
class _Asked:
    """What is asked about one run, and what came of it."""

    question: delivery.Question
    unknown: reconcile.Question | None
    answer: delivery.Answer | None = None
    traces: reconcile.Answer | None = None
    problem: Exception | None = None

    def ask(self) -> None:
        """Ask the gateway; a problem is kept, not raised."""
        from campaign.engine import delivery, reconcile

        try:
            self.answer = delivery.ask(self.question)
            if self.unknown is not None:
                self.traces = reconcile.ask(self.unknown)
        except Exception as problem:  # noqa: BLE001 - on a thread of its own; it is told when it is stored
            self.problem = problem


@dataclass(slots=True)
class Follower:
    """Follows the runs of a journal, one at a time.

    Args:
        journal_url: the journal's URL.
        clock: the machine's clock.
        note: receives a sentence on each run that was asked about.
        error_in_words: words an error for the user.
    """

    journal_url: str
    clock: Clock
    note: Callable[[str], None]
    error_in_words: Callable[[CampaignError], str]
    _asked: _Asked | None = None
    _thread: threading.Thread | None = None
    _look_at: datetime | None = None
    _retry_at: dict[str, datetime] = field(default_factory=dict)

    def step(self) -> None:
        """Begin to ask, or store what was answered. It never waits for the gateway.

        Raises:
            JournalError: the journal cannot be read or written.
        """
        if self._thread is not None:
            if not self._thread.is_alive():
                self._finish()
            return
        now = self.clock.now()
        if self._look_at is not None and self._look_at - LOOK_AGAIN <= now < self._look_at:
            return
        self._look_at = now + LOOK_AGAIN
        self._asked = self._next(now)
        if self._asked is not None:
            self._thread = threading.Thread(target=self._asked.ask, name="delivery", daemon=True)
            self._thread.start()

    def follow_due(self) -> None:
        """Ask about all runs whose time has come, one after the other, and store the answers.

        Raises:
            JournalError: the journal cannot be read or written.
        """
        while (asked := self._next(self.clock.now())) is not None:
            asked.ask()
            self._asked = asked
            self._finish()
            if self._asked is not None:
                return  # another process sends, and this one does not stay

    def _next(self, now: datetime) -> _Asked | None:
        try:
            with open_for_reading(self.journal_url) as journal:
                # What asks the gateway is heavy, and most journals have nothing to follow.
                if not any(record.delivery for record in journal.runs.all()):
                    return None
                return self._choose(journal, now)
        except NoSuchRun:
            return None

    def _choose(self, journal: Reader, now: datetime) -> _Asked | None:
        from campaign.engine import delivery, reconcile

        for record, look in delivery.looks(journal, now):
            again = self._retry_at.get(record.id)
            if look > now or (again is not None and again - RETRY_AFTER <= now < again):
                continue
            question = delivery.questions(journal, record.id)
            may_accept = question.access.section.reconcile == "accept"
            unknown = reconcile.questions(journal, record.id) if may_accept else None
            return _Asked(question=question, unknown=unknown)
        return None

    def _finish(self) -> None:
        asked = self._asked
        if asked is None:
            return
        run = asked.question.record.id
        try:
            with open_for_writing(self.journal_url) as journal:
                lines = self._store(journal, asked)
        except JournalBusy:
            return  # another process sends; the answer is stored later
        self._asked = self._thread = self._look_at = None
        if asked.problem is not None:
            self._retry_at[run] = self.clock.now() + RETRY_AFTER
        for words in lines:
            self.note(words)

    def _store(self, journal: Journal, asked: _Asked) -> list[str]:
        from campaign.engine import delivery, reconcile

        run = asked.question.record.id
        if asked.problem is not None:
            problem = asked.problem
            delivery.note_difference(journal, run, problem)
            said = self.error_in_words(problem) if isinstance(problem, CampaignError) else str(problem)
            return [_("run {run}: delivery results: {problem}", run=run, problem=said)]
        accepted = 0
        if asked.unknown is not None and asked.traces is not None:
            traces = reconcile.judge(journal, asked.unknown, asked.traces)
            accepted = reconcile.accept(journal, traces) if traces.found else 0
        fetched = delivery.store(journal, asked.question, asked.answer or delivery.Answer())
        lines = (
            []
            if not accepted
            else [
                ngettext(
                    "run {run}: 1 unknown request was found in the history and is accepted",
                    "run {run}: {count:,} unknown requests were found in the history and are accepted",
                    accepted,
                    run=run,
                )
            ]
        )
        return [
            *lines,
            ngettext(
                "run {run}: 1 message still has no delivery result",
                "run {run}: {count:,} messages still have no delivery result",
                fetched.waiting,
                run=run,
            ),
        ]
