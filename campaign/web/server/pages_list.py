"""The first step: the list of recipients."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from campaign.config import starter
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import file_type
from campaign.web import drafts
from campaign.web.pipes import ChildError, Refused
from campaign.web.server import retention, uploads
from campaign.web.server.checking import LONGEST_S
from campaign.web.server.errors import Refusal
from campaign.web.server.pages_home import draft_of
from campaign.web.server.render import download, fragment, go_to, is_fragment, page, steps_of
from campaign.web.server.routes import get, post
from campaign.web.server.site import note, site_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

_HEADING_LENGTH: Final = 1_000
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/sample.xlsx", sample),
        get("/campaigns/{campaign}/list", show),
        post("/campaigns/{campaign}/list", take, role="prepare", most_bytes=uploads.LARGEST + uploads.FORM_BYTES),
        post("/campaigns/{campaign}/list/remove", remove, role="prepare"),
        get("/campaigns/{campaign}/list/state", state),
        post("/campaigns/{campaign}/list/columns", set_columns, role="prepare"),
    ]


async def show(request: Request) -> Response:
    """The page."""
    draft = draft_of(request)
    return await _page(request, draft, is_same="same" in request.query_params)


async def take(request: Request) -> Response:
    """Take spreadsheets in. `replace` in the form: they take the place of the whole list."""
    draft = draft_of(request)
    try:
        await _take(request, draft)
    except Refusal as refusal:
        if is_fragment(request):
            raise
        return await _page(request, draft, status=refusal.status_code, alert=refusal.words or _("This is too large"))
    return go_to(request, f"/campaigns/{draft.id}/list{'?same' if request.scope.get('campaign.same') else ''}")


async def _take(request: Request, draft: drafts.Draft) -> None:
    form = await uploads.receive(request, draft.folder / drafts.LIST)
    try:
        await note(request, "upload", about=", ".join(upload.name for upload in form.files))
        async with site_of(request).changing(draft.id):
            request.scope["campaign.same"] = not await to_thread.run_sync(_put, draft, form)
    finally:
        form.drop()


def _put(draft: drafts.Draft, form: uploads.Form) -> bool:
    """Put what was uploaded into the list; whether anything has changed."""
    names = [upload.name for upload in form.files]
    if not names:
        raise Refusal(400, _("Choose a file first."))
    if len(set(names)) < len(names):
        raise Refusal(400, _("Two of the files have the same name. Rename one of them."))
    kept = [] if "replace" in form.fields else [name for name in draft.lists if name not in names]
    if len(kept) + len(names) > uploads.MOST_FILES:
        raise Refusal(400, _("At most {count} files make one list.", count=uploads.MOST_FILES))
    changed: list[bool] = []

    def put() -> None:
        changed.extend(uploads.put(draft.folder / drafts.LIST, upload) for upload in form.files)

    drafts.set_lists(draft, [*kept, *names], put=put)
    return any(changed)


async def remove(request: Request) -> Response:
    """Take one file out of the list."""
    draft = draft_of(request)
    async with request.form() as form:
        name = str(form.get("file", ""))
    async with site_of(request).changing(draft.id):
        if name not in draft.lists:
            raise Refusal(404)
        await to_thread.run_sync(drafts.set_lists, draft, [one for one in draft.lists if one != name])
    return go_to(request, f"/campaigns/{draft.id}/list")


async def sample(_request: Request) -> Response:
    """The starter's workbook, to begin with."""
    content = BytesIO()
    await to_thread.run_sync(partial(starter.write_recipients, content))
    return download(content.getvalue(), _("sample list") + ".xlsx", _SHEET)


