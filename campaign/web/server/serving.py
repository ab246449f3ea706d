"""The server as it runs: answers browsers, starts its processes, opens the browser, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import time
import webbrowser
from html import escape
from typing import TYPE_CHECKING, Final

from uvicorn import Config, Server

from campaign.config import environment
from campaign.model.i18n import _
from campaign.web import drafts, record
from campaign.web.orders import UNDO_S, Orders
from campaign.web.pipes import Child
from campaign.web.server import retention, uploads
from campaign.web.server.app import build
from campaign.web.server.checking import Checking
from campaign.web.server.options import OPENING, Options, announce
from campaign.web.server.sessions import Sessions, make_link
from campaign.web.server.site import Site

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign.web.server.reach import Reach
    from campaign.web.store import Store

_KEEP_ALIVE_SECONDS: Final = 75
_ENGINE_STOP_S: Final = 60.0
"""Time for the answers of requests that are on their way."""


class _Server(Server):
    """uvicorn's server without its signal handlers: a signal stops the engine first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    options: Options, reach: Reach, store: Store, listener: socket.socket, say: Callable[[str], object]
) -> None:
    """Answer until a signal comes, and end in order."""
    # The parser of forms notes every malformed request: whoever sent it is told, and the log is for our own faults.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    home = options.home.absolute()
    uploads.remove_leftovers(home)
    full, bare = _environments()
    undo_s = drafts.of_house(home).get("undo_seconds", UNDO_S)
    orders = Orders(store, undo_s=float(undo_s) if isinstance(undo_s, int | float) else UNDO_S)
    engine = Child(
        "campaign.web.engine_process",
        *_engine_arguments(options, home),
        environment=full,
        on_event=orders.hear,
        on_start=orders.begin,
    )
    orders.engine = engine
    checking = Checking()
    site = Site(
        home=home,
        store=store,
        sessions=Sessions(store, has_users=not reach.is_loopback),
        engine=engine,
        orders=orders,
        journal=Child("campaign.web.journal_process", environment=bare),
        check=Child(
            "campaign.web.check_process", str(home), environment=bare, restart="when asked", on_event=checking.note
        ),
        checking=checking,
        reach=reach,
        is_practice=options.is_practice_only or bool(environment.Environment(full).missing_keys),
    )
    server = _Server(
        Config(
            build(site),
            loop="asyncio",
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            ssl_certfile=None if options.cert is None else str(options.cert),
            ssl_keyfile=None if options.key is None else str(options.key),
        )
    )
    ending = _Ending(site, server, say)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Not the loop's own handlers, which Windows does not have.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(ending.request))
    begun = asyncio.Event()
    removing = asyncio.create_task(_remove(site, begun))
    await asyncio.gather(server.serve(sockets=[listener]), _begin(options, site, server, say, begun))
    removing.cancel()
    await ending.finish()


def _environments() -> tuple[dict[str, str], dict[str, str]]:
    """The environment for the engine process, and the one without secrets, which this process keeps as well."""
    full = dict(os.environ)
    for name in (*environment.KEYS, environment.SMTP_PASSWORD):
        os.environ.pop(name, None)
    return full, dict(os.environ)


def _engine_arguments(options: Options, home: Path) -> list[str]:
    flags = {
        "--practice-only": options.is_practice_only,
        "--no-schedule": not options.has_schedule,
        "--queue": options.queue,
    }
    return [str(home), *(flag for flag, is_set in flags.items() if is_set)]


class _Ending:
    """Ends the server in order: the engine first, which waits for the answers of what is on its way."""

    def __init__(self, site: Site, server: Server, say: Callable[[str], object]) -> None:
        self._site = site
        self._server = server
        self._say = say
        self._stopping: asyncio.Task[None] | None = None

    def request(self) -> None:
        """A signal came: the first one ends in order, the second one at once."""
        if self._stopping is not None:
            for child in (self._site.engine, self._site.journal, self._site.check):
                child.kill()
            self._server.should_exit = self._server.force_exit = True
            return
        self._site.is_stopping = True
        self._stopping = asyncio.create_task(self._stop())
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            self._say(_("Stopping: answers to what was sent are awaited (press Ctrl-C again to stop now)."))

    async def finish(self) -> None:
        """Wait until everything has ended."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        await self._stopping

    async def _stop(self) -> None:
        engine, others = self._site.engine, (self._site.journal, self._site.check)
        await asyncio.gather(engine.stop(grace_s=_ENGINE_STOP_S), *(child.stop(grace_s=1) for child in others))
        self._server.should_exit = True


async def _begin(
    options: Options, site: Site, server: Server, say: Callable[[str], object], begun: asyncio.Event
) -> None:
    """Start what the server needs once it answers itself, so that nothing takes the processor from it before."""
    while not server.started:
        if server.should_exit:
            return
        await asyncio.sleep(0.001)
    if not site.reach.is_loopback:
        await asyncio.to_thread(announce, site.store, site.reach, say)
    starting = [child.start() for child in (site.engine, site.check, site.journal)]
    await asyncio.gather(*starting, _open(options, site))
    begun.set()


async def _remove(site: Site, begun: asyncio.Event) -> None:
    """Remove what is kept no longer, from the start of the page on."""
    await begun.wait()
    await site.store.run(lambda connection: record.remove_old(connection, time.time()))
    await retention.run_forever(site)


async def _open(options: Options, site: Site) -> None:
    """Open a browser if that is wanted and possible."""
    if site.reach.is_loopback and options.opens_browser and _has_screen():
        address = site.reach.origin
        await asyncio.to_thread(_open_browser, site.home, f"{address}/enter?token={await _token(site)}")


async def _token(site: Site) -> str:
    return await asyncio.to_thread(make_link, site.store)


def _open_browser(home: Path, address: str) -> None:
    """Open the address by a file that only its owner can read: a process list shows the browser's arguments to all."""
    path = home / f"{OPENING}{secrets.token_hex(8)}.html"
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(
            f'<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="0; url={escape(address)}"><title>campaign web</title>'
        )
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(path.as_uri())


def _has_screen() -> bool:
    """Whether a browser can be opened in a window of its own, rather than in this terminal."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
