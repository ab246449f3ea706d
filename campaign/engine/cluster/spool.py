"""Keeps answers on this host's disk while the journal cannot be reached, so that a worker that is killed loses none.

An owner has one file, `<owner>.jsonl`, as long as the journal lacks an answer that it received. A line is an answer
without numbers and texts. The owner's process locks its file. A worker that starts gives the journal what processes
that have ended left.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign.journal import Settlement, Step, try_lock
from campaign.model import State
from campaign.model.files import sync_folder
from campaign.model.i18n import _
from campaign.model.text import os_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from campaign.journal import Workers

_COLUMNS: Final = ("no", "attempt", "state", "code", "request_no", "msg_type")
"""What a line has of a settlement. The gateway's words and causes may quote a text or a number."""

_SUFFIX: Final = ".jsonl"


class Spool:
    """The files of one process in the spool's folder. Its methods may be called in several threads.

    Args:
        folder: made when the first answer is kept.
        note: receives why an answer could not be kept; it is then in memory only.
    """

    def __init__(self, folder: Path, note: Callable[[str], None]) -> None:
        self._folder = folder
        self._note = note
        self._noted = ""
        self._guard = threading.Lock()
        self._files: dict[str, int] = {}
        self._kept: dict[str, set[tuple[str, int, int]]] = {}

    def keep(self, step: Step) -> None:
        """Write the answers of a step down; they are on the disk when this returns."""
        if not step.settlements:
            return
        with self._guard:
            self._kept.setdefault(step.owner, set()).update(_keys(step))
            try:
                file = self._files[step.owner] if step.owner in self._files else self._open(step.owner)
                _write(file, "".join(_lines(step)).encode())
            except OSError as problem:
                self._note_once(
                    _("{folder}: answers cannot be kept: {fault}", folder=self._folder, fault=os_fault(problem))
                )

    def drop(self, step: Step) -> None:
        """Forget the answers of a step, which the journal has now."""
        with self._guard:
            kept = self._kept.get(step.owner)
            if kept is None:
                return
            kept.difference_update(_keys(step))
            if not kept:
                del self._kept[step.owner]
                with suppress(OSError):
                    self._path(step.owner).unlink(missing_ok=True)
                if (file := self._files.pop(step.owner, None)) is not None:
                    os.close(file)

    def hand_over(self, workers: Workers) -> int:
        """Give the journal the answers that processes which have ended left; returns how many it lacked.

        Raises:
            JournalError: the journal could not be written to; what it lacks stays in the folder.
        """
        try:
            return sum(_hand_over(path, workers) for path in sorted(self._folder.glob(f"*{_SUFFIX}")))
        except OSError as problem:
            self._note(
                _("{folder}: kept answers cannot be read: {fault}", folder=self._folder, fault=os_fault(problem))
            )
            return 0

    def _note_once(self, words: str) -> None:
        if words != self._noted:
            self._noted = words
            self._note(words)

    def _open(self, owner: str) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path(owner), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._files[owner] = file
        try_lock(file)
        sync_folder(self._folder)
        return file

    def _path(self, owner: str) -> Path:
        return self._folder / f"{owner}{_SUFFIX}"


def _keys(step: Step) -> Iterable[tuple[str, int, int]]:
    return [(step.run, one.no, one.attempt) for one in step.settlements]


def _lines(step: Step) -> Iterator[str]:
    for one in step.settlements:
        answer = {name: getattr(one, name) for name in _COLUMNS}
        yield json.dumps({"run": step.run, "at": step.at, **answer}) + "\n"


def _write(file: int, lines: bytes) -> None:
    """Append the lines, and wait until they are on the disk. If only a part fits, it is removed again."""
    size = os.fstat(file).st_size
    try:
        while lines:
            lines = lines[os.write(file, lines) :]
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, size)
        raise


def _hand_over(path: Path, workers: Workers) -> int:
    owner = path.stem
    with path.open("r+", encoding="utf-8", errors="replace") as file:
        if not try_lock(file.fileno()):  # its process lives
            return 0
        if not workers.is_known(owner):  # it belongs to another journal
            return 0
        taken = sum(_take(step, workers) for step in _steps(file, owner))
        path.unlink()
    return taken


def _steps(lines: Iterable[str], owner: str) -> Iterator[Step]:
    """The answers, each as a step of its own; a line that was not written to its end is left out."""
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            given = json.loads(line)
            answer = {name: given[name] for name in _COLUMNS} | {"state": State(given["state"])}
            settlement = Settlement(**answer)
            yield Step(run=given["run"], owner=owner, settlements=[settlement], wanted=(), at=int(given["at"]))


def _take(step: Step, workers: Workers) -> int:
    taken = len(workers.advance(step).settled)
    if not taken:
        workers.note_refused(step)
    return taken
