"""Who is there: one-time links and sessions. The database has only digests of what a browser holds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from campaign.web.store import Store

LINK_S: Final = 60 * 60
IDLE_S: Final = 12 * 60 * 60
WHOLE_S: Final = 7 * 24 * 60 * 60
SEEN_S: Final = 60
"""A session's last use is written at most this often."""

OWNER: Final = "owner"
"""The user of a page on loopback: who can start the program may do everything."""

ROLES: Final = ("view", "prepare", "send", "admin", "result")


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that was let in.

    Attributes:
        digest: its key in the database.
        user: who it is.
        language: the language that was chosen in the page; None where none was.
    """

    digest: bytes
    user: str
    language: str | None

    def may(self, role: str) -> bool:
        """Whether the user has a role of `ROLES`."""
        return self.user == OWNER and role in ROLES


class Sessions:
    """The sessions and links in the database.

    Args:
        store: where they are.
        clock: returns seconds since 1970.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    async def enter(self, token: str) -> str | None:
        """Use up the token of a link; returns the secret of a new session, None where the link is not valid."""
        now, secret = self._clock(), token_urlsafe(32)

        def work(connection: sqlite3.Connection) -> str | None:
            found = connection.execute(
                "DELETE FROM links WHERE digest = ? RETURNING user, until", (_digest(token),)
            ).fetchone()
            if found is None or found[1] < now:
                return None
            connection.execute(
                "INSERT INTO sessions (digest, user, began, seen) VALUES (?, ?, ?, ?)",
                (_digest(secret), found[0], now, now),
            )
            return secret

        return await self._store.run(work)

    async def find(self, secret: str) -> Session | None:
        """The session of a secret; None where there is none or it is over."""
        now, digest = self._clock(), _digest(secret)

        def work(connection: sqlite3.Connection) -> Session | None:
            found = connection.execute(
                "SELECT user, language, began, seen FROM sessions WHERE digest = ?", (digest,)
            ).fetchone()
            if found is None:
                return None
            user, language, began, seen = found
            if now - began > WHOLE_S or now - seen > IDLE_S:
                connection.execute("DELETE FROM sessions WHERE digest = ?", (digest,))
                return None
            if now - seen > SEEN_S:
                connection.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest))
            return Session(digest, user, language)

        return await self._store.run(work)

    async def end(self, session: Session) -> None:
        """End a session."""
        await self._store.run(lambda connection: connection.execute(_END, (session.digest,)))

    async def speak(self, session: Session, language: str) -> None:
        """Note the language that was chosen in the page."""
        await self._store.run(lambda connection: connection.execute(_SPEAK, (language, session.digest)))


_END: Final = "DELETE FROM sessions WHERE digest = ?"
_SPEAK: Final = "UPDATE sessions SET language = ? WHERE digest = ?"


def make_link(store: Store, *, user: str = OWNER, now: float | None = None) -> str:
    """A new token for `/enter`, good for one hour and one use; links that nobody used in time are removed."""
    token = token_urlsafe(32)
    at = time.time() if now is None else now

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM links WHERE until < ?", (at,))
        connection.execute("INSERT INTO links VALUES (?, ?, ?)", (_digest(token), user, at + LINK_S))

    store.run_now(work)
    return token


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
