"""The confined processes of one rendering: one for a start, a second one where there is much to do."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Self

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering.limits import Limits
from campaign.messages.rendering.process import Confined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from campaign.messages.rendering.process import Answer

    Question = Callable[[], tuple[dict[str, Any], list[bytes]]]
    Templates = Sequence[tuple[str, str]]

MANY: Final = 20_000
"""Variants from which on a second process is worth its start, a tenth of a second."""


class Crew:
    """Confined processes, of which the first starts at once: made early, it is ready when the rows have been read."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._crew = [Confined(self._limits)]
        self._idle: SimpleQueue[Confined] = SimpleQueue()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="render")
        self._lesson: tuple[Sequence[str], Templates, TemplateFiles] = ((), (), TemplateFiles())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in self._crew:
            one.kill()
        self._pool.shutdown(cancel_futures=True)
        for one in self._crew:
            one.close()

    def learn(self, headings: Sequence[str], templates: Templates, files: TemplateFiles) -> list[list[int]]:
        """Compile the templates, each a label and a source; the places of the columns that each reads.

        `files` are those that the templates may take in.

        Raises:
            TemplateError: one cannot be used, or was stopped by a limit.
        """
        self._lesson = (headings, templates, files)
        places = self._crew[0].learn(*self._lesson)
        self._idle.put(self._crew[0])
        return places

    def expect(self, variants: int) -> None:
        """Take on a second process if so many variants are worth it and the machine has room for one."""
        if variants >= MANY and (os.cpu_count() or 1) > 1:
            self._crew.append(Confined(self._limits))
            self._pool.submit(self._teach, self._crew[-1])

    def _teach(self, one: Confined) -> None:
        one.learn(*self._lesson)
        self._idle.put(one)

    def fill(self, questions: Iterable[Question]) -> Iterator[list[Answer]]:
        """The answers to batches of rows, in the batches' order.

        Raises:
            TemplateError: a template was stopped by a limit.
        """
        waiting = [self._pool.submit(self._ask, question) for question in questions]
        # Taken off as they are answered, so that no answer is held longer than it is needed.
        waiting.reverse()
        while waiting:
            yield waiting.pop().result()

    def _ask(self, question: Question) -> list[Answer]:
        one = self._idle.get()
        try:
            return one.fill(*question())
        finally:
            self._idle.put(one)
