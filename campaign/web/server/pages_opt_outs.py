"""The house's own opt-outs: how many there are, whether a number is one, and adding, importing and removing them."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from campaign.model.i18n import _
from campaign.recipients.numbers.sender import mask
from campaign.recipients.spreadsheets import file_type
from campaign.web.orders import is_id, new_id
from campaign.web.pipes import Refused
from campaign.web.server import uploads
from campaign.web.server.checking import LONGEST_S
from campaign.web.server.errors import Refusal
from campaign.web.server.pages_runs import order_id, who
from campaign.web.server.render import go_to, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import address_of, session_of, site_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

PATH: Final = "/opt-outs"
FOLDER: Final = ("opt-outs", "new")
"""Below the home: lists that are being imported."""

_LONGEST_NUMBER: Final = 40
_SETTLED_S: Final = 10.0


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get(PATH, show),
        post(f"{PATH}/find", find, role="prepare"),
        post(f"{PATH}/add", add, role="prepare"),
        post(f"{PATH}/import", import_file, role="prepare", most_bytes=uploads.LARGEST + uploads.FORM_BYTES),
        post(f"{PATH}/remove", remove, role="send"),
    ]


async def show(request: Request) -> Response:
    """How many there are, and what became of the order that the address names."""
    identity = request.query_params.get("order", "")
    order = await site_of(request).orders.find(identity) if is_id(identity) else None
    return await _page(request, said=order if order is not None and order.kind.startswith("opt_out") else None)


async def _page(request: Request, *, problem: str | None = None, number: str = "", **values: Any) -> Response:  # noqa: ANN401 - the template's
    answer = await site_of(request).journal.ask("opt_outs")
    session = session_of(request)
    return page(
        request,
        "opt_outs.html",
        status=400 if problem else 200,
        count=answer["count"],
        order=new_id(),
        problem=problem,
        number=number,
        may_change=session is not None and session.may("prepare"),
        may_remove=session is not None and session.may("send"),
        suffixes=file_type.SUFFIXES,
        **{"said": None, "found": None, "is_looked_up": False, **values},
    )


async def find(request: Request) -> Response:
    """Whether a number is on the list. It is asked for in a form, so that it stands in no address."""
    async with request.form() as form:
        number = _number_of(form.get("number"))
    try:
        answer = await site_of(request).journal.ask("opt_outs", number=number)
    except Refused as refused:
        return await _page(request, problem=str(refused), number=number)
    return await _page(request, number=number, found=answer["found"], is_looked_up=True)


async def add(request: Request) -> Response:
    """Add a number."""
    async with request.form() as form:
        identity, number = order_id(form), _number_of(form.get("number"))
    return await _order(request, identity, "opt_out_add", about=mask(number), people=1, number=number)


async def remove(request: Request) -> Response:
    """Remove a number: campaigns may go to it again."""
    async with request.form() as form:
        identity, number = order_id(form), _number_of(form.get("number"))
    return await _order(request, identity, "opt_out_remove", about=mask(number), people=1, number=number)


async def import_file(request: Request) -> Response:
    """Add the numbers of a file. The check process reads it; the process that sends gets the numbers alone."""
    site = site_of(request)
    folder = site.home.joinpath(*FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        form = await uploads.receive(request, folder)
    except Refusal as refusal:
        return await _page(request, problem=refusal.words or _("This is too large"))
    try:
        return await _import(request, form, folder)
    finally:
        form.drop()


async def _import(request: Request, form: uploads.Form, folder: Path) -> Response:
    if len(form.files) != 1:
        return await _page(request, problem=_("Choose a file first."))
    identity, [upload] = order_id(form.fields), form.files
    if await site_of(request).orders.find(identity) is not None:  # the form was sent twice
        return go_to(request, f"{PATH}?order={identity}")
    # The name under which it is read ends as the user's does; how it begins has it removed at the next start.
    upload.path = await to_thread.run_sync(_renamed, upload)
    numbers = folder / f"{identity}.txt"
    try:
        answer = await site_of(request).check.ask(
            "opt_out_file", timeout_s=LONGEST_S, path=str(upload.path), name=upload.name, into=str(numbers)
        )
    except Refused as refused:
        return await _page(request, problem=str(refused))
    return await _order(
        request,
        identity,
        "opt_out_import",
        about=upload.name,
        people=answer["count"],
        numbers=str(numbers),
        origin=upload.name,
        notes=answer["notes"],
    )


def _renamed(upload: uploads.Upload) -> Path:
    return upload.path.replace(upload.path.with_name(upload.path.name + PurePath(upload.name).suffix.lower()))


async def _order(request: Request, identity: str, kind: str, **given: Any) -> Response:  # noqa: ANN401 - as the engine has it
    site = site_of(request)
    order = await site.orders.ask(identity, kind, who(request), address=address_of(request), **given)
    await site.orders.settled(order.id, _SETTLED_S)
    site.checking.forget()  # whom a campaign goes to depends on the list
    return go_to(request, f"{PATH}?order={order.id}")


def _number_of(given: object) -> str:
    return str(given or "").strip()[:_LONGEST_NUMBER]
