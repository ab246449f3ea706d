"""Progress on standard error; the only user of tqdm. Shows nothing without a terminal."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from campaign.model import State
from campaign.model.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LABELS: Final = {"read": "reading", "render": "rendering", "write": "writing", "send": "sending"}
_ENDS: Final = (State.ACCEPTED, State.REJECTED, State.UNKNOWN)
_SENDING: Final = "{l_bar}{bar}| {n_fmt}/{total_fmt} recipients [{elapsed}<{remaining}, {rate_fmt}{postfix}]"


class Progress:
    """The bars of one command.

    Args:
        shown: whether bars are drawn; by default where standard error is a terminal.
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown

    @contextmanager
    def stage(self, name: str, rows: int | None = None) -> Iterator[Callable[[int], None]]:
        """A bar over `rows` rows; the callback takes how many more rows are done."""
        if not self.shown:
            yield _nobody
            return
        with _bar(_LABELS[name], rows, unit=" rows") as bar:
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
        """A bar for the dispatch, over recipients, with a line below it that shows waits."""
        if not self.shown:
            yield SendingBar()
            return
        with (
            _bar(_LABELS["send"], recipients, unit=" recipients", bar_format=_SENDING) as bar,
            _bar("", 0, bar_format="{desc}", position=1, leave=False) as below,
        ):
            yield SendingBar(bar, below)


class SendingBar:
    """Shows recipients done, their rate, the time left and their outcomes; and each wait, counted down.

    Args:
        bar: tqdm's bar over recipients; None without a terminal: then each wait is printed once.
        below: a second bar that shows only its description.
    """

    def __init__(self, bar: Any = None, below: Any = None) -> None:  # noqa: ANN401 - tqdm's own
        self._bar = bar
        self._below = below
        self._ends: Counter[State] = Counter()
        self._said: tuple[str, int] | None = None  # the wait, and the seconds left of it, as told the last time

    def settled(self, recipients: int, state: State) -> None:
        """A request for so many recipients came to `state`."""
        self._ends[state] += recipients
        if self._bar is None or state not in _ENDS:
            return
        words = (f"{self._ends[end]:,} {end}" for end in _ENDS if self._ends[end] or end == State.ACCEPTED)
        self._bar.set_postfix_str(", ".join(words), refresh=False)
        self._bar.update(recipients)

    def waiting(self, seconds: float, why: str) -> None:
        """Nothing is sent for the next `seconds`; called repeatedly while they pass."""
        before, self._said = self._said, (why, ceil(seconds))
        if self._below is not None:
            if self._said != before:
                self._show(f"{'waiting':<9}: {ceil(seconds)} s, {escape(why)}")
        elif before is None or before[0] != why:
            sys.stderr.write(f"waiting, at most {ceil(seconds)} s: {escape(why)}\n")

    def going_on(self) -> None:
        """The wait is over."""
        self._said = None
        if self._below is not None:
            self._show("")

    def _show(self, words: str) -> None:
        self._below.set_description_str(words)
        self._bar.refresh()


def _bar(label: str, total: int | None, **options: Any) -> Any:  # noqa: ANN401 - tqdm's own
    from tqdm import tqdm

    return tqdm(
        total=total,
        desc=f"{label:<9}",
        file=sys.stderr,
        unit_scale=False,
        dynamic_ncols=True,
        mininterval=0.1,
        **options,
    )


def _nobody(_: int) -> None:
    return
