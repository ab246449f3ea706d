"""Runs: the list, a run as it is sent, what is done with it, and its result. And the schedules."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from anyio import to_thread
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from campaign.model import Delivery, Ground
from campaign.model.i18n import N_, _
from campaign.model.sentences import sentence
from campaign.recipients.fix_file import write as write_fixes
from campaign.web import drafts
from campaign.web.orders import is_id, new_id
from campaign.web.pipes import Refused
from campaign.web.server import errors, retention, run_words
from campaign.web.server.render import fragment, go_to, page
from campaign.web.server.routes import get, post
from campaign.web.server.security import is_cross_site
from campaign.web.server.site import address_of, note, note_change, session_of, site_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.orders import Order

SHOWN: Final = 50
"""Entries of a page of a list."""

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REPORT_S: Final = 120.0
_HEADING_LENGTH: Final = 1_000
_DIGITS: Final = 10

AGAIN: Final = {"rejected": N_("rejected"), "invalid": N_("invalid")}
"""The rows that a new campaign can be made of; what may have arrived is decided about first."""


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/runs", runs),
        get("/runs/{run}", show),
        get("/runs/{run}/state", state),
        post("/runs/{run}/pause", order_of("pause"), role="send"),
        post("/runs/{run}/resume", order_of("resume"), role="send"),
        post("/runs/{run}/cancel", order_of("cancel"), role="send"),
        post("/runs/{run}/resolve", resolve, role="send"),
        post("/runs/{run}/reconcile", reconcile, role="send"),
        post("/runs/{run}/report", order_of("report"), role="result"),
        post("/runs/{run}/purge", order_of("purge"), role="admin"),
        post("/runs/{run}/again", again, role="prepare"),
        get("/runs/{run}/result.xlsx", workbook, role="result"),
        get("/runs/{run}/result.csv", csv, role="result"),
        get("/runs/{run}/by.xlsx", by_column, role="result"),
        post("/runs/{run}/opt-outs", accept_opt_outs, role="prepare"),
        get("/schedules", schedules),
        post("/schedules/{schedule}/remove", unschedule, role="send"),
        get("/orders/{order}", order),
        get("/orders/{order}/state", order_state),
        post("/orders/{order}/take-back", take_back, role="send"),
    ]


# -- runs


async def runs(request: Request) -> Response:
    """All runs, the newest first."""
    site, number = site_of(request), page_number(request)
    answer = await site.journal.ask("runs", offset=(number - 1) * SHOWN, most=SHOWN, live=site.orders.live())
    campaigns = await site.orders.campaigns()
    entries = [run_words.run_entry(run, campaigns.get(run["id"])) for run in answer["runs"]]
    last = max(1, -(-answer["total"] // SHOWN))
    return page(request, "runs.html", entries=entries, number=number, last=last, total=answer["total"])


async def show(request: Request) -> Response:
    """A run."""
    site = site_of(request)
    run = await find_run(request)
    said = await _said(request)
    is_waited_for = await _is_waited_for(request, run)
    found = run_words.numbers(run["counts"])
    unknown = None
    number = page_number(request)
    if found["unknown"] and run["state"] != "running":
        unknown = await site.journal.ask("unknown", run=run["id"], offset=(number - 1) * SHOWN, most=SHOWN)
    rows, columns = None, []
    if run["state"] != "running" and not is_waited_for and run["purged_at"] is None:
        problems = await site.journal.ask("problems", run=run["id"])
        rows, columns = problems["rows"], problems["columns"]
    return page(
        request,
        "run.html",
        run=run,
        run_path=run_words.run_path(run["id"]),
        unknown=unknown,
        number=number,
        rows=rows,
        columns=columns,
        delivery=_delivery_in_words(run["delivery"]),
        balance=await _balance(request, run),
        again=[(status, _(words), rows[status]) for status, words in AGAIN.items() if rows and rows.get(status)],
        order=new_id(),
        said=said,
        timeline=_timeline(run),
        removal=await retention.removal_of_run(site, run["id"]) if rows is not None else None,
        **_progress(request, run, is_waited_for=is_waited_for),
    )


async def _is_waited_for(request: Request, run: Mapping[str, Any]) -> bool:
    """Whether an order to send or to resume the run has not begun yet."""
    # The order to send a run that has just been paused stays open for a moment.
    kinds = {"interrupted": {"send", "resume"}, "paused": {"resume"}}.get(run["state"], set())
    orders = await site_of(request).orders.of_run(run["id"]) if kinds else []
    return any(one.is_open and one.kind in kinds for one in orders)


async def state(request: Request) -> Response:
    """The part of a run's page that changes while it is sent. The whole page is loaded when its state has changed."""
    run = await find_run(request, is_whole=False)
    if request.query_params.get("state", run["state"]) != run["state"]:
        return go_to(request, run_words.run_path(run["id"]))
    is_waited_for = await _is_waited_for(request, run)
    path = run_words.run_path(run["id"])
    if run["state"] != "running" and not is_waited_for:
        return go_to(request, path)
    progress = _progress(request, run, is_waited_for=is_waited_for)
    return fragment(request, "run_state.html", run=run, run_path=path, **progress)


