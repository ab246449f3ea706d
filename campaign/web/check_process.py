"""The process that reads spreadsheets, checks campaigns and makes previews.

    python -m campaign.web.check_process HOME

Reading and checking go one at a time, on a thread of their own; what the pages ask about a list or a check that is
there is answered meanwhile. The process ends when it has had no question for a while, and sooner if it keeps long
lists, whose memory it could not give back completely. The next question starts another, which reads what it needs.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.web import drafts
from campaign.web.pipes import ENDED_IDLE, Pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from campaign.engine import SendingObserver

    Answer = Mapping[str, object]

IDLE_S: Final = 600.0
"""Time without a question after which the process ends."""

LARGE_IDLE_S: Final = 60.0
"""The same for a process that keeps long lists."""

MEMORY_BYTES: Final = 3 << 30
"""What the process may allocate: a list of a million rows takes half of it."""


NICE: Final = 5
"""How far the process stands back behind the others, as `nice` counts."""


class TooMuch(CampaignError):
    """Reading or checking a list took more memory than it may."""


class Progress:
    """Reports how far a list has been read, and its messages made, to the server.

    Args:
        tell: called with the name of the stage, the rows that are done, and how many there are (0: not known).
    """

    def __init__(self, tell: Callable[[str, int, int], None]) -> None:
        self._tell = tell

    @contextmanager
    def stage(self, name: str, rows: int | None = None) -> Iterator[Callable[[int], None]]:
        """See `engine.Progress`."""
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            self._tell(name, done, rows or 0)

        self._tell(name, 0, rows or 0)
        yield advance

    @contextmanager
    def reaching(self, name: str) -> Iterator[Callable[[int], None]]:
        """See `engine.Progress`."""
        yield lambda rows: self._tell(name, rows, 0)

    def sending(self, recipients: int) -> AbstractContextManager[SendingObserver]:
        """Nothing is sent here."""
        raise NotImplementedError


class CheckProcess:
    """The questions that this process answers.

    Args:
        home: the folder of campaigns.
        tell: reports an event to the server.
    """

    def __init__(self, home: Path, tell: Callable[..., None]) -> None:
        from campaign.web.check_answers import Checks

        self._home = home
        self._tell = tell
        self._checks = Checks()
        self._worker = ThreadPoolExecutor(1, "check")
        self._warm = self._worker.submit(_warm_up)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        """The questions by name."""
        return {
            "columns": self.columns,
            "glance": self.glance,
            "check": self.check,
            "rows": self.at_once("rows"),
            "messages": self.at_once("messages"),
            "look": self.at_once("look"),
            "prepare": self.at_once("prepare"),
            "picture": self.at_once("picture"),
            "with_default": self.at_once("with_default"),
            "fix": self.at_once("fix"),
            "unfix": self.at_once("unfix"),
            "workbook": self.workbook,
            "condition": self.at_once("condition"),
            "try_settings": self.at_once("try_settings"),
            "opt_out_file": self.opt_out_file,
        }

    def columns(self, *, campaign: str) -> Future[Answer]:
        """The list's columns; reads the list if it was not read since it changed."""
        return self._later(campaign, self._checks.columns)

    def glance(self, *, campaign: str, sheet: str | None = None) -> Future[Answer]:
        """The first rows of the list, for choosing the phone column."""
        return self._later(campaign, lambda draft, _progress: self._checks.glance(draft, sheet))

    def check(self, *, campaign: str, turn: int = 0) -> Future[Answer]:
        """The check, made anew if anything of the campaign changed since the last one, or `turn` is another one."""
        return self._later(campaign, lambda draft, progress: self._checks.check(draft, progress, turn))

    def workbook(self, *, campaign: str, language: str) -> Future[Answer]:
        """Write the check workbook; answers its path."""
        return self._later(campaign, lambda draft, progress: self._checks.workbook(draft, progress, language))

    def opt_out_file(self, **fields: str) -> Future[Answer]:
        """Read an uploaded list of opt-outs; see `Checks.opt_out_file`."""
        return self._worker.submit(copy_context().run, _limited, lambda: self._checks.opt_out_file(**fields))

    def end_if_large(self) -> None:
        """End the process if it keeps long lists."""
        if self._checks.is_large:
            _end()

    def in_words(self, problem: CampaignError) -> str:
        """An error for the page, without the folders of this machine."""
        from campaign.web.check_answers import shortened

        return shortened(self._home, str(problem))

    def at_once(self, name: str) -> Callable[..., Answer]:
        """A question about a list or a check that is there, which does not wait for another list."""

        def answer(*, campaign: str, **fields: Any) -> Answer:  # noqa: ANN401 - as the question has them
            self._warm.result()
            found: Answer = getattr(self._checks, name)(drafts.find(self._home, campaign), **fields)
            return found

        return answer

    def _later(self, campaign: str, work: Callable[[drafts.Draft, Progress], Answer]) -> Future[Answer]:
        draft = drafts.find(self._home, campaign)
        progress = Progress(
            lambda stage, rows, whole: self._tell("progress", campaign=campaign, stage=stage, rows=rows, whole=whole)
        )
        return self._worker.submit(copy_context().run, _limited, lambda: work(draft, progress))


