"""What scripts ask the sandbox itself: `/sandbox/…`."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from campaign.sandbox import listing
from campaign.sandbox.faults import Fault, Faults
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.query import whole

_CHUNK = 1 << 18  # characters: a long list is written in pieces, and requests are served in between


class Control:
    """The answers to `/sandbox/…`."""

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self._ledger = ledger
        self._faults = faults

    def routes(self) -> list[Route]:
        """Give the routes for Starlette."""
        return [
            Route("/sandbox", self.clear, methods=["DELETE"]),
            Route("/sandbox/stats", self.stats),
            Route("/sandbox/requests", self.requests),
            Route("/sandbox/requests/{identity:int}", self.request),
            Route("/sandbox/deliveries", self.deliveries),
            Route("/sandbox/faults", self.show_faults),
            Route("/sandbox/faults", self.set_faults, methods=["POST"]),
            Route("/sandbox/faults", self.clear_faults, methods=["DELETE"]),
        ]

    async def stats(self, _: Request) -> Response:
        """Give the four counts."""
        return JSONResponse(asdict(self._ledger.stats))

    async def requests(self, request: Request) -> Response:
        """Give what was received, oldest first."""
        return _listed(listing.requests(self._ledger, offset=_offset(request), limit=_limit(request)))

    async def request(self, request: Request) -> Response:
        """Give one request."""
        found = listing.request(self._ledger, request.path_params["identity"])
        return _refusal(404, "no such request") if found is None else JSONResponse(found)

    async def deliveries(self, request: Request) -> Response:
        """Give what was accepted, recipient by recipient, oldest first."""
        asked = request.query_params.get("number", "")
        number = listing.digits(asked)
        if asked.strip() and not number:
            return _listed(iter(()))
        found = listing.deliveries(self._ledger, number=number, offset=_offset(request), limit=_limit(request))
        return _listed(found)

    async def show_faults(self, _: Request) -> Response:
        """Give the faults that are set."""
        return JSONResponse(self._faults.describe())

    async def set_faults(self, request: Request) -> Response:
        """Set one fault or a list of them; all or none."""
        given = json.loads(await request.body())
        self._faults.add([Fault.read(one) for one in (given if isinstance(given, list) else [given])])
        return JSONResponse(self._faults.describe())

    async def clear_faults(self, _: Request) -> Response:
        """Set no faults."""
        self._faults.clear()
        return JSONResponse([])

    async def clear(self, _: Request) -> Response:
        """Empty the ledger and the faults."""
        self._faults.clear()
        self._ledger.clear()
        return JSONResponse(asdict(self._ledger.stats))


async def refuse_value(_: Request, error: Exception) -> Response:
    """Answer a request whose values are wrong."""
    return _refusal(400, str(error))


def _refusal(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status_code=status)


def _offset(request: Request) -> int:
    return whole(request, "offset") or 0


def _limit(request: Request) -> int | None:
    return whole(request, "limit")


def _listed(items: Iterator[str]) -> Response:
    return StreamingResponse(_pieces(items), media_type="application/json")


async def _pieces(items: Iterator[str]) -> AsyncIterator[str]:
    """Spell a JSON list, a piece at a time."""
    piece, size = ["["], 0
    separator = ""
    for item in items:
        piece += (separator, item)
        separator = ", "
        size += len(item)
        if size > _CHUNK:
            yield "".join(piece)
            piece, size = [], 0
            await asyncio.sleep(0)
    yield "".join([*piece, "]"])