def _progress(request: Request, run: Mapping[str, Any], *, is_waited_for: bool) -> dict[str, Any]:
    """The numbers of a run, with its speed and what it waits for while it is sent."""
    live = site_of(request).orders.progress.get(run["id"])
    found = run_words.numbers(run["counts"])
    done = found["total"] - found["left"]
    return {
        "numbers": found,
        "percent": 100 * done // found["total"] if found["total"] else 100,
        "is_waited_for": is_waited_for,
        "state_words": _("About to be sent") if is_waited_for else _(run_words.RUN_STATES[run["state"]]),
        "rate": round(live["rate"]) if live else 0,
        "left": run_words.duration(live["left_s"]) if live and live["left_s"] and found["left"] else "",
        "waiting": sentence(live["waiting"]) if live else None,
        "wait_s": round(live["wait_s"] or 0) if live else 0,
    }


async def find_run(request: Request, *, is_whole: bool = True) -> dict[str, Any]:
    """The run of the path.

    Args:
        request: the request.
        is_whole: ask the journal for it; otherwise its last report is enough while it is sent.

    Raises:
        Refusal: there is none (404).
    """
    site, run = site_of(request), request.path_params["run"]
    live = site.orders.progress.get(run)
    if live is not None and not is_whole:
        return {
            "id": run,
            "state": "running",
            "is_here": True,
            "why": None,
            "resume_at": None,
            "counts": live["counts"],
        }
    try:
        found: dict[str, Any] = await site.journal.ask("run", run=run)
    except Refused as problem:
        if problem.code in {"no_such_run", "no_run_yet"}:
            raise errors.Refusal(404, _("There is no such run.")) from None
        raise
    return found | {"is_here": site.orders.is_here(run)}


