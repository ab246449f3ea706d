"""The sandbox as a process: listens, announces its address, and ends on request."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator

from uvicorn import Config, Server

from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.app import build
from campaign.sandbox.server.protocol import Protocol
from campaign.sandbox.settings import Settings

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75  # as nginx does


class _Server(Server):
    """uvicorn's server without its signal handlers, which would end the process by the signal and not with status 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: Settings) -> None:
    """Serve until SIGTERM, SIGINT, or, with `until_stdin_closes`, the end of standard input.

    Raises:
        LedgerError: the ledger cannot be used.
        OSError: the sandbox cannot listen on the address.
    """
    ledger = Ledger(settings.ledger)
    try:
        with _listen(settings) as listener:
            asyncio.run(_serve(settings, ledger, listener))
    finally:
        ledger.close()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    # Inherited by every connection. asyncio sets it on its own sockets only; without it, the body of an answer arrives
    # 40 ms after its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def _serve(settings: Settings, ledger: Ledger, listener: socket.socket) -> None:
    server = _Server(
        Config(
            build(settings, ledger),
            http=Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=0,  # requests that are still waiting are cut off
            backlog=_BACKLOG,
        )
    )

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if settings.until_stdin_closes:
        _watch_stdin(lambda: loop.call_soon_threadsafe(stop))
    await asyncio.gather(server.serve(sockets=[listener]), _announce(server, listener))


async def _announce(server: Server, listener: socket.socket) -> None:
    """Print the address once the sandbox listens."""
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.001)
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"sandbox listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
    sys.stdout.flush()


def _watch_stdin(ended: Callable[[], object]) -> None:
    def watch() -> None:
        # os.read: a thread that waits with the lock of sys.stdin would keep the interpreter from ending.
        with contextlib.suppress(OSError):
            while os.read(0, 1 << 16):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            ended()

    threading.Thread(target=watch, daemon=True).start()
