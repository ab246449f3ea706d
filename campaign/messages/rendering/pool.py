"""Pool of one renderer process, or of two from 20,000 variants, for the text fields of a campaign.

This module does not import pandas: the pool starts while pandas is still being imported.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Self

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering.limits import Limits
from campaign.messages.rendering.process import RendererProcess
from campaign.messages.templates.column_names import is_template
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from types import TracebackType

    from campaign.config.campaign_file import Campaign
    from campaign.messages.rendering.process import Answer

    Request = Callable[[], tuple[dict[str, Any], list[bytes]]]
    Templates = Sequence[tuple[str, str]]

MANY: Final = 20_000
"""Variants from which a second process saves more than its start costs (0.1 s)."""


class RendererPool:
    """Renderer processes. The first starts with the pool; a pool made early is ready once the rows have been read."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._processes = [RendererProcess(self._limits)]
        self._idle: SimpleQueue[RendererProcess] = SimpleQueue()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="render")
        self._compiled: tuple[Sequence[str], Templates, TemplateFiles, datetime | None] = (
            (),
            (),
            TemplateFiles(),
            None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in self._processes:
            one.kill()
        self._pool.shutdown(cancel_futures=True)
        for one in self._processes:
            one.close()

    def compile(
        self, headings: Sequence[str], templates: Templates, files: TemplateFiles, at: datetime | None = None
    ) -> list[list[int]]:
        """Compile the templates in the first process.

        Args:
            headings: the headings of the spreadsheet's columns.
            templates: a label (for errors) and a source for each template.
            files: the files that the templates may include.
            at: the time in Seoul, if the templates are conditions (`templates.condition`).

        Returns:
            The indices of the columns that each template reads.

        Raises:
            TemplateError: a template is not valid or exceeded a limit.
        """
        self._compiled = (headings, templates, files, at)
        places = self._processes[0].compile(*self._compiled)
        self._idle.put(self._processes[0])
        return places

    def scale_for(self, variants: int) -> None:
        """Start a second process if there are enough variants and the machine has a second core."""
        if variants >= MANY and (os.cpu_count() or 1) > 1:
            self._processes.append(RendererProcess(self._limits))
            self._pool.submit(self._add, self._processes[-1])

    def _add(self, one: RendererProcess) -> None:
        one.compile(*self._compiled)
        self._idle.put(one)

    def fill(self, requests: Iterable[Request]) -> Iterator[list[Answer]]:
        """Render batches of rows; yields their answers in the order of the batches.

        Raises:
            TemplateError: a template exceeded a limit.
        """
        # In the caller's context: errors are in its language.
        waiting = [self._pool.submit(copy_context().run, self._ask, request) for request in requests]
        # Popped as they are answered, so that an answer is freed as soon as it has been used.
        waiting.reverse()
        while waiting:
            yield waiting.pop().result()

    def _ask(self, request: Request) -> list[Answer]:
        one = self._idle.get()
        try:
            return one.fill(*request())
        finally:
            self._idle.put(one)


def field_sources(campaign: Campaign) -> dict[str, tuple[str, str]]:
    """The label (for errors) and the source of each text field of a campaign, by the field's name.

    Raises:
        SettingsError: the template file cannot be read.
    """
    message = campaign.message
    label = campaign.text_label or (
        _("template {file}", file=campaign.folder / message.template) if message.template else "message.text"
    )
    found = {"text": (label, campaign.template_text()), "sender": ("sender", campaign.sender)}
    for name, source in (("title", message.title), ("image", message.image), ("reserve", message.reserve)):
        if source:
            found[name] = (f"message.{name}", source)
    return found


def start_pool(campaign: Campaign) -> AbstractContextManager[RendererPool | None]:
    """Start the renderer pool of a campaign before its rows are read, so that its start costs no time later.

    The context's value is the pool, or None if no field has a placeholder.

    Raises:
        SettingsError: the template cannot be read.
    """
    return (
        RendererPool() if any(is_template(source) for _, source in field_sources(campaign).values()) else nullcontext()
    )


def start_choosing(campaign: Campaign) -> AbstractContextManager[RendererPool | None]:
    """Start the process that evaluates `recipients.where`, like `start_pool`; None if there is no condition."""
    return nullcontext() if campaign.recipients.where is None else RendererPool()
