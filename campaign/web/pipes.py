"""JSON lines between the server and its child processes: questions, answers and events.

A question is `{"id": 7, "do": "check", "lang": "ko", ...}`; its answer `{"id": 7, "ok": {...}}` or
`{"id": 7, "error": {"code": "...", "words": "...", ...}}`. A child may report an event at any time:
`{"event": "progress", ...}`. A child ends when its standard input is closed, and so never outlives the server.

In a child:

    pipe = Pipe()
    pipe.serve({"check": check})                    # def check(*, campaign: str) -> dict[str, object]

In the server:

    child = Child("campaign.web.check_process", on_event=show)
    await child.start()
    answer = await child.ask("check", campaign="k3f9tq7m2xwd")
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any, Final, Literal, TypeAlias

from campaign.model import i18n
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.web import disk

Answer: TypeAlias = dict[str, Any]
Handler: TypeAlias = Callable[..., Mapping[str, object] | Future[Mapping[str, object]] | None]

_ENDING_S: Final = 2.0
"""Seconds from the end of a child's output to its own end, at most."""

ENDED_IDLE: Final = 75
"""Exit status of a child that ends by itself, because it has had nothing to do."""

_INTERNAL: Final = "internal"
_LINE_BYTES: Final = 64 << 20  # the longest line that the server reads
_STEADY_S: Final = 60.0  # a child that lived this long is started again at once
_RESTART_DELAYS_S: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0)
_STOP_S: Final = 10.0
_SIMPLE: Final = (str, int, float, bool, type(None))


class ChildError(CampaignError):
    """A child process gave no answer."""


class ChildEnded(ChildError):
    """The child process ended before it answered; whether it did what it was asked is not known."""


class _EndedIdle(ChildEnded):
    """The child process had nothing to do and ended: what it was asked since then was not begun."""


class ChildTimeout(ChildError):
    """The child process did not answer in time; it may still be at work."""


class ChildFailed(ChildError):
    """The child process has a fault; its log has the details under `number`."""

    def __init__(self, words: str, number: str) -> None:
        super().__init__(words)
        self.number = number


class Refused(ChildError):
    """The child process refused: a `CampaignError` there. `code` and `fields` are that error's."""

    _code = "refused"

    def __init__(self, code: str, words: str, fields: Mapping[str, Any]) -> None:
        super().__init__(words)
        self._code = code
        self.fields = fields

    @property
    def code(self) -> str:
        """The code of the error in the child process."""
        return self._code


