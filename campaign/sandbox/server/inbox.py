"""The inbox page and its requests."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from campaign.sandbox import listing, page
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.control import whole_number

_CARDS = 30  # of one page


class Inbox:
    """Serves the inbox page; `note` is a sentence at its top."""

    def __init__(self, ledger: Ledger, note: str = "") -> None:
        self._ledger = ledger
        self._note = note

    def routes(self) -> list[Route]:
        """Return the routes for Starlette."""
        return [
            *(Route(path, _serve_file(name, kind, self._note)) for path, (name, kind) in page.FILES.items()),
            Route("/sandbox/inbox", self.cards),
            Route("/sandbox/images/{key}", self.image),
        ]

    async def cards(self, request: Request) -> Response:
        """Return one page of cards, newest first, with the counts and the id of the newest request."""
        found = listing.cards(
            self._ledger,
            number=listing.digits(request.query_params.get("number", "")),
            before=whole_number(request, "before"),
            after=whole_number(request, "after") or 0,
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
        """Return the image of an MMS."""
        content = self._ledger.image(request.path_params["key"])
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type="image/jpeg")


def _serve_file(name: str, kind: str, note: str) -> Callable[[Request], Awaitable[Response]]:
    content = page.read(name).replace(b"<!-- note -->", note.encode())

    async def serve(_: Request) -> Response:
        return Response(content, headers={"content-type": kind})

    return serve
