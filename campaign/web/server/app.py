"""Assembles the pages. A new area of pages adds its `routes()` to `_AREAS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from campaign.model import i18n
from campaign.model.i18n import N_, _
from campaign.web import pages
from campaign.web.server import (
    errors,
    pages_access,
    pages_admin,
    pages_approval,
    pages_check,
    pages_home,
    pages_list,
    pages_login,
    pages_message,
    pages_opt_outs,
    pages_requests,
    pages_runs,
    pages_send,
)
from campaign.web.server.routes import find_session, language_of
from campaign.web.server.security import Guard

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from campaign.web.server.site import Site

_AREAS: Final = (
    pages_access,
    pages_login,
    pages_home,
    pages_list,
    pages_message,
    pages_check,
    pages_send,
    pages_approval,
    pages_runs,
    pages_opt_outs,
    pages_requests,
    pages_admin,
)

_REFUSALS: Final = {
    "host": N_("The address of this page is {address}; it answers to no other name."),
    "method": None,
    "origin": N_("The request did not come from this page. Open the page again and repeat it there."),
}


def build(site: Site) -> ASGIApp:
    """The page as an ASGI application."""
    routes = [Route("/static/{version}/{name}", _static)]
    for area in _AREAS:
        routes += area.routes()
    app = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})
    app.state.site = site

    def refuse(status: int, reason: str) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request({**scope, "app": app}, receive)
            with i18n.in_language(language_of(request, None)):
                words = _REFUSALS[reason]
                said = None if words is None else _(words, address=site.reach.origin)
                await errors.answer(request, status, said)(scope, receive, send)

        return answer

    return Guard(app, site.reach, refuse)


async def _http_error(request: Request, problem: Exception) -> Response:
    """A path or a method that no route has, or a body that is too large."""
    session = await find_session(request)
    with i18n.in_language(language_of(request, session)):
        return await errors.of_http(request, problem)


async def _static(request: Request) -> Response:
    found = pages.STATIC.get(request.path_params["name"])
    if found is None or request.path_params["version"] != pages.VERSION:
        raise HTTPException(404)
    kind, content = found
    headers = {"content-type": kind, "cache-control": "public, max-age=31536000, immutable"}
    return Response(content, headers=headers)