def _limited(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except MemoryError:  # Arrow's is one, too
        raise TooMuch(
            _("The list takes more memory than the program may use. Split it over several campaigns.")
        ) from None


def _warm_up() -> None:
    """Load what every check needs while nobody waits for it."""
    import campaign.web.check_answers  # noqa: F401
    from campaign.engine import reports, results, sampling  # noqa: F401
    from campaign.report import totals  # noqa: F401


def _stand_back() -> None:
    """Let the pages and what is being sent have the processor first."""
    if sys.platform != "win32":
        os.nice(NICE)


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


class Idle:
    """Does something when the process has had nothing to do for some time.

    Args:
        after: what is done, by the seconds after which it is done; each question starts the time anew. No question is
            begun meanwhile: if the process is ended, nothing was begun that a question asked for.
    """

    def __init__(self, after: Mapping[float, Callable[[], object]]) -> None:
        self._after = after
        self._lock = threading.Lock()
        self._under_way = 0
        self._timers: list[threading.Timer] = []
        self._start()

    def counted(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """The handler; the time counts from its last answer, which may come much later than the question."""

        def answer(**fields: Any) -> Any:  # noqa: ANN401 - as the handler has them
            self._begin()
            found = None
            try:
                found = handler(**fields)
            finally:
                if not isinstance(found, Future):
                    self._end()
            if isinstance(found, Future):
                found.add_done_callback(lambda _done: self._end())
            return found

        return answer

    def _begin(self) -> None:
        with self._lock:
            self._under_way += 1
            for timer in self._timers:
                timer.cancel()

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1
            if self._under_way == 0:
                self._start()

    def _start(self) -> None:
        self._timers = [threading.Timer(seconds, self._do, (work,)) for seconds, work in self._after.items()]
        for timer in self._timers:
            timer.daemon = True
            timer.start()

    def _do(self, work: Callable[[], object]) -> None:
        with self._lock:
            if self._under_way == 0:
                work()


def _end() -> None:
    os._exit(ENDED_IDLE)  # nothing in it would be lost


def main() -> None:
    """Answer the server until it closes standard input."""
    pipe = Pipe()
    _limit_memory()
    _stand_back()
    process = CheckProcess(Path(sys.argv[1]), pipe.emit)
    idle = Idle({LARGE_IDLE_S: process.end_if_large, IDLE_S: _end})
    handlers = {name: idle.counted(handler) for name, handler in process.handlers().items()}
    pipe.serve(handlers, in_words=process.in_words)
    os._exit(0)  # the work of a check that nobody waits for any more ends with it


if __name__ == "__main__":
    main()
