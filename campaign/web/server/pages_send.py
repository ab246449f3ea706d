"""The last two steps of a campaign: a test message to the own phone, and the confirmation that sends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from anyio import to_thread

from campaign.model import times
from campaign.model.i18n import _
from campaign.web import approval, drafts
from campaign.web.orders import new_id
from campaign.web.pipes import ChildError, Refused
from campaign.web.server import run_words
from campaign.web.server.pages_check import ROWS_S
from campaign.web.server.pages_home import draft_of
from campaign.web.server.pages_runs import order_id, roles_of, who
from campaign.web.server.render import go_to, page, steps_of
from campaign.web.server.routes import get, post
from campaign.web.server.site import address_of, site_of
from campaign.web.store import NOTE_FACT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.orders import Order
    from campaign.web.pipes import Answer

TYPE_COUNT_FROM: Final = 1_000
"""Recipients from which on the user types their number."""

REASON_LENGTH: Final = 200
"""The longest reason for a send, in characters."""

_CHECK_S: Final = 10.0
_TEST_S: Final = 20.0
_TESTS_SHOWN: Final = 3
_DIGITS: Final = 8
_WHOLE_LIMITS: Final = ("max_recipients", "max_cost", "first")
_LONGEST_LIMIT: Final = 30  # characters
_LIMITS: Final = frozenset({*_WHOLE_LIMITS, "stop_above", "frequency"})
"""The keys of [sending] that the form of limits sets."""


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/campaigns/{campaign}/test", show_test, role="prepare"),
        post("/campaigns/{campaign}/test", send_test, role="prepare"),
        post("/campaigns/{campaign}/test/seen", note_seen, role="prepare"),
        get("/campaigns/{campaign}/send", show_send, role="prepare"),
        post("/campaigns/{campaign}/send", send, role="send"),
        post("/campaigns/{campaign}/send/limits", set_limits, role="prepare"),
    ]


# -- the test


async def show_test(request: Request) -> Response:
    """To whom a test goes, and what became of the last ones."""
    return await _test_page(request)


async def _test_page(request: Request, *, problem: str | None = None, number: str = "", row: str = "") -> Response:
    site, draft = site_of(request), draft_of(request)
    tests = [one for one in await site.orders.of_campaign(draft.id) if one.kind == "test"][:_TESTS_SHOWN]
    shown = [{"order": one, "to": one.given["to"], "result": await _result_of_test(request, one)} for one in tests]
    return page(
        request,
        "test.html",
        status=400 if problem else 200,
        steps=steps_of(draft, "test"),
        campaign=draft.id,
        order=new_id(),
        number=number or await _own_number(request),
        row=row,
        tests=shown,
        is_under_way=any(one.is_open for one in tests),
        seen=await _seen(request, draft.id),
        problem=problem,
    )


async def _result_of_test(request: Request, order: Order) -> dict[str, Any]:
    """What became of a test: `accepted`, or the words that say why not."""
    if order.state == "refused" and order.run is None:
        return {"is_accepted": False, "words": order.words or ""}
    if order.is_open or order.run is None:
        return {"is_accepted": False, "words": order.waits_for or _("It is being sent.")}
    try:
        run = await site_of(request).journal.ask("run", run=order.run)
    except ChildError:
        return {"is_accepted": False, "words": _("The program is still starting.")}
    found = run_words.numbers(run["counts"])
    if found["accepted"]:
        return {"is_accepted": True, "words": ""}
    if found["unknown"]:
        return {"is_accepted": False, "words": _("It was sent, but no answer came: it may have arrived.")}
    codes = "; ".join(_("Code {code}: {words}", code=one["code"], words=one["words"]) for one in run["codes"])
    state = _(run_words.RUN_STATES[run["state"]])
    return {"is_accepted": False, "words": codes or run["why"] or order.words or state}


async def _own_number(request: Request) -> str:
    """The number that this user sent a test to last."""
    user = who(request)
    return await site_of(request).store.run(lambda connection: phone_of(connection, user))


def phone_of(connection: sqlite3.Connection, user: str) -> str:
    """The own phone of a user, to which test messages go; empty where it is not known."""
    found = connection.execute("SELECT value FROM facts WHERE name = ?", (f"phone {user}",)).fetchone()
    return found[0] if found else ""


def note_phone(connection: sqlite3.Connection, user: str, number: str) -> None:
    """Note the own phone of a user."""
    connection.execute(NOTE_FACT, (f"phone {user}", number))


async def _note_fact(request: Request, name: str, value: str) -> None:
    await site_of(request).store.run(lambda connection: connection.execute(NOTE_FACT, (name, value)))


async def _seen(request: Request, campaign: str) -> bool:
    query = "SELECT 1 FROM facts WHERE name = ?"
    found = await site_of(request).store.run(
        lambda connection: connection.execute(query, (f"seen {campaign}",)).fetchone()
    )
    return found is not None


async def send_test(request: Request) -> Response:
    """Order a test, and wait a moment for what becomes of it."""
    site, draft = site_of(request), draft_of(request)
    async with request.form() as form:
        identity, number, row = order_id(form), str(form.get("number", "")).strip(), str(form.get("row", "")).strip()
    if not number:
        return await _test_page(request, problem=_("Enter the number of your phone."), row=row)
    if row and not (row.isdecimal() and len(row) < _DIGITS):
        words = _("{row}: enter the number of a row of the spreadsheet.", row=row)
        return await _test_page(request, problem=words, number=number, row=row)
    user = who(request)
    await site.store.run(lambda connection: note_phone(connection, user, number))
    ordered = await site.orders.ask(
        identity,
        "test",
        who(request),
        address=address_of(request),
        people=1,
        campaign=draft.id,
        file=str(draft.file),
        to=number,
        row=int(row) if row else None,
        practice=site.is_practice,
    )
    await site.orders.settled(ordered.id, _TEST_S)
    return go_to(request, f"/campaigns/{draft.id}/test")


async def note_seen(request: Request) -> Response:
    """The user has seen the test message on the phone."""
    draft = draft_of(request)
    await _note_fact(request, f"seen {draft.id}", datetime.now(times.SEOUL).isoformat())
    return go_to(request, f"/campaigns/{draft.id}/send")


# -- the confirmation


async def show_send(request: Request) -> Response:
    """What would be sent to whom, and the button."""
    return await send_page(request, new_id())


async def send_page(
    request: Request,
    order: str,
    *,
    problem: str | None = None,
    given: FormData | None = None,
    limits: Mapping[str, object] | None = None,
) -> Response:
    """The confirmation; with a `problem`, the form as it was `given`, or the `limits` that were refused."""
    site, draft = site_of(request), draft_of(request)
    orders = await site.orders.of_campaign(draft.id)
    under_way = next((one for one in orders if one.kind in {"send", "schedule"} and one.is_open), None)
    if under_way is not None and problem is None:
        return go_to(request, f"/orders/{under_way.id}")
    try:
        patience_s = None if request.method == "GET" else _CHECK_S  # what was typed must not get lost
        check = await site.checking.check(site.check, draft, wait_s=patience_s)
        first = None if check is None else await first_message(request, draft, check, patience_s or ROWS_S)
        if check is None or first is None:  # a long list, or a busy machine
            return page(
                request,
                "check.html",
                steps=steps_of(draft, "send"),
                campaign=draft.id,
                found=None,
                fault=None,
                alert=None,
                progress=site.checking.progress(draft),
                then="send",
            )
        earlier = await site.journal.ask("sent_before", digest=check["plan"])
    except Refused as refused:
        return page(
            request,
            "send_not_yet.html",
            status=409,
            steps=steps_of(draft, "send"),
            campaign=draft.id,
            words=str(refused),
        )
    sending = drafts.read(draft).unwrap().get("sending", {})
    house = drafts.of_house(site.home)
    needs_approval = approval.is_needed(house["approval"], check["goes"], is_advertisement=check["is_advertisement"])
    may_send = "send" in roles_of(request)
    fields = ("mode", "when", "at", "day", "clock", "typed", "again", "reason")
    given_values = {name: str(given.get(name, "")) if given is not None else "" for name in fields}
    tomorrow = datetime.now(times.SEOUL).replace(hour=10, minute=0) + timedelta(days=1)
    return page(
        request,
        "send.html",
        status=400 if problem else 200,
        steps=steps_of(draft, "send"),
        campaign=draft.id,
        order=order,
        check=check,
        house=shown_rules(house),
        message=first[0] if first else None,
        stops=[one for one in check["findings"] if one["stops"]],
        warnings=[one["words"] for one in check["findings"] if not one["stops"]] + list(check["notes"]),
        left_out=sum(check["left_out"].values()),
        types_count=check["goes"] >= _type_count_from(request),
        tests=sum(one.kind == "test" and one.state == "done" for one in orders),
        seen=await _seen(request, draft.id),
        earlier=earlier if earlier["run"] else None,
        earlier_path=run_words.run_path(earlier["run"]) if earlier["run"] else None,
        again_words=_("again"),
        weekdays=run_words.weekdays(),
        later=tomorrow.strftime("%Y-%m-%dT%H:%M"),
        given=given_values,
        skips_holidays=sending.get("skip_holidays", False) if given is None else "skip_holidays" in given,
        limits=_limits_shown(sending if limits is None else limits),
        has_limits=bool(sending.keys() & _LIMITS),
        is_limit_refused=limits is not None,
        problem=problem,
        is_real_possible=not site.is_practice,
        asks=not site.is_practice and (needs_approval or not may_send),
        needs_approval=needs_approval,
        may_send=may_send,
        asked=next(iter(one for one, void in await site.orders.to_approve(draft.id) if void is None), None),
    )


def shown_rules(house: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of the house as the confirmation shows them; what is wrong refuses the order, which says so."""
    window, most = house.get("window"), house.get("most_a_day")
    return {
        "window": window if isinstance(window, str) else None,
        "most_a_day": most if isinstance(most, int) and not isinstance(most, bool) else None,
        "ask_reason": house["ask_reason"],
    }


