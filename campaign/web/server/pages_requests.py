"""The requests of a run, and the story of a single one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.model import State
from campaign.model.i18n import N_, _
from campaign.web import users
from campaign.web.pipes import Refused
from campaign.web.server import errors, run_words
from campaign.web.server.pages_runs import SHOWN, find_run, page_number, roles_of
from campaign.web.server.render import page
from campaign.web.server.routes import get
from campaign.web.server.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

_DIGITS: Final = 9

REQUEST_STATES: Final = {
    State.PLANNED: N_("Left"),
    State.IN_FLIGHT: N_("Sent, the answer is awaited"),
    State.ACCEPTED: N_("Accepted"),
    State.REJECTED: N_("Rejected"),
    State.UNKNOWN: N_("Result unknown"),
    State.CANCELLED: N_("Cancelled"),
    "no_trace": N_("Looked for in the gateway's history, and not found"),
}


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/runs/{run}/requests", show_requests),
        get("/runs/{run}/requests/{number}", show_request),
    ]


async def show_requests(request: Request) -> Response:
    """The requests, all or those in a state, by their number."""
    site, number = site_of(request), page_number(request)
    run = await find_run(request)
    state = request.query_params.get("state")
    state = state if state in {str(one) for one in State} else None
    answer = await site.journal.ask("requests", run=run["id"], state=state, offset=(number - 1) * SHOWN, most=SHOWN)
    return page(
        request,
        "requests.html",
        name=run["name"],
        run_path=run_words.run_path(run["id"]),
        requests=answer["requests"],
        states=answer["states"],
        state=state,
        number=number,
        last=max(1, -(-answer["total"] // SHOWN)),
        words_of=_words_of,
    )


async def show_request(request: Request) -> Response:
    """What became of one request, and whom it concerns; numbers are masked for who may not download results."""
    number, is_whole = request.path_params["number"], users.RESULT in roles_of(request)
    if not (number.isascii() and number.isdecimal() and len(number) <= _DIGITS):
        raise errors.Refusal(404, _("There is no such request."))
    try:
        found = await site_of(request).journal.ask(
            "request", run=request.path_params["run"], no=int(number), is_whole=is_whole
        )
    except Refused as problem:
        if problem.code in {"no_such_run", "no_run_yet", "no_such_request"}:
            raise errors.Refusal(404, str(problem)) from None
        raise
    path = run_words.run_path(found["run"])
    return page(request, "request.html", one=found, run_path=path, is_whole=is_whole, words_of=_words_of)


def _words_of(state: str) -> str:
    return _(REQUEST_STATES[state]) if state in REQUEST_STATES else state
