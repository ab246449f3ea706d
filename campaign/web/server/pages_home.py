"""Home: the campaigns. And what is done to a whole campaign: new, name, copy, delete."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from campaign.model import times
from campaign.model.i18n import _
from campaign.web import drafts
from campaign.web.pipes import ChildError
from campaign.web.server import errors, retention, run_words
from campaign.web.server.render import go_to, next_step, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import note, note_change, site_of

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.orders import Order

SHOWN: Final = 20
"""Entries of one list."""

_OVERVIEW_S: Final = 1.0


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/", home),
        post("/campaigns", create, role="prepare"),
        get("/campaigns/{campaign}", stand),
        post("/campaigns/{campaign}/name", rename, role="prepare"),
        post("/campaigns/{campaign}/copy", copy, role="prepare"),
        post("/campaigns/{campaign}/delete", delete, role="prepare"),
    ]


async def home(request: Request) -> Response:
    """The four lists: drafts, being sent, scheduled, past."""
    site = site_of(request)
    runs = await overview(request)
    sent = {run["campaign"] for kind in ("sending", "scheduled", "past") for run in runs[kind]}
    shown, more = await to_thread.run_sync(_drafts_left, site.home, sent)
    asked = [(one, drafts.find(site.home, one.campaign or "").name) for one in await _to_approve(request)]
    return page(request, "home.html", drafts=shown, more=more, runs=runs, asked=asked)


async def _to_approve(request: Request) -> list[Order]:
    """The orders that a second person can approve."""
    site = site_of(request)
    found = await site.orders.to_approve()
    return [one for one, void in found if void is None and drafts.is_there(site.home, one.campaign or "")]


def _drafts_left(home: Path, sent: Container[str]) -> tuple[list[dict[str, Any]], int]:
    """The drafts that are shown, and how many more there are, without those that were sent."""
    left = [draft for draft in drafts.everything(home) if draft.id not in sent]
    shown = [
        {"id": draft.id, "name": draft.name, "lists": draft.lists, "changed": draft.changed} for draft in left[:SHOWN]
    ]
    return shown, len(left) - len(shown)


async def overview(request: Request) -> dict[str, Any]:
    """What the engine knows of runs, by list: `sending`, `scheduled`, `past`; `is_known` is False while it starts.

    Each entry has `id` (the run's or the schedule's), `campaign` (the draft's id, or empty), `name`, `at` (ISO 8601),
    `state` (in words), `path` (its page) and `note` (a line of counts, in words).
    """
    nothing: dict[str, Any] = {"sending": [], "scheduled": [], "past": []}
    site = site_of(request)
    try:
        answer = await site.journal.ask("overview", timeout_s=_OVERVIEW_S, most=SHOWN, live=site.orders.live())
    except ChildError:
        return {**nothing, "is_known": False}
    campaigns = await site.orders.campaigns()
    return {
        "sending": [run_words.run_entry(run, campaigns.get(run["id"])) for run in answer["sending"]],
        "scheduled": [run_words.schedule_entry(one) for one in answer["scheduled"]],
        "past": [run_words.run_entry(run, campaigns.get(run["id"])) for run in answer["past"]],
        "is_known": True,
    }


async def create(request: Request) -> Response:
    """A new campaign."""
    async with request.form() as form:
        given = str(form.get("name", ""))
    today = datetime.now(times.SEOUL)
    name = given.strip() or _("Campaign of {month}/{day}", month=today.month, day=today.day)
    draft = await to_thread.run_sync(drafts.create, site_of(request).home, name)
    await note_change(request, draft.id)
    return go_to(request, f"/campaigns/{draft.id}/list")


async def stand(request: Request) -> Response:
    """Where a campaign stands: its next step."""
    draft = draft_of(request)
    return go_to(request, f"/campaigns/{draft.id}/{next_step(draft)}")


async def rename(request: Request) -> Response:
    """Another name."""
    draft = draft_of(request)
    async with request.form() as form:
        name = str(form.get("name", ""))
        back = str(form.get("back", ""))
    if name.strip():
        async with site_of(request).changing(draft.id):
            await to_thread.run_sync(drafts.rename, draft, name)
    return go_to(request, f"/campaigns/{draft.id}/list" if back == "list" else "/")


async def copy(request: Request) -> Response:
    """The same list and message once more."""
    draft = draft_of(request)
    made = await to_thread.run_sync(partial(drafts.copy, site_of(request).home, draft))
    await note_change(request, made.id)
    return go_to(request, f"/campaigns/{made.id}/list")


async def delete(request: Request) -> Response:
    """Remove it, unless it is still to be sent."""
    draft, site = draft_of(request), site_of(request)
    async with site.changing(draft.id):
        use = (await retention.uses(site)).of(draft)
        if use.is_scheduled:
            raise errors.Refusal(409, _("A schedule sends this campaign. Remove the schedule first."))
        if use.is_ordered:
            raise errors.Refusal(409, _("This campaign is about to be sent. Take that back first."))
        await note(request, "delete", about=draft.name)
        await to_thread.run_sync(drafts.delete, draft)
    return go_to(request, "/")


def draft_of(request: Request) -> drafts.Draft:
    """The campaign that the path names.

    Raises:
        Refusal: there is none (404).
    """
    try:
        return drafts.find(site_of(request).home, request.path_params["campaign"])
    except drafts.NoSuchDraft as problem:
        raise errors.Refusal(404, str(problem)) from None
