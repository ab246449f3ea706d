"""The named points of a run, and what happens at one of them. For the tests alone: the product knows none of it.

Every function that the points below name is wrapped; at the n-th passage of
the armed point the process kills itself with SIGKILL, which nothing can catch,
or finds its disk full.
"""

from __future__ import annotations

import functools
import inspect
import os
import resource
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from campaign.cli.commands import send
from campaign.engine import reports
from campaign.engine.dispatch.dispatcher import Dispatch
from campaign.gateway.connection import RecordingHTTPConnection
from campaign.journal.requests import Requests
from campaign.journal.runs import Runs
from campaign.report import result_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STAGES: Final = ("reading", "planning", "sending", "reporting")
"""The stages of `campaign send`, in order; `campaign resume` reads no spreadsheet, and plans by reading its plan."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place: right before or right after what is named, at its `passage`-th time; and what happens there."""

    name: str
    side: str
    passage: int = 1
    deed: str = "die"

    def __str__(self) -> str:
        return f"{self.side} {self.name} {self.passage}"


class _Passages:
    """Counts the armed point's passages, by whichever thread."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._left = point.passage
        self._lock = threading.Lock()

    def passing(self, name: str, side: str) -> None:
        if (name, side) != (self._point.name, self._point.side):
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                _DEEDS[self._point.deed]()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill_the_disk() -> None:
    """From now on no file grows over the size that the journal's log has, and none of it is written anew."""
    size = max(path.stat().st_size for path in Path("reports").glob("journal.sqlite3-wal"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


_DEEDS: Final = {"die": _die, "fill the disk": _fill_the_disk}


def arm(point: Point) -> None:
    """From now on the point's deed is done when it is passed."""
    passages = _Passages(point)
    for owner, attribute, names in _PLACES:
        _wrap(owner, attribute, names, passages.passing)
    # Everything of the transaction is written, and none of it counts yet.
    sa.event.listen(sa.Engine, "commit", lambda _: passages.passing("commit", "before"))


def mark_stages(mark: Callable[[str], None]) -> None:
    """From now on `mark` is told when a stage begins."""

    def passing(name: str, side: str) -> None:
        if side == "before":
            mark(name)

    _wrap(send, "open_for_writing", lambda _: ["planning"], passing)
    _wrap(Dispatch, "run", lambda _: ["sending"], passing)
    _wrap(reports, "report", lambda _: ["reporting"], passing)


def _wrap(
    owner: Any,
    attribute: str,
    names: Callable[[Mapping[str, Any]], list[str]],
    passing: Callable[[str, str], None],
) -> None:
    whole = getattr(owner, attribute)
    signature = inspect.signature(whole)

    @functools.wraps(whole)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        here = names(signature.bind(*args, **kwargs).arguments)
        for name in here:
            passing(name, "before")
        value = whole(*args, **kwargs)
        for name in here:
            passing(name, "after")
        return value

    setattr(owner, attribute, wrapped)


def _of_advance(given: Mapping[str, Any]) -> list[str]:
    return [name for name, part in (("settle", "settlements"), ("claim", "wanted")) if given[part]]


_PLACES: Final[tuple[tuple[Any, str, Callable[[Mapping[str, Any]], list[str]]], ...]] = (
    (Runs, "add", lambda _: ["plan"]),
    (Requests, "mark_orphans_unknown", lambda _: ["orphans"]),
    (Runs, "start", lambda _: ["start"]),
    (Requests, "advance", _of_advance),
    (RecordingHTTPConnection, "request", lambda _: ["submit"]),
    (RecordingHTTPConnection, "getresponse", lambda _: ["answer"]),
    (Runs, "stop", lambda _: ["stop"]),
    (result_workbook, "write", lambda _: ["report"]),
    (Runs, "set_report", lambda _: ["noting the report"]),
)