async def first_message(request: Request, draft: drafts.Draft, check: Answer, wait_s: float) -> list[Answer] | None:
    """The first message of the check; none where nobody gets one. None while it is asked for."""
    site = site_of(request)
    if not check["goes"]:
        return []
    try:
        found = await site.checking.about(site.check, "messages", draft, wait_s=wait_s)
    except Refused as problem:
        if problem.code != "not_checked":
            raise
        site.checking.forget(draft)  # the process was started anew
        return None
    return None if found is None else found["messages"][:1]


async def send(request: Request) -> Response:
    """Order what the confirmation says: it begins after some seconds, and can be taken back until then."""
    site, draft = site_of(request), draft_of(request)
    async with request.form() as form:
        identity = order_id(form)
        known = await site.orders.find(identity)
        if known is not None:  # a double click, or the page that Back brought back
            return go_to(request, f"/orders/{known.id}")
        is_practice = site.is_practice or form.get("mode") != "real"
        problem = missing(request, form)
        if problem is None and not is_practice:
            problem = await _unapproved(request, form)
        if problem is not None:
            return await send_page(request, identity, problem=problem, given=form)
        common = ordered_in(request, form, draft, is_practice=is_practice)
        schedule = schedule_of(form)
    skips_holidays = "skip_holidays" in form
    await to_thread.run_sync(partial(write_schedule, draft, schedule, skips_holidays=skips_holidays))
    if schedule is None:
        ordered = await site.orders.ask(identity, "send", who(request), can_be_taken_back=True, **common)
    else:
        ordered = await site.orders.ask(identity, "schedule", who(request), freeze="every" not in schedule, **common)
        await site.orders.settled(ordered.id)
    return go_to(request, f"/orders/{ordered.id}")


