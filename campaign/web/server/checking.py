"""Questions to the check process that may take long: asked once, awaited for a moment, and shown as they get on."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from campaign.model import i18n
from campaign.web import drafts
from campaign.web.pipes import ChildEnded, ChildTimeout

if TYPE_CHECKING:
    from campaign.web.drafts import Draft
    from campaign.web.pipes import Answer, Child

LONGEST_S: Final = 600.0
"""Time after which a check is given up."""

SOON_S: Final = 0.9
"""Time that a page waits before it shows how far the work is."""

_KEPT: Final = 64  # answers


class Checking:
    """What is being read and checked, and the last answers.

    An answer is good as long as what it depends on stays the same (`drafts.list_version`, `drafts.inputs`).
    """

    def __init__(self) -> None:
        self._progress: dict[str, Answer] = {}
        self._work: OrderedDict[tuple[str, ...], asyncio.Task[Answer]] = OrderedDict()
        self._turn = 0
        self._turns: dict[str, int] = {}

    def note(self, event: str, fields: Answer) -> None:
        """Take an event of the check process."""
        if event == "progress":
            self._progress[fields["campaign"]] = fields

    def progress(self, draft: Draft) -> Answer:
        """How far the work on a campaign is: `stage` (read, render, or empty), `rows`, and `whole` (0: not known)."""
        return self._progress.get(draft.id, {"stage": "", "rows": 0, "whole": 0})

    async def columns(self, child: Child, draft: Draft, *, wait_s: float = SOON_S) -> Answer | None:
        """The list's columns; None while it is being read. Raises what `Child.ask` raises."""
        return await self._ask(child, "columns", draft, drafts.list_version(draft), wait_s)

    async def check(self, child: Child, draft: Draft, *, wait_s: float = SOON_S) -> Answer | None:
        """The check; None while it is being made. Raises what `Child.ask` raises."""
        return await self._ask(child, "check", draft, drafts.inputs(draft), wait_s)

    def forget(self, draft: Draft | None = None) -> None:
        """Read or check anew next time, though nothing of the campaign, or by default of any, has changed.

        A check depends on the time, on earlier runs and on the house's opt-outs as well.
        """
        self._turn += 1
        if draft is None:
            self._turns = dict.fromkeys(self._turns, self._turn)
        else:
            self._turns[draft.id] = self._turn
        for key in [key for key in self._work if draft is None or key[1] == draft.id]:
            self._work.pop(key)

    async def _ask(self, child: Child, do: str, draft: Draft, version: str, wait_s: float) -> Answer | None:
        key = (do, draft.id, version, i18n.language())
        task = self._work.get(key)
        if task is None or _has_failed(task):
            task = asyncio.create_task(self._run(child, do, draft))
            self._work[key] = task
            self._trim()
        self._work.move_to_end(key)
        done, _waiting = await asyncio.wait([task], timeout=wait_s)
        return task.result() if done else None

    async def _run(self, child: Child, do: str, draft: Draft) -> Answer:
        try:
            turn = self._turns.setdefault(draft.id, self._turn) if do == "check" else 0
            return await child.ask(do, timeout_s=LONGEST_S, campaign=draft.id, **({"turn": turn} if turn else {}))
        except ChildTimeout:
            child.kill()
            raise
        finally:
            self._progress.pop(draft.id, None)

    def _trim(self) -> None:
        for key in [key for key, task in self._work.items() if task.done()][: max(0, len(self._work) - _KEPT)]:
            task = self._work.pop(key)
            if not task.cancelled():
                task.exception()  # looked at, so that it is not reported


def _has_failed(task: asyncio.Task[Any]) -> bool:
    """Whether the process ended under the work; what was refused stays refused until something changes."""
    return task.done() and isinstance(task.exception(), ChildEnded | ChildTimeout)
