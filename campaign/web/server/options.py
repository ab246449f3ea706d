"""How `campaign web` was started, and how its address is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import _
from campaign.web.server.sessions import add_link
from campaign.web.store import NOTE_FACT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from campaign.web.server.reach import Reach
    from campaign.web.store import Store

ADDRESS: Final = "127.0.0.1"

FACT: Final = "address"
"""The name under which the address is noted, for `campaign web link`."""

OPENING: Final = "open-"
"""What the names of the files begin with by which a browser is opened."""


@dataclass(frozen=True, slots=True)
class Options:
    """How `campaign web` was started.

    Attributes:
        home: the folder of campaigns; it is made where it does not exist.
        port: the port; 0 for a free one.
        is_practice_only: nothing is really sent, even if there are keys.
        opens_browser: a browser is opened.
        has_schedule: the engine process starts what is due.
        queue: the workers of a cluster send what is not practice.
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
    queue: bool = False
    host: str = ADDRESS
    name: str | None = None
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None

    @property
    def is_beyond(self) -> bool:
        """Whether the page is reached from other computers."""
        return self.host not in {ADDRESS, "localhost", "::1"} or any((self.name, self.cert, self.key, self.proxy))


def announce(store: Store, reach: Reach, say: Callable[[str], object]) -> None:
    """Tell the address; on loopback with a token that lets in once."""
    address = reach.origin
    if not reach.is_loopback:
        store.run_now(lambda connection: connection.execute(NOTE_FACT, (FACT, address)))
        say(_("The page: {address}", address=address))
        return
    token = store.run_now(lambda connection: _note_link(connection, address))
    say(_("The page: {address}", address=f"{address}/enter?token={token}"))
    say(_("The address works once, within an hour; `campaign web link` prints another. Ctrl-C ends the page."))


def _note_link(connection: sqlite3.Connection, address: str) -> str:
    connection.execute(NOTE_FACT, (FACT, address))
    return add_link(connection)