def ordered_in(request: Request, form: FormData, draft: drafts.Draft, *, is_practice: bool) -> dict[str, Any]:
    """What the form of the confirmation orders, as `Orders.ask` takes it."""
    count = str(form.get("count", ""))
    return {
        "address": address_of(request),
        "people": int(count) if count.isdecimal() and len(count) < _DIGITS else None,
        "campaign": draft.id,
        "file": str(draft.file),
        "digest": str(form.get("digest", "")),
        "practice": is_practice,
        "again": "earlier" in form,
        "override": "override" in form,
        "reason": reason_of(form),
    }


async def _unapproved(request: Request, form: FormData) -> str | None:
    """Why it is not sent without a second person, in words; None where the house does not want one for it."""
    site = site_of(request)
    setting = drafts.of_house(site.home)["approval"]
    if setting == approval.NONE:
        return None
    check = await site.checking.check(site.check, draft_of(request), wait_s=_CHECK_S)
    if check is None or check["plan"] != form.get("digest"):
        return _("The list, the message or the time has changed since it was shown. Look at it once more.")
    if (problem := why_not_weekly(form)) is not None:
        return problem
    if approval.is_needed(setting, check["goes"], is_advertisement=check["is_advertisement"]):
        return _("Another person has to approve this before it is sent.")
    return None


def why_not_weekly(form: FormData) -> str | None:
    """Why what needs an approval cannot be repeated; None where the form does not ask for that."""
    if form.get("when") != "weekly":
        return None
    return _("Each send needs an approval of its own here, so it cannot be repeated every week. Choose a time.")


# -- limits


