"""Approval by a second person: it is asked for at the confirmation, and given or refused on a page of its own."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from campaign.model.i18n import _
from campaign.web import drafts
from campaign.web.approval import NotApproved
from campaign.web.pipes import Refused
from campaign.web.server import errors
from campaign.web.server.pages_home import draft_of
from campaign.web.server.pages_runs import find_order, order_id, roles_of, who
from campaign.web.server.pages_send import (
    first_message,
    missing,
    ordered_in,
    schedule_of,
    send_page,
    shown_rules,
    why_not_weekly,
    write_schedule,
)
from campaign.web.server.render import go_to, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import address_of, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.orders import Order

_CHECK_S: Final = 10.0
_WHY_LENGTH: Final = 200


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        post("/campaigns/{campaign}/ask", ask, role="prepare"),
        get("/approvals/{order}", show),
        post("/approvals/{order}/approve", approve, role="send"),
        post("/approvals/{order}/refuse", refuse, role="prepare"),
    ]


async def ask(request: Request) -> Response:
    """Ask for an approval of what the confirmation shows."""
    site, draft = site_of(request), draft_of(request)
    if site.reach.is_loopback or site.is_practice:
        raise errors.Refusal(409, _("Nothing is really sent here, or there are no users: there is nothing to approve."))
    async with request.form() as form:
        identity = order_id(form)
        known = await site.orders.find(identity)
        if known is not None:
            return go_to(request, f"/orders/{known.id}")
        problem = why_not_weekly(form) or missing(request, form, is_real=True)
        if problem is not None:
            return await send_page(request, identity, problem=problem, given=form)
        given = ordered_in(request, form, draft, is_practice=False)
        schedule = schedule_of(form)
        skips_holidays = "skip_holidays" in form
    await to_thread.run_sync(partial(write_schedule, draft, None, skips_holidays=skips_holidays))
    kind = "send" if schedule is None else "schedule"
    if schedule is not None:
        given |= {"freeze": True, "start_at": schedule["start_at"].isoformat()}
    ordered = await site.orders.ask(identity, kind, who(request), needs_approval=True, **given)
    return go_to(request, f"/orders/{ordered.id}")


async def show(request: Request) -> Response:
    """What is to be approved, and the decision."""
    site, order = site_of(request), await find_order(request)
    if order.state != "to_approve":
        return go_to(request, f"/orders/{order.id}")
    try:
        draft = drafts.find(site.home, order.campaign or "")
    except drafts.NoSuchDraft as problem:
        raise errors.Refusal(404, str(problem)) from None
    void, unfit = await site.orders.why_not_approved(order, who(request))
    check, first, words = None, None, None
    try:
        check = await site.checking.check(site.check, draft, wait_s=_CHECK_S)
        first = None if check is None else await first_message(request, draft, check, _CHECK_S)
    except Refused as refused:
        words = str(refused)
    if check is not None and check["plan"] != order.given["digest"]:
        void = void or _("It was changed after approval was asked for. Check it and ask again.")
    may_send = "send" in roles_of(request)
    return page(
        request,
        "approval.html",
        order=order,
        name=draft.name,
        house=shown_rules(drafts.of_house(site.home)),
        check=None if first is None else check,  # nobody approves a message that they have not seen
        words=words,
        message=first[0] if first else None,
        void=void,
        unfit=unfit,
        may_approve=may_send and first is not None and void is None and unfit is None,
        may_refuse=may_send or who(request) == order.by,
    )


async def approve(request: Request) -> Response:
    """Approve it: it begins after some seconds, and can be taken back until then."""
    site, order = site_of(request), await find_order(request)
    try:
        if order.state == "to_approve" and order.kind == "schedule":
            await _write_schedule(request, order)
        approved = await site.orders.approve(order.id, who(request), address=address_of(request))
    except NotApproved as problem:
        raise errors.Refusal(403, str(problem)) from None
    if approved.kind == "schedule":
        await site.orders.settled(approved.id)
    return go_to(request, f"/orders/{approved.id}")


async def _write_schedule(request: Request, order: Order) -> None:
    """Put the time into the campaign file, once it is sure that this user approves it."""
    site = site_of(request)
    void, unfit = await site.orders.why_not_approved(order, who(request))
    if words := void or unfit:
        raise NotApproved(words)
    draft = drafts.find(site.home, order.campaign or "")
    schedule: dict[str, object] = {"start_at": datetime.fromisoformat(order.given["start_at"])}
    async with site.changing(draft.id):
        await to_thread.run_sync(partial(write_schedule, draft, schedule))


async def refuse(request: Request) -> Response:
    """Send it back to who asked, who may do so as well."""
    site, order = site_of(request), await find_order(request)
    if "send" not in roles_of(request) and who(request) != order.by:
        raise errors.Refusal(403, _("Your account may not do this."))
    async with request.form() as form:
        why = " ".join(str(form.get("why", "")).split())[:_WHY_LENGTH]
    await site.orders.send_back(order.id, who(request), why=why, address=address_of(request))
    return go_to(request, f"/orders/{order.id}")
