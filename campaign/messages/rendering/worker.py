"""The program of a renderer process: compiles the templates, then renders one batch of rows after another.

`process` starts it without the program's environment. It applies the limits that it is given to
itself and ends when its input ends.
"""

from __future__ import annotations

import os
import signal
import sys
from array import array
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import protocol
from campaign.messages.rendering.limits import Limits, limit_cpu_time, limit_memory
from campaign.messages.templates import fill
from campaign.messages.templates.column_names import Names
from campaign.messages.templates.compile import compile_field
from campaign.messages.templates.condition import ConditionEnvironment, as_template
from campaign.messages.templates.environment import TemplateEnvironment, missing
from campaign.model import i18n
from campaign.model.errors import TemplateError
from campaign.model.reasons import Reason, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign.messages.templates.compile import Field


@dataclass(slots=True)
class _Worker:
    """Answers each request field by field, so that the program knows which field exceeded a limit."""

    answer: Callable[..., None]
    headings: Sequence[str]
    limits: Limits
    fields: list[Field]

    def compile(
        self, templates: Sequence[tuple[str, str]], files: dict[str, dict[str, str]], at: str | None = None
    ) -> None:
        """Compile the templates (label and source); answers the indices of the columns that each reads.

        With `at`, a time in Seoul, they are conditions.
        """
        names = Names.of(self.headings)
        environment = TemplateEnvironment(TemplateFiles(**files))
        if at is not None:
            environment = ConditionEnvironment(datetime.fromisoformat(at))
            templates = [(label, as_template(label, source, environment)) for label, source in templates]
        for label, source in templates:
            self.fields.append(compile_field(label, source, names, environment))
            self.answer({"places": sorted(self.fields[-1].places)})

    def fill(self, header: dict[str, Any], buffers: Sequence[bytes]) -> None:
        """Render a batch; answers the texts of each field as UTF-8 and their lengths in bytes (-1: not rendered).

        The header has the reasons of rows that failed in this field, and the index of the column whose cell
        is at fault, where it is known.
        """
        reasons: dict[int, str] = {}
        columns = {
            place: self._cells(place, form, buffer)
            for (place, form), buffer in zip(header["columns"], buffers, strict=True)
        }
        for field in self.fields:
            known = set(reasons)
            blamed: dict[int, int] = {}
            texts = fill.fill(field, columns, header["rows"], reasons, most=self.limits.output, blamed=blamed)
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
    """The lengths and bytes of the texts; a text that UTF-8 cannot encode (a lone surrogate) gets a reason."""
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
    """Answer requests from standard input on standard output until standard input ends."""
    i18n.use(os.environ[i18n.VARIABLE])
    # Ctrl-C reaches every process of the terminal; the program decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        _serve(requests, answers)
    except (EOFError, BrokenPipeError):
        return


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    header, _ = protocol.read(requests)
    limits = Limits(**header["limits"])
    limit_memory(limits)
    worker = _Worker(lambda *frame: protocol.write(answers, *frame), header["headings"], limits, [])
    _within(limits, answers, lambda: worker.compile(header["templates"], header["files"], header["at"]))
    while True:
        header, buffers = protocol.read(requests)
        _within(limits, answers, partial(worker.fill, header, buffers))


def _within(limits: Limits, answers: IO[bytes], task: Callable[[], None]) -> None:
    """Run a task within `limits.cpu`; answers why it was stopped, if it was."""
    limit_cpu_time(limits.cpu)
    failure = _failure(task)
    limit_cpu_time(0)
    if failure:
        protocol.write(answers, failure)


def _failure(task: Callable[[], None]) -> dict[str, str] | None:
    """What stopped the task. Returned, not sent here: the exception still holds the memory that was used up."""
    try:
        task()
    except TemplateError as problem:
        return {"refused": str(problem)}
    except MemoryError:
        return {"stopped": "memory"}
    except RecursionError:
        return {"stopped": "recursion"}
    except fill.TooLong:
        return {"stopped": "output"}
    return None
