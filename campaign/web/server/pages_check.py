"""The third step: the check, by cause and by row, with each cell to fix as an input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from anyio import to_thread
from starlette.responses import FileResponse, Response

from campaign.model import i18n
from campaign.model.i18n import _
from campaign.web import drafts
from campaign.web.pipes import ChildError, Refused
from campaign.web.server.checking import LONGEST_S
from campaign.web.server.errors import Refusal
from campaign.web.server.pages_home import draft_of
from campaign.web.server.render import fragment, go_to, is_fragment, page, steps_of
from campaign.web.server.routes import get, post
from campaign.web.server.security import is_cross_site
from campaign.web.server.site import session_of, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from campaign.web.drafts import Draft
    from campaign.web.pipes import Answer

_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DECISIONS: Final[dict[str, dict[str, dict[str, object]]]] = {
    "safe": {"message": {"substitute": True}},
    "hidden": {"recipients": {"hidden_rows": "send"}},
}
_LONGEST_CELL: Final = 4_000
ROWS_S: Final = 0.15
"""Time that a page waits for rows of a check that is there, before it shows that the check is being looked at."""

_QUIET_S: Final = 1.5
"""Time without a fix after which the whole list is checked again."""


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/campaigns/{campaign}/check", show),
        post("/campaigns/{campaign}/check", again, role="prepare"),
        get("/campaigns/{campaign}/check/state", state),
        get("/campaigns/{campaign}/check/messages", messages),
        post("/campaigns/{campaign}/check/fix", fix, role="prepare"),
        post("/campaigns/{campaign}/check/unfix", unfix, role="prepare"),
        post("/campaigns/{campaign}/check/decide", decide, role="prepare"),
        get("/campaigns/{campaign}/check/workbook", workbook, role="prepare"),
    ]


async def show(request: Request) -> Response:
    """The page: complete, or how far the check is."""
    draft = draft_of(request)
    if not draft.lists:
        return go_to(request, f"/campaigns/{draft.id}/list")
    if not drafts.message(draft).strip():
        return go_to(request, f"/campaigns/{draft.id}/message")
    return await _page(request, draft)


async def _page(request: Request, draft: Draft, *, status: int = 200, alert: str | None = None) -> Response:
    site = site_of(request)
    values: dict[str, Any] = {"found": None, "table": None, "fault": None, "is_choice": False}
    try:
        found = await site.checking.check(site.check, draft)
        if found is not None:
            found, table = await _rows(request, draft, found)
            values |= {"found": found, "table": table}
    except Refused as problem:
        values |= {"fault": str(problem), "is_choice": problem.code == "which_column"}
    return page(
        request,
        "check.html",
        status=status,
        steps=steps_of(draft, "check"),
        campaign=draft.id,
        progress=site.checking.progress(draft),
        then="check",
        alert=alert,
        **values,
    )


async def _rows(request: Request, draft: Draft, found: Answer) -> tuple[Answer | None, Answer | None]:
    """The check, None where it cannot be shown yet, and the rows of the cause that the address names.

    Without a cause in the address, those of the first one with something to fix.
    """
    site = site_of(request)
    if (query := _query(request, found)) is None:
        return found, None
    try:
        table = await site.checking.about(site.check, "rows", draft, wait_s=ROWS_S, **query)
    except Refused as problem:
        if problem.code != "not_checked":
            raise
        # The process was started anew, or has forgotten the check: both the numbers and the rows are of the next one.
        site.checking.forget(draft)
        again = await site.checking.check(site.check, draft)
        if again is None or (query := _query(request, again)) is None:
            return again, None
        found, table = again, await site.checking.about(site.check, "rows", draft, wait_s=ROWS_S, **query)
    return None if table is None else found, table


def _query(request: Request, found: Answer) -> dict[str, Any] | None:
    """Which rows of a check the page shows; None where no cause has any to fix."""
    known = [cause["id"] for cause in found["causes"]]
    first = next((cause["id"] for cause in found["causes"] if cause["status"] == "invalid"), None)
    asked = request.query_params.get("cause", "")
    cause = asked if asked in known else first
    number = _whole(request.query_params.get("page", "")) or 1
    return None if cause is None else {"cause": cause, "page": number}


def _whole(words: str) -> int | None:
    """A number of digits, as a page's address or form has it; None for anything else."""
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else None  # noqa: PLR2004


async def again(request: Request) -> Response:
    """Check again, as time has passed."""
    draft = draft_of(request)
    site_of(request).checking.forget(draft)
    return go_to(request, f"/campaigns/{draft.id}/check")