async def set_limits(request: Request) -> Response:
    """Ceilings, stages and how often: keys of [sending] of the campaign file, as the engine takes them."""
    site, draft = site_of(request), draft_of(request)
    async with request.form() as form:
        given = _limits_of(form)
    async with site.changing(draft.id):
        try:
            await site.check.ask("try_settings", campaign=draft.id, settings={"sending": given})
        except Refused as refused:
            return await send_page(request, new_id(), problem=str(refused), limits=given)
        await to_thread.run_sync(lambda: drafts.change(draft, {"sending": given}))
    return go_to(request, f"/campaigns/{draft.id}/send")


def _limits_of(form: FormData) -> dict[str, object]:
    """The keys of [sending] that the form sets; None removes a key. The engine refuses what is no number."""
    written = {name: str(value).strip()[:_LONGEST_LIMIT] for name, value in form.items()}
    found: dict[str, object] = {}
    for name in _WHOLE_LIMITS:
        words = written.get(name, "").replace(",", "")
        found[name] = int(words) if words.isascii() and words.isdecimal() else words or None
    share = written.get("stop_above", "").removesuffix("%").strip()
    found["stop_above"] = f"{share}%" if share else None
    count, days = written.get("frequency", ""), written.get("days", "")
    found["frequency"] = f"{count} every {days or 7} days" if count else None
    return found


def _limits_shown(sending: Mapping[str, object]) -> dict[str, object]:
    """The fields of the form of limits."""
    count, _every, period = str(sending.get("frequency") or "").partition(" every ")
    return {
        **{name: sending.get(name) for name in _WHOLE_LIMITS},
        "stop_above": str(sending.get("stop_above") or "").removesuffix("%").strip(),
        "frequency": count,
        "days": period.removesuffix("s").removesuffix("day").strip() or (1 if period else 7),
    }


# -- the form of the confirmation


def _type_count_from(request: Request) -> int:
    given = drafts.of_house(site_of(request).home).get("type_count_from")
    return given if isinstance(given, int) else TYPE_COUNT_FROM


def missing(request: Request, form: FormData, *, is_real: bool = False) -> str | None:
    """What the form of the confirmation lacks, in words; `is_real` where it has no choice of practice."""
    is_real = is_real or form.get("mode") == "real"
    count = str(form.get("count", ""))
    if count.isdecimal() and len(count) < _DIGITS and int(count) >= _type_count_from(request):
        typed = str(form.get("typed", "")).strip().replace(",", "")
        if typed != count:
            return _("Type the number of recipients, {count:,}, to confirm.", count=int(count))
    if is_real and not reason_of(form) and drafts.of_house(site_of(request).home)["ask_reason"]:
        return _("Enter why this is sent. It is recorded.")
    if "earlier" in form and is_real and str(form.get("again", "")).strip() != _("again"):
        return _('This was sent before. Type "{word}" to send it once more.', word=_("again"))
    try:
        schedule_of(form)
    except ValueError:
        return _("Choose a time in the future.")
    return None


def reason_of(form: FormData) -> str:
    """Why it is sent, in the user's words; empty where none were given."""
    return " ".join(str(form.get("reason", "")).split())[:REASON_LENGTH]


def schedule_of(form: FormData) -> dict[str, Any] | None:
    """The section [schedule] of the campaign file that the form describes; None where it is sent now.

    Raises:
        ValueError: it has no such time, or one that has passed.
    """
    when = str(form.get("when", "now"))
    if when == "now":
        return None
    if when == "later":
        at = datetime.fromisoformat(str(form.get("at", ""))).replace(tzinfo=times.SEOUL)
        if at <= datetime.now(times.SEOUL):
            raise ValueError(at)
        return {"start_at": at}
    day, clock = str(form.get("day", "")), datetime.strptime(str(form.get("clock", "")), "%H:%M")  # noqa: DTZ007 - a time of day
    if day not in run_words.WEEKDAYS:
        raise ValueError(day)
    return {"every": f"{clock.minute} {clock.hour} * * {day}"}


def write_schedule(
    draft: drafts.Draft, schedule: dict[str, object] | None, *, skips_holidays: bool | None = None
) -> None:
    """Put times into the campaign file, which the scheduler reads again when it is due; what is None stays as it is."""
    document = drafts.read(draft)
    before = tomlkit.dumps(document)
    sending = document.get("sending", {})
    if skips_holidays and not sending.get("skip_holidays"):
        document.setdefault("sending", tomlkit.table())["skip_holidays"] = True
    elif skips_holidays is False and "holidays" not in sending:  # a file of further days, set by hand, needs it
        sending.pop("skip_holidays", None)
    if schedule is not None:
        table = tomlkit.table()
        for name, value in schedule.items():
            table.add(name, value)
        document["schedule"] = table
    if tomlkit.dumps(document) != before:
        drafts.write(draft, document)
