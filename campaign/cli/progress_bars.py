"""Progress on standard error; the only user of tqdm. Shows nothing without a terminal."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from campaign.cli import layout, terminal
from campaign.model import State
from campaign.model.i18n import N_, _
from campaign.model.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_LABELS: Final = {"read": N_("reading"), "render": N_("rendering"), "write": N_("writing"), "fetch": N_("fetching")}
_ENDS: Final = (State.ACCEPTED, State.REJECTED, State.UNKNOWN)

# The formats of tqdm, which fills in the fields. No rate of reading: a process reads ahead while libraries are loaded.
_REACHING: Final = N_("{desc}: {n:,} rows")
_STAGE: Final = N_("{l_bar}{bar}| {n:,}/{total:,} rows")
_LINE: Final = "{desc}{bar}"  # the bar is blank without a total, and tqdm cuts the line at the terminal's width
_SENDING: Final = N_("{l_bar}{bar}| {n:,}/{total:,} recipients, {remaining} left")
_WATCHING: Final = N_("{l_bar}{bar}| {n:,}/{total:,} requests, {remaining} left")


class Progress:
    """The bars of one command.

    Args:
        shown: whether bars are drawn; by default where standard error is a terminal.
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown

    def announce(self, files: Sequence[Path]) -> None:
        """Say that these spreadsheets are being read, before the libraries are loaded that the bars need."""
        if self.shown:
            terminal.note(_("reading {files}", files=", ".join(file.name for file in files)))

    @contextmanager
    def stage(self, name: str, rows: int | None = None) -> Iterator[Callable[[int], None]]:
        """A bar over `rows` rows; the callback takes how many more rows are done."""
        if not self.shown:
            yield _nobody
            return
        with _bar(_(_LABELS[name]), rows, _(_REACHING if rows is None else _STAGE)) as bar:
            yield bar.update

    @contextmanager
    def reaching(self, name: str) -> Iterator[Callable[[int], None]]:
        """A bar over an unknown number of rows; the callback takes how many rows have been reached in all."""
        with self.stage(name) as advance:
            reached = 0

            def reach(rows: int) -> None:
                nonlocal reached
                advance(rows - reached)
                reached = rows

            yield reach

    @contextmanager
    def sending(self, recipients: int) -> Iterator[SendingBar]:
        """A bar for the dispatch, over recipients, with two lines below it: the outcomes, and a wait."""
        if not self.shown:
            yield SendingBar()
            return
        with (
            _bar(_("sending"), recipients, _(_SENDING)) as bar,
            _bar("", 0, _LINE, position=1, leave=False) as outcomes,
            _bar("", 0, _LINE, position=2, leave=False) as wait,
        ):
            yield SendingBar(bar, outcomes, wait)

    @contextmanager
    def watching(self, requests: int) -> Iterator[Callable[[int], None]]:
        """A bar over the requests of a run that others send; the callback takes how many more are done."""
        if not self.shown:
            yield _nobody
            return
        with _bar(_("sending"), requests, _(_WATCHING)) as bar:
            yield bar.update


class SendingBar:
    """Shows recipients done, the time left and their outcomes; and each wait, counted down.

    Args:
        bar: tqdm's bar over recipients; None without a terminal: then each wait is printed once.
        outcomes: a bar below it that shows only its description: the recipients by outcome.
        wait: one more, for the wait.
    """

    def __init__(self, bar: Any = None, outcomes: Any = None, wait: Any = None) -> None:  # noqa: ANN401 - tqdm's own
        self._bar = bar
        self._outcomes = outcomes
        self._wait = wait
        self._ends: Counter[State] = Counter()
        self._said: tuple[str, int] | None = None  # the wait, and the seconds left of it, as told the last time

    def settled(self, recipients: int, state: State) -> None:
        """A request for so many recipients came to `state`."""
        self._ends[state] += recipients
        if self._bar is None or state not in _ENDS:
            return
        counts = " · ".join(f"{terminal.word(end)} {self._ends[end]:,}" for end in _ENDS)
        self._outcomes.set_description_str(f"{' ' * _LABEL}  {counts}", refresh=False)
        if self._bar.update(recipients):
            self._outcomes.refresh()

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing is sent for the next `seconds`; called repeatedly while they pass."""
        before, self._said = self._said, (why, ceil(seconds))
        if self._wait is not None:
            if self._said != before:
                label = layout.pad(_("waiting"), _LABEL)
                words = _("{seconds} s, {why}", seconds=ceil(seconds), why=escape(why))
                self._show(f"{label}: {words}")
        elif before is None or before[0] != why:
            terminal.note(_("waiting, at most {seconds} s: {why}", seconds=ceil(seconds), why=escape(why)))

    def going_on(self) -> None:
        """The wait is over."""
        self._said = None
        if self._wait is not None:
            self._show("")

    def _show(self, words: str) -> None:
        self._wait.set_description_str(words)
        self._outcomes.refresh()
        self._bar.refresh()


_LABEL: Final = 9
"""Columns of the label before a bar."""


def _bar(label: str, total: int | None, form: str, **options: Any) -> Any:  # noqa: ANN401 - tqdm's own
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=layout.pad(label, _LABEL),
        bar_format=form,
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.1,
        miniters=1,  # else a small request after a large one would not be shown
        **options,
    )


def _nobody(_rows: int) -> None:
    return
