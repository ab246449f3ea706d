"""The server as a process: takes the home, starts its children, listens, opens the browser, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import secrets
import signal
import socket
import sys
import time
import webbrowser
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from uvicorn import Config, Server

from campaign.config import environment
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.web import drafts, record, users
from campaign.web import store as stores
from campaign.web.orders import UNDO_S, Orders
from campaign.web.pipes import Child
from campaign.web.server import retention, uploads
from campaign.web.server.app import build
from campaign.web.server.checking import Checking
from campaign.web.server.reach import Reach
from campaign.web.server.sessions import Sessions, add_link, make_link
from campaign.web.server.site import Site

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADDRESS: Final = "127.0.0.1"
_KEEP_ALIVE_SECONDS: Final = 75
_ENGINE_STOP_S: Final = 60.0
"""Time for the answers of requests that are on their way."""

_HTTPS: Final = 443
_FACT: Final = "address"
_OPENING: Final = "open-"


class Unprotected(CampaignError):
    """The page would be reached from other computers without what protects it there."""


class CannotListen(CampaignError):
    """The port is taken, or may not be used."""


@dataclass(frozen=True, slots=True)
class Options:
    """How `campaign web` was started.

    Attributes:
        home: the folder of campaigns; it is made where it does not exist.
        port: the port; 0 for a free one.
        is_practice_only: nothing is really sent, even if there are keys.
        opens_browser: a browser is opened.
        has_schedule: the engine process starts what is due.
        host: the address that it listens on.
        name: the name that the page has beyond this computer; None on loopback.
        cert: the certificate, with those up to the root; None without TLS of its own.
        key: the certificate's key.
        proxy: the address of the proxy in front of it, which has TLS.
    """

    home: Path
    port: int = 8020
    is_practice_only: bool = False
    opens_browser: bool = True
    has_schedule: bool = True
    host: str = ADDRESS
    name: str | None = None
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None

    @property
    def is_beyond(self) -> bool:
        """Whether the page is reached from other computers."""
        return self.host not in {ADDRESS, "localhost", "::1"} or any((self.name, self.cert, self.key, self.proxy))


def run(options: Options, *, say: Callable[[str], object]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        options: how it was started.
        say: tells the user a line, such as the address.

    Raises:
        CampaignError: another server uses the home, the port is taken, or the home cannot be used.
    """
    home = options.home.absolute()
    # The parser of forms notes every malformed request: whoever sent it is told, and the log is for our own faults.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    _make(home)
    held = stores.lock(home)
    uploads.remove_leftovers(home)
    try:
        store = stores.Store(home)
        try:
            _require_protection(options, store)
            with _listen(options.host, options.port) as listener:
                asyncio.run(_serve(options, home, store, listener, say))
        finally:
            store.close()
    finally:
        held.close()


def link(home: Path) -> str:
    """A new one-time address of the server that uses `home`.

    Raises:
        CampaignError: no server runs there.
    """
    address = stores.read_fact(home, _FACT)
    if address is None or not _is_locked(home):
        raise CampaignError(_("{home}: `campaign web` is not running there. Start it first.", home=home))
    if not address.startswith("http://"):
        raise CampaignError(_("Users of this page sign in at {address}.", address=address))
    store = stores.Store(home)
    try:
        return f"{address}/enter?token={make_link(store)}"
    finally:
        store.close()


def _make(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in home.glob(f"{_OPENING}*.html"):
            left.unlink()
    except OSError as problem:
        raise stores.StoreError(
            _("{path}: it cannot be opened: {problem}.", path=home, problem=problem.strerror)
        ) from None


def _is_locked(home: Path) -> bool:
    try:
        stores.lock(home).close()
    except stores.HomeBusy:
        return True
    return False


def _require_protection(options: Options, store: stores.Store) -> None:
    """Refuse to be reached from other computers without a name, TLS and users with passwords.

    Raises:
        Unprotected: one of them is missing.
    """
    if not options.is_beyond:
        return
    missing = []
    if options.name is None:
        missing.append(_("--name: the name that its users open, such as campaign.example"))
    if options.proxy is None and (options.cert is None or options.key is None):
        missing.append(_("--cert and --key, or --behind-proxy: what goes over the network has to be encrypted"))
    if not any("admin" in user.roles for user in store.run_now(users.everyone)):
        missing.append(_("a user: `campaign web user add NAME --role admin`"))
    if missing:
        listed = "".join(f"\n  {one}" for one in missing)
        raise Unprotected(_("To be reached from other computers, the page needs:") + listed)
    users.hasher()


def _reach(options: Options, port: int) -> Reach:
    if not options.is_beyond or options.name is None:
        return Reach(port)
    name = options.name.casefold()
    if options.proxy is None and ":" not in name and port != _HTTPS:
        name = f"{name}:{port}"
    return Reach(port, name, options.proxy)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=256)
    except OSError as problem:
        if problem.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise CannotListen(
                _("{host}: cannot be listened on: {problem}.", host=host, problem=problem.strerror)
            ) from None
        raise CannotListen(
            _("port {port} is taken by another program. Name another one: `campaign web --port N`.", port=port)
        ) from None
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(Server):
    """uvicorn's server without its signal handlers: a signal stops the engine first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(
    options: Options, home: Path, store: stores.Store, listener: socket.socket, say: Callable[[str], object]
) -> None:
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
    reach = _reach(options, listener.getsockname()[1])
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
    flags = {"--practice-only": options.is_practice_only, "--no-schedule": not options.has_schedule}
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
    """Tell the address once the server listens, and only then start what would take the processor from it."""
    while not server.started:
        if server.should_exit:
            return
        await asyncio.sleep(0.001)
    await _announce(site, say)
    starting = [child.start() for child in (site.engine, site.check, site.journal)]
    await asyncio.gather(*starting, _open(options, site))
    begun.set()


async def _remove(site: Site, begun: asyncio.Event) -> None:
    """Remove what is kept no longer, from the start of the page on."""
    await begun.wait()
    await site.store.run(lambda connection: record.remove_old(connection, time.time()))
    await retention.run_forever(site)


async def _announce(site: Site, say: Callable[[str], object]) -> None:
    address = site.reach.origin
    if not site.reach.is_loopback:
        await site.store.run(lambda connection: connection.execute(_NOTE, (_FACT, address)))
        say(_("The page: {address}", address=address))
        return
    token = await site.store.run(lambda connection: _note_link(connection, address))
    say(_("The page: {address}", address=f"{address}/enter?token={token}"))
    say(_("The address works once, within an hour; `campaign web link` prints another. Ctrl-C ends the page."))


def _note_link(connection: sqlite3.Connection, address: str) -> str:
    connection.execute(_NOTE, (_FACT, address))
    return add_link(connection)


async def _open(options: Options, site: Site) -> None:
    """Open a browser if that is wanted and possible."""
    if site.reach.is_loopback and options.opens_browser and _has_screen():
        address = site.reach.origin
        await asyncio.to_thread(_open_browser, site.home, f"{address}/enter?token={await _token(site)}")


_NOTE: Final = "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


async def _token(site: Site) -> str:
    return await asyncio.to_thread(make_link, site.store)


def _open_browser(home: Path, address: str) -> None:
    """Open the address by a file that only its owner can read: a process list shows the browser's arguments to all."""
    path = home / f"{_OPENING}{secrets.token_hex(8)}.html"
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
