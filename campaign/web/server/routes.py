"""How a page is registered: with the role that it needs. What needs no session says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from campaign.model import i18n
from campaign.model.i18n import _
from campaign.web import drafts
from campaign.web.pipes import ChildError
from campaign.web.server import errors
from campaign.web.server.site import note_change, site_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive

    from campaign.web.server.reach import Reach
    from campaign.web.server.sessions import Session

BODY_BYTES: Final = 1 << 20
"""The largest body of a request, unless its route says otherwise."""


def get(path: str, show: Callable[[Request], Awaitable[Response]], *, role: str | None = "view") -> Route:
    """A page that is looked at.

    Args:
        path: as Starlette writes it.
        show: makes the answer, in the reader's language.
        role: what the user must be allowed to do, of `sessions.ROLES`; None where no session is needed.
    """
    return Route(path, _guarded(show, role, BODY_BYTES), methods=["GET"])


def post(
    path: str, change: Callable[[Request], Awaitable[Response]], *, role: str | None, most_bytes: int = BODY_BYTES
) -> Route:
    """A form that changes something; see `get`. The Guard has refused foreign pages.

    Args:
        path: as Starlette writes it.
        change: makes the answer, in the reader's language.
        role: what the user must be allowed to do; None where no session is needed.
        most_bytes: the largest body; a larger one is refused with 413.
    """
    return Route(path, _guarded(_noted(change), role, most_bytes), methods=["POST"])


def _noted(change: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """`change`, which notes who changed a campaign, whatever the form is: that user cannot approve it."""

    async def noted(request: Request) -> Response:
        site, campaign = site_of(request), request.path_params.get("campaign", "")
        if site.reach.is_loopback or not drafts.is_there(site.home, campaign):
            return await change(request)  # there are no two users, or nothing to change
        draft = drafts.find(site.home, campaign)
        before = drafts.inputs(draft)
        try:
            return await change(request)
        finally:
            if drafts.inputs(draft) != before:
                await note_change(request, campaign)

    return noted


def _guarded(
    endpoint: Callable[[Request], Awaitable[Response]], role: str | None, most_bytes: int
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        session = await find_session(request)
        with i18n.in_language(language_of(request, session)):
            reach = site_of(request).reach
            if role is not None and session is None and _can_sign_in(request, reach):
                return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
            try:
                if role is not None:
                    _require(session, role, is_loopback=reach.is_loopback)
                _require_size(request, most_bytes)
                return await endpoint(Request(request.scope, _limited(request.receive, most_bytes)))
            except errors.Refusal as refusal:
                return errors.answer(request, refusal.status_code, refusal.words)
            except ChildError as problem:
                return errors.of_child(request, problem)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it
            except HTTPException:
                raise
            except Exception as problem:  # noqa: BLE001 - the page of the fault
                return errors.of_fault(request, problem)

    return serve


def _can_sign_in(request: Request, reach: Reach) -> bool:
    """Whether the user is sent to the form for signing in, and from there back to this page."""
    return not reach.is_loopback and request.method == "GET" and "x-fragment" not in request.headers


def _require(session: Session | None, role: str, *, is_loopback: bool) -> None:
    if session is None:
        raise errors.Refusal(401, None if is_loopback else _("You have been signed out. Sign in again to go on."))
    if not session.may(role):
        raise errors.Refusal(403, _("Your account may not do this."))


def _require_size(request: Request, most_bytes: int) -> None:
    """Refuse a body by its announced size, before a byte of it is read."""
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdecimal() or int(announced) > most_bytes:
        raise errors.Refusal(413)


def _limited(receive: Receive, most_bytes: int) -> Receive:
    """`receive`, which refuses a body that is larger than announced."""
    left = most_bytes

    async def limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise errors.Refusal(413)
        return message

    return limited


async def find_session(request: Request) -> Session | None:
    """The session of the request's cookie, noted for `session_of`; None where there is none."""
    site = site_of(request)
    secret = request.cookies.get(site.cookie)
    session = await site.sessions.find(secret) if secret else None
    request.scope["campaign.session"] = session
    return session


def language_of(request: Request, session: Session | None) -> str:
    """The language that the user chose, else the first that the browser asks for and there is; Korean without one."""
    if session is not None and session.language is not None:
        return session.language
    for words in request.headers.get("accept-language", "").split(","):
        if found := i18n.parse_language(words.partition(";")[0]):
            return found
    return i18n.KOREAN