async def _balance(request: Request, run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The won left, if the address asks for them: the gateway is not asked each time that the page is shown."""
    if "balance" not in request.query_params or not run["delivery"] or not run["delivery"]["is_followed"]:
        return None
    found: Mapping[str, Any] = await site_of(request).engine.ask("balance", run=run["id"])
    return found


_DELIVERIES: Final = {
    Delivery.DELIVERED: N_("Delivered"),
    Delivery.FAILED: N_("Not delivered"),
    Delivery.WAITING: N_("Waiting for a result"),
    Delivery.UNCLEAR: N_("Unclear result"),
    Delivery.NO_RESULT: N_("No result"),
}


def _delivery_in_words(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The delivery results of a run, as the page shows them; None where there are none."""
    if found is None:
        return None
    counts = [(_(_DELIVERIES[Delivery(result)]), count) for result, count in found["counts"].items()]
    return {**found, "counts": counts}


def _timeline(run: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Who ordered what: time, words, who, and why where that was asked."""
    return [
        (one["at"], _(_KINDS.get(one["kind"], one["kind"])), _who(one), one["reason"] or "") for one in run["orders"]
    ]


_KINDS: Final = {
    "send": N_("Sent"),
    "test": N_("Test message"),
    "schedule": N_("Scheduled"),
    "unschedule": N_("Schedule removed"),
    "pause": N_("Paused"),
    "resume": N_("Continued"),
    "cancel": N_("The rest cancelled"),
    "resolve": N_("Unknown requests decided"),
    "purge": N_("Personal data removed"),
    "opt_out_accept": N_("Opt-outs added"),
    "reconcile": N_("Found requests accepted"),
}


def _who(order: Mapping[str, Any]) -> str:
    who = order["by"] or _("on this machine")
    return _("{user}, approved by {approver}", user=who, approver=order["approved_by"]) if order["approved_by"] else who


# -- orders about runs


def order_of(kind: str) -> Callable[[Request], Awaitable[Response]]:
    """A form that orders something of a run."""

    async def give(request: Request) -> Response:
        async with request.form() as form:
            identity = order_id(form)
        return await _order_run(request, identity, kind)

    return give


async def resolve(request: Request) -> Response:
    """What the user knows of unknown requests, each by itself."""
    async with request.form() as form:
        identity = order_id(form)
        decided = {name.removeprefix("request-"): value for name, value in form.items() if name.startswith("request-")}
    sent, not_sent = (
        [int(no) for no, value in decided.items() if value == wanted and no.isdecimal() and len(no) < _DIGITS]
        for wanted in ("sent", "not_sent")
    )
    if not sent and not not_sent:
        return go_to(request, run_words.run_path(request.path_params["run"]))
    return await _order_run(request, identity, "resolve", sent=sent, not_sent=not_sent)


async def reconcile(request: Request) -> Response:
    """Look unknown requests up in the gateway's history; those that `accept` names become accepted if it has them."""
    async with request.form() as form:
        identity, named = order_id(form), str(form.get("accept", ""))
    accept = [int(no) for no in named.split(",") if no.isdecimal() and len(no) < _DIGITS]
    return await _order_run(request, identity, "reconcile", accept=accept)


async def accept_opt_outs(request: Request) -> Response:
    """Add the numbers that the delivery results of the run propose on one ground to the house's own opt-outs."""
    async with request.form() as form:
        identity, ground, count = order_id(form), str(form.get("ground", "")), str(form.get("count", ""))
    if ground not in {*Ground} or not count.isdecimal() or len(count) >= _DIGITS:
        raise errors.Refusal(400, _("The form is not complete. Open the page again and repeat it there."))
    answer = await _order_run(request, identity, "opt_out_accept", ground=ground, count=int(count))
    site_of(request).checking.forget()  # whom a campaign goes to depends on the list
    return answer


async def _order_run(request: Request, identity: str, kind: str, **given: Any) -> Response:  # noqa: ANN401 - as the engine has it
    site, run = site_of(request), request.path_params["run"]
    given_order = await site.orders.ask(identity, kind, who(request), address=address_of(request), run=run, **given)
    # A long one (to continue, to write a workbook) is only waited for a moment: the page shows how it goes on.
    await site.orders.settled(given_order.id, 0.5 if kind == "resume" else 5.0)
    return go_to(request, f"{run_words.run_path(run)}?order={given_order.id}")


def order_id(form: Mapping[str, Any]) -> str:
    """The id of a form's order.

    Raises:
        Refusal: the form has none.
    """
    identity = str(form.get("order", ""))
    if not is_id(identity):
        raise errors.Refusal(400, _("The form is not complete. Open the page again and repeat it there."))
    return identity


def who(request: Request) -> str:
    """The user that a request comes from."""
    session = session_of(request)
    return session.user if session is not None else ""


def roles_of(request: Request) -> frozenset[str]:
    """What the user that a request comes from may do."""
    session = session_of(request)
    return session.roles if session is not None else frozenset()


async def _said(request: Request) -> Order | None:
    """The order that the address names, where there is something to say about it."""
    identity = request.query_params.get("order", "")
    found = await site_of(request).orders.find(identity) if is_id(identity) else None
    return found if found is not None and (found.state == "refused" or found.is_open or found.words) else None


# -- one order


async def order(request: Request) -> Response:
    """A send that was ordered: it can be taken back at first, then its run is shown."""
    found = await find_order(request)
    if found.state == "to_approve":
        return go_to(request, f"/approvals/{found.id}")
    if (path := _where_it_leads(found)) is not None:
        return go_to(request, path)
    return page(request, "order.html", **_about(request, found))


async def order_state(request: Request) -> Response:
    """The part of the page that counts down."""
    found = await find_order(request)
    if (path := _where_it_leads(found)) is not None or not found.is_open:
        return go_to(request, path or f"/orders/{found.id}")
    if request.query_params.get("state") != found.state:
        return go_to(request, f"/orders/{found.id}")
    return fragment(request, "order_state.html", **_about(request, found))


async def take_back(request: Request) -> Response:
    """Take back what was not begun."""
    found = await find_order(request)
    await site_of(request).orders.take_back(found.id)
    return go_to(request, f"/orders/{found.id}")


async def find_order(request: Request) -> Order:
    """The order of the path.

    Raises:
        Refusal: there is none (404).
    """
    identity = request.path_params["order"]
    found = await site_of(request).orders.find(identity) if is_id(identity) else None
    if found is None:
        raise errors.Refusal(404, _("There is no such order."))
    return found


def _where_it_leads(found: Order) -> str | None:
    if found.kind == "schedule" and found.state == "done":
        return "/schedules"
    if found.run is None:
        return None
    suffix = f"?order={found.id}" if found.state == "refused" else ""
    return run_words.run_path(found.run) + suffix


def _about(request: Request, found: Order) -> dict[str, Any]:
    orders = site_of(request).orders
    left = max(0, round(found.starts_at - orders.clock() + 0.5))
    return {"order": found, "left": left, "undo_s": round(orders.undo_s)}


# -- results


async def workbook(request: Request) -> Response:
    """The result workbook."""
    _refuse_cross_site(request)
    run = await find_run(request)
    path = None if run["is_queued"] else run["report"]  # workers write no workbook when they have sent the rest
    await _note_download(request, run)
    site, identity = site_of(request), new_id()
    if path is None:
        await site.orders.ask(identity, "report", who(request), address=address_of(request), run=run["id"])
        await site.orders.settled(identity, _REPORT_S)
        path = (await find_run(request))["report"]
    if path is None:
        found = await site.orders.find(identity)
        words = None if found is None else found.words
        raise errors.Refusal(409, words or _("The result workbook could not be written. Try again in a moment."))
    return FileResponse(path, media_type=_XLSX, filename=Path(path).name, content_disposition_type="attachment")


async def csv(request: Request) -> Response:
    """The result as a CSV file."""
    _refuse_cross_site(request)
    run = await find_run(request)
    await _note_download(request, run)
    found = await site_of(request).journal.ask("csv", timeout_s=_REPORT_S, run=run["id"])
    path = Path(found["path"])
    return FileResponse(
        path,
        media_type="text/csv; charset=utf-8",
        filename=path.name,
        content_disposition_type="attachment",
        background=BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True),
    )


async def by_column(request: Request) -> Response:
    """The result workbook with a sheet that counts the rows by a column."""
    _refuse_cross_site(request)
    run, column = await find_run(request), request.query_params.get("column", "")[:_HEADING_LENGTH]
    await _note_download(request, run)
    found = await site_of(request).journal.ask("by", timeout_s=_REPORT_S, run=run["id"], column=column)
    path = Path(found["path"])
    return FileResponse(
        path,
        media_type=_XLSX,
        filename=path.name,
        content_disposition_type="attachment",
        background=BackgroundTask(shutil.rmtree, path.parent, ignore_errors=True),
    )


async def _note_download(request: Request, run: Mapping[str, Any]) -> None:
    await note(request, "download", about=run["id"], people=run["total"])


def _refuse_cross_site(request: Request) -> None:
    if is_cross_site(request):
        raise errors.Refusal(
            403, _("The request did not come from this page. Open the page again and repeat it there.")
        )


async def again(request: Request) -> Response:
    """A new campaign of the rows with some of the results, with the message of the run's campaign."""
    site = site_of(request)
    async with request.form() as form:
        statuses = [status for status in AGAIN if form.get(status)]
    run = await find_run(request)
    if not statuses or run["purged_at"] is not None:
        return go_to(request, run_words.run_path(run["id"]))
    campaign = (await site.orders.campaigns()).get(run["id"])
    found = await site.journal.ask("rest", timeout_s=_REPORT_S, run=run["id"], statuses=statuses)
    made = await to_thread.run_sync(_make_again, site.home, campaign, run, Path(found["path"]))
    await note_change(request, made.id)
    return go_to(request, f"/campaigns/{made.id}/list")


def _make_again(home: Path, campaign: str | None, run: Mapping[str, Any], rows: Path) -> drafts.Draft:
    """A draft whose list is a workbook of some rows of the run; whoever got the message in the run is left out."""
    try:
        made = drafts.copy(home, drafts.find(home, campaign or ""))
    except drafts.NoSuchDraft:
        made = drafts.create(home, run["name"])
    for name in made.lists:
        (made.folder / drafts.LIST / name).unlink()
    write_fixes(made.folder / drafts.FIXES, [])
    shutil.move(rows, made.folder / drafts.LIST / rows.name)
    shutil.rmtree(rows.parent, ignore_errors=True)
    document = drafts.read(made)
    document["name"] = drafts.clean_name(_("{name} (the rest)", name=run["name"]))
    document.pop("schedule", None)
    recipients = document.setdefault("recipients", tomlkit.table())
    for key in ("sheet", "hidden_rows"):
        recipients.pop(key, None)
    recipients["fixes"] = drafts.FIXES
    recipients["files"] = [f"{drafts.LIST}/{rows.name}"]
    recipients["except_run"] = run["id"]
    drafts.write(made, document)
    return made


# -- schedules


async def schedules(request: Request) -> Response:
    """What starts later, and what became of earlier times."""
    answer = await site_of(request).journal.ask("schedules")
    shown = [
        {
            **one,
            "campaign": run_words.campaign_of(one["file"]),
            "state_words": _(run_words.SCHEDULE_STATES[one["state"]]),
            "every_words": run_words.every_in_words(one["every"]) if one["every"] else "",
            "past": [
                {
                    **past,
                    "state_words": _(run_words.OCCURRENCE_STATES[past["state"]]),
                    "path": run_words.run_path(past["run"]) if past["run"] else None,
                }
                for past in one["past"]
            ],
        }
        for one in answer["schedules"]
    ]
    return page(request, "schedules.html", schedules=shown, order=new_id(), said=await _said(request))


async def unschedule(request: Request) -> Response:
    """Remove a schedule: nothing will start."""
    site = site_of(request)
    async with request.form() as form:
        identity = order_id(form)
    found = await site.orders.ask(
        identity,
        "unschedule",
        who(request),
        address=address_of(request),
        schedule=request.path_params["schedule"],
    )
    await site.orders.settled(found.id)
    return go_to(request, f"/schedules?order={found.id}")


def page_number(request: Request) -> int:
    """The page of a list that the address names, from 1."""
    words = request.query_params.get("page", "1")
    return max(1, int(words)) if words.isdecimal() and len(words) < 7 else 1  # noqa: PLR2004 - beyond any list
