"""The control API under `/sandbox/`, for scripts."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from campaign.sandbox import listing
from campaign.sandbox.faults import Fault, Faults
from campaign.sandbox.history_faults import PREFIX, HistoryFault, HistoryFaults
from campaign.sandbox.ledger import Ledger

_CHUNK = 1 << 18  # characters: a long list goes out in parts, and other requests are served in between


class Control:
    """Serves the control API."""

    def __init__(self, ledger: Ledger, faults: Faults, history_faults: HistoryFaults, calls: dict[str, int]) -> None:
        self._ledger = ledger
        self._faults = faults
        self._history_faults = history_faults
        self._calls = calls

    def routes(self) -> list[Route]:
        """Return the routes for Starlette."""
        return [
            Route("/sandbox", self.clear, methods=["DELETE"]),
            Route("/sandbox/stats", self.stats),
            Route("/sandbox/requests", self.requests),
            Route("/sandbox/requests/{identity:int}", self.request),
            Route("/sandbox/deliveries", self.deliveries),
            Route("/sandbox/history", self.history_calls),
            Route("/sandbox/faults", self.show_faults),
            Route("/sandbox/faults", self.set_faults, methods=["POST"]),
            Route("/sandbox/faults", self.clear_faults, methods=["DELETE"]),
        ]

    async def stats(self, _: Request) -> Response:
        """Return the four counts."""
        return JSONResponse(asdict(self._ledger.stats))

    async def requests(self, request: Request) -> Response:
        """Return the received requests, oldest first."""
        return _listed(listing.requests(self._ledger, offset=_offset(request), limit=_limit(request)))

    async def request(self, request: Request) -> Response:
        """Return one request."""
        found = listing.request(self._ledger, request.path_params["identity"])
        return _refusal(404, "no such request") if found is None else JSONResponse(found)

    async def deliveries(self, request: Request) -> Response:
        """Return the accepted messages, one a recipient, oldest first."""
        asked = request.query_params.get("number", "")
        number = listing.digits(asked)
        if asked.strip() and not number:
            return _listed(iter(()))
        found = listing.deliveries(self._ledger, number=number, offset=_offset(request), limit=_limit(request))
        return _listed(found)

    async def history_calls(self, _: Request) -> Response:
        """Return how often the history and the balance were asked for."""
        return JSONResponse(self._calls)

    async def show_faults(self, _: Request) -> Response:
        """Return the faults that are set."""
        return JSONResponse(self._faults.describe() + self._history_faults.describe())

    async def set_faults(self, request: Request) -> Response:
        """Set one fault or a list of faults, all or none."""
        given = json.loads(await request.body())
        listed = given if isinstance(given, list) else [given]
        of_history = [HistoryFault.read(one) for one in listed if _is_of_history(one)]
        self._faults.add([Fault.read(one) for one in listed if not _is_of_history(one)])
        for fault in of_history:
            self._history_faults.add(fault)
        return JSONResponse(self._faults.describe() + self._history_faults.describe())

    async def clear_faults(self, _: Request) -> Response:
        """Remove all faults."""
        self._faults.clear()
        self._history_faults.clear()
        return JSONResponse([])

    async def clear(self, _: Request) -> Response:
        """Remove all records and faults."""
        self._faults.clear()
        self._history_faults.clear()
        self._calls.update(dict.fromkeys(self._calls, 0))
        self._ledger.clear()
        return JSONResponse(asdict(self._ledger.stats))


def _is_of_history(given: object) -> bool:
    return isinstance(given, dict) and str(given.get("fault")).startswith(PREFIX)


async def refuse_value(_: Request, error: Exception) -> Response:
    """Answer a request with an invalid value."""
    return _refusal(400, str(error))


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)


_WHOLE = re.compile(r"[0-9]{1,15}")


def whole_number(request: Request, name: str) -> int | None:
    """Return a query parameter that is a whole number of at least 0; None if it is absent or empty.

    Raises:
        ValueError: the value is not such a number.
    """
    written = request.query_params.get(name, "")
    if written == "":
        return None
    if not _WHOLE.fullmatch(written):
        raise ValueError(f'"{name}" must be a whole number of at least 0, not {written!r}')
    return int(written)


def _offset(request: Request) -> int:
    return whole_number(request, "offset") or 0


def _limit(request: Request) -> int | None:
    return whole_number(request, "limit")


def _listed(items: Iterator[str]) -> Response:
    return StreamingResponse(_pieces(items), media_type="application/json")


async def _pieces(items: Iterator[str]) -> AsyncIterator[str]:
    """The items as a JSON list, in parts."""
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