async def state(request: Request) -> Response:
    """The summary for the script: as it is shown, new after a fix, or how far the check is."""
    draft = draft_of(request)
    site = site_of(request)
    shown = request.query_params.get("shown", "")
    then = "send" if request.query_params.get("then") == "send" else "check"
    if shown and not await to_thread.run_sync(_is_quiet, draft):
        return Response(status_code=204)
    try:
        found = await site.checking.check(site.check, draft)
    except ChildError:
        return go_to(request, f"/campaigns/{draft.id}/check")
    if found is None:
        return fragment(
            request,
            "check_progress.html",
            campaign=draft.id,
            progress=site.checking.progress(draft),
            shown=shown,
            then=then,
        )
    if not shown:
        return go_to(request, f"/campaigns/{draft.id}/{then}")
    return fragment(request, "check_summary.html", campaign=draft.id, found=found, is_new=found["inputs"] != shown)


def _is_quiet(draft: Draft) -> bool:
    """Whether nothing was fixed for a moment."""
    import time

    try:
        return time.time() - (draft.folder / drafts.FIXES).stat().st_mtime > _QUIET_S
    except OSError:
        return True


async def messages(request: Request) -> Response:
    """Messages as their recipients will read them."""
    draft = draft_of(request)
    site = site_of(request)
    row, step = (request.query_params.get(name, "") for name in ("row", "step"))
    fields: dict[str, Any] = {"row": _whole(row), "step": {"next": 1, "previous": -1}.get(step, 0)}
    fault, found = None, []
    try:
        if await site.checking.check(site.check, draft, wait_s=LONGEST_S) is not None:
            answer = await site.checking.again_if_forgotten(site.check, "messages", draft, **fields)
            found = answer["messages"]
    except Refused as problem:
        fault = str(problem)
    return page(
        request,
        "check_messages.html",
        steps=steps_of(draft, "check"),
        campaign=draft.id,
        messages=found,
        fault=fault,
        row=found[0]["row"] if fields["row"] is not None and found else None,
    )


async def fix(request: Request) -> Response:
    """Correct a cell; answers what the row comes to."""
    draft, site = draft_of(request), site_of(request)
    query = {name: request.query_params.get(name, "")[:100] for name in ("cause", "page")}
    numbers = {name: _whole(request.query_params.get(name, "")) for name in ("place", "row")}
    async with request.form() as form:
        given = {name: str(form.get(name, ""))[:_LONGEST_CELL] for name in ("was", "value")}
    if None in numbers.values():
        raise Refusal(400)
    session = session_of(request)
    by = session.user if session else ""
    cell: dict[str, Any] = {**given, **numbers, **query, "goes": False, "reason": "", "fault": None, "is_new": True}
    try:
        fields: dict[str, Any] = {**given, **numbers, "cause": query["cause"], "by": by}
        answer = await site.checking.again_if_forgotten(site.check, "fix", draft, **fields)
    except Refused as problem:
        if not is_fragment(request):
            return await _page(request, draft, status=409, alert=str(problem))
        return fragment(
            request, "check_cell.html", campaign=draft.id, cell={**cell, "heading": "", "fault": str(problem)}
        )
    if is_fragment(request):
        cell |= answer | {"was": answer["value"]}
        return fragment(request, "check_cell.html", campaign=draft.id, cell=cell)
    return go_to(
        request, f"/campaigns/{draft.id}/check?cause={quote(query['cause'])}&page={_whole(query['page']) or 1}"
    )


async def unfix(request: Request) -> Response:
    """Take a fix back."""
    draft = draft_of(request)
    async with request.form() as form:
        given: dict[str, Any] = {
            name: str(form.get(name, ""))[:_LONGEST_CELL] for name in ("file", "sheet", "heading", "row")
        }
    given["row"] = _whole(given["row"])
    if given["row"] is None:
        raise Refusal(400)
    await site_of(request).check.ask("unfix", campaign=draft.id, **given)
    return go_to(request, f"/campaigns/{draft.id}/check")


async def decide(request: Request) -> Response:
    """A decision for all rows of a cause: words for empty cells, safe characters, or hidden rows as well."""
    draft, site = draft_of(request), site_of(request)
    async with request.form() as form:
        decision, heading, words = (str(form.get(name, ""))[:_LONGEST_CELL] for name in ("decide", "heading", "words"))
    async with site.changing(draft.id):
        if decision == "default":
            given = {"heading": heading, "words": words}
            answer = await site.checking.again_if_forgotten(site.check, "with_default", draft, **given)
            await to_thread.run_sync(lambda: drafts.change(draft, text=answer["text"]))
        elif decision in _DECISIONS:
            await to_thread.run_sync(lambda: drafts.change(draft, _DECISIONS[decision]))
        else:
            raise Refusal(400)
    return go_to(request, f"/campaigns/{draft.id}/check")


async def workbook(request: Request) -> Response:
    """The check workbook, to download."""
    if is_cross_site(request):
        raise Refusal(403)
    draft = draft_of(request)
    answer = await site_of(request).check.ask(
        "workbook", timeout_s=LONGEST_S, campaign=draft.id, language=i18n.language()
    )
    name = quote(_("{name} check.xlsx", name=draft.name))
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return FileResponse(Path(answer["path"]), media_type=_SHEET, headers=headers)
