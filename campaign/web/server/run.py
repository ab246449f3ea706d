"""Starts the server: takes the home, listens, and tells the address. `serving` answers then."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.web import store as stores
from campaign.web import users
from campaign.web.server.options import FACT, OPENING, Options, announce
from campaign.web.server.reach import Reach
from campaign.web.server.sessions import make_link

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HTTPS: Final = 443


class Unprotected(CampaignError):
    """The page would be reached from other computers without what protects it there."""


class CannotListen(CampaignError):
    """The port is taken, or may not be used."""


def run(options: Options, *, say: Callable[[str], object]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        options: how it was started.
        say: tells the user a line, such as the address.

    Raises:
        CampaignError: another server uses the home, the port is taken, or the home cannot be used.
    """
    home = options.home.absolute()
    _make(home)
    held = stores.lock(home)
    try:
        store = stores.Store(home)
        try:
            _require_protection(options, store)
            with _listen(options.host, options.port) as listener:
                reach = _reach(options, listener.getsockname()[1])
                if reach.is_loopback:  # who opens it now is answered when the rest is loaded, in half a second
                    announce(store, reach, say)
                from campaign.web.server import serving

                asyncio.run(serving.serve(options, reach, store, listener, say))
        finally:
            store.close()
    finally:
        held.close()


def link(home: Path) -> str:
    """A new one-time address of the server that uses `home`.

    Raises:
        CampaignError: no server runs there.
    """
    address = stores.read_fact(home, FACT)
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
        for left in home.glob(f"{OPENING}*.html"):
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