async def _page(request: Request, draft: drafts.Draft, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 (the template's)
    lists = draft.lists
    shown: dict[str, Any] = {"alert": None, "is_same": False}
    return page(
        request,
        "list.html",
        status=status,
        steps=steps_of(draft, "list"),
        campaign=draft.id,
        lists=_described(draft, lists),
        removal=await retention.removal_of_list(site_of(request), draft) if lists else None,
        suffixes=file_type.SUFFIXES,
        most=uploads.LARGEST,
        most_files=uploads.MOST_FILES,
        **shown | (await _columns(request, draft) if lists else {}) | values,
    )


async def state(request: Request) -> Response:
    """The columns for the script, or how far the list has been read."""
    draft = draft_of(request)
    return fragment(request, "columns.html", campaign=draft.id, **await _columns(request, draft))


async def _columns(request: Request, draft: drafts.Draft) -> dict[str, Any]:
    """What `columns.html` shows: the columns, or the first rows to choose from, or what is wrong with the list."""
    site = site_of(request)
    section = drafts.values(draft).get("recipients", {})
    shown: dict[str, Any] = {
        "columns": None,
        "glance": None,
        "fault": None,
        "phones": [],
        "condition": section.get("where", ""),
        "condition_fault": None,
        "settings": {
            "consent": section.get("consent", ""),
            "night_consent": section.get("night_consent", ""),
            "hidden_rows": section.get("hidden_rows", "skip"),
            "duplicates": section.get("duplicates", "skip"),
            "is_changed": bool({"where", "consent", "night_consent", "hidden_rows", "duplicates"} & section.keys()),
        },
        "progress": site.checking.progress(draft),
    }
    try:
        if "choose" in request.query_params:
            shown["glance"] = await site.check.ask("glance", timeout_s=LONGEST_S, campaign=draft.id)
            return shown
        found = await site.checking.columns(site.check, draft)
    except Refused as problem:
        if problem.code == "which_column":
            return shown | await _glance(request, draft, str(problem))
        return shown | {"fault": str(problem)}
    except ChildError as problem:
        return shown | {"fault": str(problem)}
    if found is not None:
        named = section.get("phone")
        phones = named if isinstance(named, list) and len(named) > 1 else [found["phone"]]
        shown |= {"columns": found, "phones": [" ".join(one.split()) for one in phones]}
    return shown


async def _glance(request: Request, draft: drafts.Draft, words: str) -> dict[str, Any]:
    try:
        return {"glance": await site_of(request).check.ask("glance", timeout_s=LONGEST_S, campaign=draft.id)}
    except ChildError:
        return {"fault": words}


async def set_columns(request: Request) -> Response:
    """Which columns and sheet, the condition, consents, hidden rows and duplicates."""
    draft = draft_of(request)
    async with request.form() as form:
        given = {name: str(value)[:_HEADING_LENGTH] for name, value in form.items()}
        phones = list(
            dict.fromkeys(filter(None, (str(one)[:_HEADING_LENGTH].strip() for one in form.getlist("phone"))))
        )
    settings: dict[str, object] = {
        name: given[name].strip() or None for name in ("sheet", "consent", "night_consent") if name in given
    }
    if "sheet" in given or "phone" in given:
        settings["phone"] = phones if len(phones) > 1 else phones[0] if phones else None
    condition, fault = given.get("where", "").strip(), None
    if "where" in given and (fault := await _fault_of(request, draft, condition)) is None:
        settings["where"] = condition or None
    if "consent" in given:  # the form that has the boxes as well
        settings["hidden_rows"] = None if "skip_hidden" in given else "send"
        settings["duplicates"] = None if "skip_duplicates" in given else "keep"
    async with site_of(request).changing(draft.id):
        await to_thread.run_sync(lambda: drafts.change(draft, {"recipients": settings}))
    if fault is not None:
        return await _page(request, draft, status=400, condition=condition, condition_fault=fault)
    return go_to(request, f"/campaigns/{draft.id}/list")


async def _fault_of(request: Request, draft: drafts.Draft, condition: str) -> str | None:
    """What is wrong with a new condition, in words; None also where the list has not been read: the check says it."""
    section = drafts.read(draft).unwrap().get("recipients", {})
    if condition in {"", section.get("where")}:
        return None
    try:
        await site_of(request).check.ask("condition", campaign=draft.id, words=condition)
    except Refused as problem:
        return None if problem.code == "not_checked" else str(problem)
    return None


def _described(draft: drafts.Draft, names: Sequence[str]) -> list[dict[str, object]]:
    return [{"name": name, "size": (draft.folder / drafts.LIST / name).stat().st_size} for name in names]
