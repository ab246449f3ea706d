"""The first step: the list of recipients."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from anyio import to_thread
from starlette.responses import Response

from campaign.config import starter
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import file_type
from campaign.web import drafts
from campaign.web.server import uploads
from campaign.web.server.errors import Refusal
from campaign.web.server.pages_home import draft_of
from campaign.web.server.render import Steps, go_to, is_fragment, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import site_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import Route

_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/sample.xlsx", sample),
        get("/campaigns/{campaign}/list", show),
        post("/campaigns/{campaign}/list", take, role="prepare", most_bytes=uploads.LARGEST + uploads.FORM_BYTES),
        post("/campaigns/{campaign}/list/remove", remove, role="prepare"),
    ]


async def show(request: Request) -> Response:
    """The page."""
    draft = draft_of(request)
    return _page(request, draft, is_same="same" in request.query_params)


async def take(request: Request) -> Response:
    """Take spreadsheets in. `replace` in the form: they take the place of the whole list."""
    draft = draft_of(request)
    try:
        await _take(request, draft)
    except Refusal as refusal:
        if is_fragment(request):
            raise
        return _page(request, draft, status=refusal.status_code, alert=refusal.words or _("This is too large"))
    return go_to(request, f"/campaigns/{draft.id}/list{'?same' if request.scope.get('campaign.same') else ''}")


async def _take(request: Request, draft: drafts.Draft) -> None:
    form = await uploads.receive(request, draft.folder / drafts.LIST)
    try:
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
    changed = [uploads.put(draft.folder / drafts.LIST, upload) for upload in form.files]
    drafts.set_lists(draft, [*kept, *names])
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
    name = quote(f"{_('sample list')}.xlsx")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content.getvalue(), media_type=_SHEET, headers=headers)


def _page(request: Request, draft: drafts.Draft, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 (the template's)
    lists = draft.lists
    steps = Steps(draft.id, draft.name, "list", done=("list",) if lists else (), open=None if lists else ("list",))
    return page(
        request,
        "list.html",
        status=status,
        steps=steps,
        lists=_described(draft, lists),
        suffixes=file_type.SUFFIXES,
        most=uploads.LARGEST,
        most_files=uploads.MOST_FILES,
        **{"alert": None, "is_same": False, **values},
    )


def _described(draft: drafts.Draft, names: Sequence[str]) -> list[dict[str, object]]:
    return [{"name": name, "size": (draft.folder / drafts.LIST / name).stat().st_size} for name in names]
