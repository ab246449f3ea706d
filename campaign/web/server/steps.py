"""Where a campaign stands: which of its steps are complete, and which can be gone to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.web import drafts
from campaign.web.server.render import Steps

if TYPE_CHECKING:
    from campaign.web.drafts import Draft


def steps_of(draft: Draft, current: str) -> Steps:
    """The steps of a campaign for its page `current`."""
    done = [step for step, there in (("list", draft.lists), ("message", drafts.message(draft).strip())) if there]
    if "list" not in done:
        return Steps(draft.id, draft.name, current, done=(), open=("list",))
    return Steps(draft.id, draft.name, current, done=done, open=None if "message" in done else ("list", "message"))


def next_step(draft: Draft) -> str:
    """The first step that is not complete; the check if all before it are."""
    done = steps_of(draft, "list").done
    return next((step for step in ("list", "message") if step not in done), "check")
