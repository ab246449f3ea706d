"""Questions to the check process that may take long: asked once, awaited for a moment, and shown as they get on."""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from campaign.model import i18n
from campaign.web import drafts
from campaign.web.pipes import ChildEnded, ChildTimeout, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.web.drafts import Draft
    from campaign.web.pipes import Answer, Child

LONGEST_S: Final = 600.0
"""Time after which a check is given up."""

SOON_S: Final = 0.3
"""Time that a page waits for work that begins with it, before it shows how far the work is."""

_UNDER_WAY_S: Final = 0.02
"""Time that it waits for work that was begun before."""

_KEPT: Final = 256  # answers
_READING: Final = frozenset({"columns", "check"})  # what reports its progress


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

    async def columns(self, child: Child, draft: Draft, *, wait_s: float | None = None) -> Answer | None:
        """The list's columns; None while it is being read. Raises what `Child.ask` raises."""
        return await self._ask(child, "columns", draft, drafts.list_version(draft), wait_s)

    async def check(self, child: Child, draft: Draft, *, wait_s: float | None = None) -> Answer | None:
        """The check; None while it is being made. Raises what `Child.ask` raises."""
        return await self._ask(child, "check", draft, drafts.inputs(draft), wait_s)

    async def about(
        self,
        child: Child,
        do: str,
        draft: Draft,
        *,
        wait_s: float | None = None,
        **fields: Any,  # noqa: ANN401 - as the handler has them
    ) -> Answer | None:
        """What the process answers about the campaign as it is now (`rows`, `messages`, `look`); None until it does.

        Raises what `Child.ask` raises.
        """
        return await self._ask(child, do, draft, drafts.inputs(draft), wait_s, **fields)

    async def again_if_forgotten(
        self,
        child: Child,
        do: str,
        draft: Draft,
        **fields: Any,  # noqa: ANN401 - as the handler has them
    ) -> Answer:
        """What the process answers about the campaign's check; where it has forgotten that, it checks again first.

        Raises what `Child.ask` raises.
        """
        try:
            return await child.ask(do, campaign=draft.id, **fields)
        except Refused as problem:
            if problem.code != "not_checked":
                raise
        self.forget(draft)
        await self.check(child, draft, wait_s=LONGEST_S)
        return await child.ask(do, campaign=draft.id, **fields)

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

    async def _ask(
        self,
        child: Child,
        do: str,
        draft: Draft,
        version: str,
        wait_s: float | None,
        **fields: Any,  # noqa: ANN401 - as the handler has them
    ) -> Answer | None:
        key = (do, draft.id, version, i18n.language(), json.dumps(fields, sort_keys=True))
        task, soon_s = self._work.get(key), _UNDER_WAY_S
        if task is None or _has_failed(task):
            task, soon_s = asyncio.create_task(self._run(child, do, draft, fields)), SOON_S
            self._work[key] = task
            self._trim()
        self._work.move_to_end(key)
        if not task.done():
            await asyncio.wait([task], timeout=soon_s if wait_s is None else wait_s)
        return task.result() if task.done() else None

    async def _run(self, child: Child, do: str, draft: Draft, fields: Mapping[str, Any]) -> Answer:
        try:
            turn = self._turns.setdefault(draft.id, self._turn) if do == "check" else 0
            given = {**fields, **({"turn": turn} if turn else {})}
            return await child.ask(do, timeout_s=LONGEST_S, campaign=draft.id, **given)
        except ChildTimeout:
            child.kill()
            raise
        finally:
            if do in _READING:
                self._progress.pop(draft.id, None)

    def _trim(self) -> None:
        for key in [key for key, task in self._work.items() if task.done()][: max(0, len(self._work) - _KEPT)]:
            task = self._work.pop(key)
            if not task.cancelled():
                task.exception()  # looked at, so that it is not reported


def _has_failed(task: asyncio.Task[Any]) -> bool:
    """Whether the process ended under the work, or was started anew since and knows nothing of it.

    What was refused for another reason stays refused until something changes.
    """
    problem = task.exception() if task.done() else None
    return isinstance(problem, ChildEnded | ChildTimeout) or (
        isinstance(problem, Refused) and problem.code == "not_checked"
    )
