"""The first step: the list of recipients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.web.server.pages_home import draft_of
from campaign.web.server.render import Steps, page
from campaign.web.server.routes import get

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of this area."""
    return [get("/campaigns/{campaign}/list", show)]


async def show(request: Request) -> Response:
    """The page."""
    draft = draft_of(request)
    return page(request, "list.html", steps=Steps(draft.id, draft.name, "list"), lists=draft.lists)
