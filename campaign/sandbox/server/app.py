"""Assembles the sandbox: the gateway serves its two paths directly, for speed, and Starlette the others."""

import asyncio
import sys
import traceback
from random import Random

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from campaign.sandbox.faults import Faults
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.answers import Call
from campaign.sandbox.server.control import Control, refuse_value
from campaign.sandbox.server.gateway import PATHS, Gateway
from campaign.sandbox.server.guard import Guard
from campaign.sandbox.server.inbox import Inbox
from campaign.sandbox.server.protocol import transport_of
from campaign.sandbox.settings import Settings
from campaign.sandbox.submission import Edition


def build(settings: Settings, ledger: Ledger) -> ASGIApp:
    """Return the sandbox as an ASGI application."""
    # Two random sources, so that a fault's probability does not shift the numbering. S311: not for secrets.
    faults = Faults(Random(settings.seed))  # noqa: S311
    faults.add(list(settings.faults))
    gateway = Gateway(settings, ledger, faults, Random(settings.seed))  # noqa: S311
    routes = [*Inbox(ledger).routes(), *Control(ledger, faults).routes()]
    rest = Guard(Starlette(routes=routes, exception_handlers={ValueError: refuse_value}), settings.host)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        edition = PATHS.get(scope["path"])
        if edition is None or scope["method"] != "POST":
            await rest(scope, receive, send)
        else:
            await _serve_gateway(gateway, Call(scope, receive, send), edition)

    return _printing_errors(serve)


async def _serve_gateway(gateway: Gateway, call: Call, edition: Edition) -> None:
    try:
        await gateway.serve(call, edition)
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
