"""Assembles the sandbox: the gateway serves its two paths directly, for speed, and Starlette the others."""

import asyncio
import sys
import traceback
from collections.abc import Awaitable
from random import Random

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from campaign.sandbox.faults import Faults
from campaign.sandbox.history import PROVENANCE
from campaign.sandbox.history_faults import HistoryFaults
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.answers import Call
from campaign.sandbox.server.control import Control, refuse_value
from campaign.sandbox.server.gateway import PATHS, Gateway
from campaign.sandbox.server.guard import Guard
from campaign.sandbox.server.history import CHARGE, HISTORY, HistoryGateway
from campaign.sandbox.server.inbox import Inbox
from campaign.sandbox.server.protocol import transport_of
from campaign.sandbox.settings import Settings


def build(settings: Settings, ledger: Ledger) -> ASGIApp:
    """Return the sandbox as an ASGI application."""
    # Two random sources, so that a fault's probability does not shift the numbering. S311: not for secrets.
    faults = Faults(Random(settings.seed))  # noqa: S311
    faults.add(list(settings.faults))
    gateway = Gateway(settings, ledger, faults, Random(settings.seed))  # noqa: S311
    history_faults = HistoryFaults()
    history = HistoryGateway(settings, ledger, history_faults)
    control = Control(ledger, faults, history_faults, history.calls)
    routes = [*Inbox(ledger, PROVENANCE if settings.history else "").routes(), *control.routes()]
    rest = Guard(Starlette(routes=routes, exception_handlers={ValueError: refuse_value}), settings.host)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path, call = scope["path"], Call(scope, receive, send)
        if scope["method"] == "POST" and path in PATHS:
            await _aborting(call, gateway.serve(call, PATHS[path]))
        elif scope["method"] == "POST" and path in {HISTORY, CHARGE} and settings.history:
            await _aborting(call, history.serve(call))
        else:
            await rest(scope, receive, send)

    return _printing_errors(serve)


async def _aborting(call: Call, serve: Awaitable[None]) -> None:
    try:
        await serve
    except asyncio.CancelledError:  # the sandbox ends: no answer, rather than uvicorn's 500
        transport_of(call.scope).abort()
        raise


def _printing_errors(app: ASGIApp) -> ASGIApp:
    """Print exceptions of the application: uvicorn runs silently."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            raise

    return serve