class Pipe:
    """The child's end. Everything else that is printed to standard output goes to standard error from now on."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._questions = os.fdopen(os.dup(0), "rb")
        self._answers = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def serve(self, handlers: Mapping[str, Handler], *, in_words: Callable[[CampaignError], str] = str) -> None:
        """Answer questions, one after the other, until standard input is closed.

        A handler is called with the question's fields, in the reader's language, on the thread that called `serve`.
        Its answer is a mapping; a `Future` is answered when it is done, and other questions are answered meanwhile.
        A `CampaignError` becomes a refusal with its code, `in_words(error)` and its simple attributes.
        """
        for line in self._questions:
            question = json.loads(line)
            identity, do, language = question.pop("id"), question.pop("do"), question.pop("lang")
            with i18n.in_language(language):
                self._answer(identity, language, lambda: handlers[do](**question), in_words)  # noqa: B023 (called at once)

    def emit(self, event: str, **fields: object) -> None:
        """Report an event to the server. May be called from any thread."""
        self._write({"event": event, **fields})

    def _answer(
        self,
        identity: int,
        language: str,
        call: Callable[[], Mapping[str, object] | Future[Mapping[str, object]] | None],
        in_words: Callable[[CampaignError], str],
    ) -> None:
        try:
            found = call()
            if isinstance(found, Future):
                found.add_done_callback(lambda done: self._answer_later(identity, language, done, in_words))
                return
            self._write({"id": identity, "ok": dict(found or {})})
        except CampaignError as problem:
            error = {**_simple_fields(problem), "code": problem.code, "words": in_words(problem)}
            self._write({"id": identity, "error": error})
        except Exception as problem:  # noqa: BLE001 - the child lives on: the next question may be fine
            if disk.is_full(problem):
                full = disk.DiskFull()
                self._write({"id": identity, "error": {"code": full.code, "words": in_words(full)}})
                return
            number = token_hex(4)
            sys.stderr.write(f"fault {number}\n{traceback.format_exc()}")
            sys.stderr.flush()
            self._write({"id": identity, "error": {"code": _INTERNAL, "number": number}})

    def _answer_later(
        self,
        identity: int,
        language: str,
        done: Future[Mapping[str, object]],
        in_words: Callable[[CampaignError], str],
    ) -> None:
        with i18n.in_language(language):
            self._answer(identity, language, done.result, in_words)

    def _write(self, message: Mapping[str, object]) -> None:
        line = _line(message)
        with self._lock, suppress(BrokenPipeError):  # the server is gone: standard input ends as well
            while line:
                line = line[os.write(self._answers, line) :]


def _simple_fields(problem: CampaignError) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(problem).items()
        if not name.startswith("_") and isinstance(value, (*_SIMPLE, datetime, Path))
    }


def _line(message: Mapping[str, object]) -> bytes:
    return json.dumps(message, ensure_ascii=False, default=_plain).encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: Any) -> object:  # noqa: ANN401 - what json cannot write may be anything
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):  # a scalar of numpy
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be sent through a pipe")


class Child:
    """The server's end: a child process that is started again when it ends.

    Args:
        module: what `python -m` runs.
        arguments: its arguments.
        environment: its whole environment; None for the server's own.
        restart: `at once`, or only `when asked` the next question.
        on_event: called with the name and the fields of each event.
        on_start: awaited after each start, before the first question that came before it is answered.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        restart: Literal["at once", "when asked"] = "at once",
        on_event: Callable[[str, Answer], None] | None = None,
        on_start: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._environment = environment
        self._restart = restart
        self._on_event = on_event
        self._on_start = on_start
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._last = 0
        self._starting = asyncio.Lock()
        self._is_stopping = False
        self._failures = 0  # ends in a row, each soon after its start
        self._background: set[asyncio.Task[Any]] = set()

    @property
    def pid(self) -> int | None:
        """The id of the process; None where none is running."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process unless it is running."""
        async with self._starting:
            if self.pid is not None or self._is_stopping:
                return
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**(os.environ if self._environment is None else self._environment), **_import_path()},
                limit=_LINE_BYTES,
                start_new_session=True,  # Ctrl-C in the terminal reaches the server alone, which ends its children
            )
            self._process = process
            self._watcher = asyncio.create_task(self._watch(process))
        if self._on_start is not None:
            self._keep(self._on_start())

    async def ask(self, do: str, *, timeout_s: float = 30.0, **fields: object) -> Answer:
        """Ask the child a question, in the reader's language; start it first if it is not running.

        Raises:
            Refused: the child raised a `CampaignError`.
            ChildEnded: the child ended meanwhile.
            ChildTimeout: no answer within `timeout_s`; the child goes on, unless `kill` is called.
            ChildFailed: the child has a fault.
        """
        while True:
            with suppress(_EndedIdle):
                return await self._ask_once(do, timeout_s, fields)

    async def _ask_once(self, do: str, timeout_s: float, fields: Mapping[str, object]) -> Answer:
        if self.pid is None and not self._is_stopping:
            await self.start()
        process = self._process
        if self._is_stopping or self.pid is None or process is None or process.stdin is None:
            raise ChildEnded(_("The program is being stopped."))
        self._last += 1
        identity = self._last
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = future
        question = {"id": identity, "do": do, "lang": i18n.language(), **fields}
        try:
            with suppress(ConnectionError):  # it has ended: its watcher says so
                process.stdin.write(_line(question))
                await process.stdin.drain()
            async with asyncio.timeout(timeout_s):
                answer = await future
        except TimeoutError:
            raise ChildTimeout(_("This is taking too long. Try again in a moment.")) from None
        finally:
            self._waiting.pop(identity, None)
        return _unwrapped(answer)

    def kill(self) -> None:
        """End the process at once; it is started again as `restart` says."""
        if self.pid is not None and self._process is not None:
            self._process.kill()

    async def stop(self, *, grace_s: float = _STOP_S) -> None:
        """Close the child's standard input, wait until it has ended, and kill it after `grace_s`."""
        self._is_stopping = True
        process, watcher = self._process, self._watcher
        if process is None or watcher is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()  # what it started ends when its own pipes are closed
            await process.wait()
        await watcher

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Hand out answers and events until the process ends; then start another if it is wanted."""
        started = monotonic()
        assert process.stdout is not None  # noqa: S101 (opened as a pipe)
        try:
            while line := await process.stdout.readline():
                self._receive(json.loads(line))
            async with asyncio.timeout(_ENDING_S):  # to kill it now could take its exit status from it
                await process.wait()
        except (ValueError, TimeoutError):  # a line beyond the limit: the process cannot be understood any more
            if process.returncode is None and not self._is_stopping:
                with suppress(ProcessLookupError):
                    process.kill()
        await process.wait()
        ended = _EndedIdle if process.returncode == ENDED_IDLE else ChildEnded
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ended(_("The program that does this has ended unexpectedly. Try again.")))
        self._waiting.clear()
        if self._restart == "at once" and not self._is_stopping:
            self._keep(self._start_again(monotonic() - started))

    async def _start_again(self, lived_s: float) -> None:
        self._failures = 0 if lived_s >= _STEADY_S else self._failures + 1
        await asyncio.sleep(_RESTART_DELAYS_S[min(self._failures, len(_RESTART_DELAYS_S) - 1)])
        await self.start()

    def _receive(self, message: Answer) -> None:
        if "event" in message:
            if self._on_event is not None:
                self._on_event(message.pop("event"), message)
            return
        future = self._waiting.get(message["id"])
        if future is not None and not future.done():  # the asker may have gone
            future.set_result(message)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Do some work in the background. Its task is held until it is done: the loop keeps only a weak reference."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _unwrapped(answer: Answer) -> Answer:
    if "error" not in answer:
        found: Answer = answer["ok"]
        return found
    fields = dict(answer["error"])
    code = fields.pop("code")
    if code == _INTERNAL:
        number = fields["number"]
        raise ChildFailed(
            _("Something went wrong in the program. The log has it under {number}.", number=number), number
        )
    raise Refused(code, fields.pop("words"), fields)


def _import_path() -> dict[str, str]:
    """PYTHONPATH with which the child imports this same package."""
    home = str(Path(__file__).resolve().parents[2])
    return {"PYTHONPATH": os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])}
