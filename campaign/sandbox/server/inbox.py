"""The inbox page and what it asks for."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from campaign.sandbox import listing, page
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.query import whole

_CARDS = 30  # on a page


class Inbox:
    """The answers to the browser."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> list[Route]:
        """Give the routes for Starlette."""
        return [
            *(Route(path, _serve_file(name, kind)) for path, (name, kind) in page.FILES.items()),
            Route("/sandbox/inbox", self.cards),
            Route("/sandbox/images/{key}", self.image),
        ]

    async def cards(self, request: Request) -> Response:
        """Give one page of cards, newest first, with the counts and the newest request's id."""
        found = listing.cards(
            self._ledger,
            number=listing.digits(request.query_params.get("number", "")),
            before=whole(request, "before"),
            after=whole(request, "after") or 0,
            limit=_CARDS + 1,
        )
        return JSONResponse(
            {
                "stats": asdict(self._ledger.stats),
                "newest": listing.newest(self._ledger),
                "cards": found[:_CARDS],
                "more": len(found) > _CARDS,
            }
        )

    async def image(self, request: Request) -> Response:
        """Give an MMS's picture."""
        content = self._ledger.image(request.path_params["key"])
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type="image/jpeg")


def _serve_file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    content = page.read(name)

    async def serve(_: Request) -> Response:
        return Response(content, headers={"content-type": kind})

    return serve
