"""The confined process: compiles the templates and fills them in, one batch of rows after the other.

It is started by `confined` with nothing of the program's environment, holds itself to
the limits that it is given, and ends when its pipe does.
"""

from __future__ import annotations

import signal
import sys
from array import array
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import protocol
from campaign.messages.rendering.limits import Limits, allow_cpu, confine
from campaign.messages.templates import fill as filling
from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.environment import Language, missing
from campaign.model.errors import TemplateError
from campaign.model.reasons import Reason, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign.messages.templates.compile import Field


@dataclass(slots=True)
class _Worker:
    """Answers every question field by field, so that the other side knows which one it did not come back from."""

    answer: Callable[..., None]
    headings: Sequence[str]
    limits: Limits
    fields: list[Field]

    def learn(self, templates: Sequence[tuple[str, str]], files: dict[str, dict[str, str]]) -> None:
        """Compile the templates, each a label and a source; answers with the places of the columns they read."""
        names = Names.of(self.headings)
        language = Language(TemplateFiles(**files))
        for label, source in templates:
            self.fields.append(compile_field(label, source, names, language))
            self.answer({"places": sorted(self.fields[-1].places)})

    def fill(self, header: dict[str, Any], buffers: Sequence[bytes]) -> None:
        """Render a batch; answers a field's texts as UTF-8 and their lengths in bytes (-1: none).

        With them go the new reasons, and the places of the columns that are to blame for them, as far as known.
        """
        reasons: dict[int, str] = {}
        columns = {
            place: self._cells(place, form, buffer)
            for (place, form), buffer in zip(header["columns"], buffers, strict=True)
        }
        for field in self.fields:
            known = set(reasons)
            blamed: dict[int, int] = {}
            texts = filling.fill(field, columns, header["rows"], reasons, most=self.limits.output, blamed=blamed)
            lengths, data = _encode(texts, reasons)
            new = {place: words for place, words in reasons.items() if place not in known}
            self.answer({"reasons": new, "blamed": blamed}, [lengths, data])

    def _cells(self, place: int, form: str, buffer: bytes) -> list[Any]:
        cells = protocol.unpack(form, buffer)
        if form == protocol.TEXT and all(cells) and not any(map(str.isspace, cells)):
            return cells
        empty = missing(self.headings[place])
        return [empty if cell is None or (isinstance(cell, str) and not cell.strip()) else cell for cell in cells]


def _encode(texts: Sequence[str | None], reasons: dict[int, str]) -> tuple[bytes, bytes]:
    """The texts' lengths and bytes; one that cannot be encoded (half of a surrogate pair) gets a reason."""
    encoded: list[bytes | None] = []
    for place, text in enumerate(texts):
        try:
            encoded.append(None if text is None else text.encode())
        except UnicodeEncodeError as problem:
            codepoint = f"U+{ord(problem.object[problem.start]):04X}"
            reasons[place] = encode(Reason.NO_CHARACTER, codepoint=codepoint)
            encoded.append(None)
    lengths = array("i", [-1 if data is None else len(data) for data in encoded])
    return lengths.tobytes(), b"".join(filter(None, encoded))


def main() -> None:
    """Answer questions from standard input on standard output until there are no more."""
    # Ctrl-C reaches every process of the terminal; what follows is for the program to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        _serve(questions, answers)
    except (EOFError, BrokenPipeError):
        return


def _serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    header, _ = protocol.read(questions)
    limits = Limits(**header["limits"])
    confine(limits)
    worker = _Worker(lambda *frame: protocol.write(answers, *frame), header["headings"], limits, [])
    _within(limits, answers, lambda: worker.learn(header["templates"], header["files"]))
    while True:
        header, buffers = protocol.read(questions)
        _within(limits, answers, partial(worker.fill, header, buffers))


def _within(limits: Limits, answers: IO[bytes], task: Callable[[], None]) -> None:
    """Do a task within `limits.cpu`; where it is stopped, that is the answer."""
    allow_cpu(limits.cpu)
    outcome = _outcome(task)
    allow_cpu(0)
    if outcome:
        protocol.write(answers, outcome)


def _outcome(task: Callable[[], None]) -> dict[str, str] | None:
    """What stopped the task. Told only after the exception is gone, and with it all that had used up the memory."""
    try:
        task()
    except TemplateError as problem:
        return {"refused": str(problem)}
    except MemoryError:
        return {"stopped": "memory"}
    except RecursionError:
        return {"stopped": "recursion"}
    except filling.TooLong:
        return {"stopped": "output"}
    return None
