"""Coming in, leaving, and the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.model import i18n
from campaign.model.i18n import _
from campaign.web.server import errors
from campaign.web.server.render import go_to
from campaign.web.server.routes import get, post
from campaign.web.server.site import note, session_of, site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/enter", enter, role=None),
        post("/leave", leave, role="view"),
        post("/language", choose_language, role="view"),
    ]


async def enter(request: Request) -> Response:
    """Let a browser in by the one-time token of its address, and take the token out of the address."""
    site = site_of(request)
    if not site.reach.is_loopback:
        return errors.answer(request, 404)
    if request.method != "GET":  # a HEAD of a program that looks at links must not use it up
        return errors.answer(request, 405)
    secret = await site.sessions.enter(request.query_params.get("token", ""))
    if secret is None:
        if session_of(request) is not None:  # the address was opened a second time, in the same browser
            return go_to(request, "/")
        return errors.answer(
            request,
            401,
            _("This address was used already or is too old. Run `campaign web link` in the terminal for a new one."),
        )
    before = session_of(request)
    if before is not None:
        await site.sessions.end(before)
    response = go_to(request, "/")
    response.set_cookie(
        site.cookie, secret, max_age=int(site.sessions.lifetime.whole_s), httponly=True, samesite="lax", path="/"
    )
    return response


async def leave(request: Request) -> Response:
    """End the session."""
    site, session = site_of(request), session_of(request)
    if session is not None:
        await note(request, "sign_out")
        await site.sessions.end(session)
    request.scope["campaign.session"] = None
    if site.reach.is_loopback:
        words = _("You have signed out. Run `campaign web link` in the terminal to come back.")
        response = errors.answer(request, 401, words)
    else:
        response = go_to(request, "/login")
    response.delete_cookie(site.cookie, httponly=True, samesite="lax", path="/", secure=not site.reach.is_loopback)
    return response


async def choose_language(request: Request) -> Response:
    """Change the language of the page, and stay where the user was."""
    async with request.form() as form:
        language, back = str(form.get("language", "")), str(form.get("back", "/"))
    session = session_of(request)
    if language not in i18n.LANGUAGES or session is None:
        return errors.answer(request, 400)
    await site_of(request).sessions.speak(session, language)
    return go_to(request, own_path(back))


def own_path(path: str) -> str:
    """A path of this page that a form gave; the list of campaigns where it leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_own else "/"
