"""Who is there: one-time links and sessions. The database has only digests of what a browser holds."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from campaign.web import users
from campaign.web.store import NOTE_FACT

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.web.store import Store

LINK_S: Final = 60 * 60
SEEN_S: Final = 60
"""A session's last use is written at most this often."""

OWNER: Final = ""
"""The user of a page on loopback, who has no name: who can start the program may do everything."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts, in seconds: without use, and in all."""

    idle_s: float
    whole_s: float


ON_LOOPBACK: Final = Lifetime(12 * 60 * 60, 7 * 24 * 60 * 60)
BEYOND: Final = Lifetime(30 * 60, 12 * 60 * 60)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that was let in.

    Attributes:
        digest: its key in the database.
        user: who it is.
        roles: what the user may do, of `users.ROLES`.
        language: the language that was chosen in the page; None where none was.
    """

    digest: bytes
    user: str
    roles: frozenset[str]
    language: str | None

    def may(self, role: str) -> bool:
        """Whether the user has a role."""
        return role in self.roles


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is not over: its key, whose it is, when it began and was last used (seconds since 1970)."""

    digest: bytes
    user: str
    began: float
    seen: float


class Sessions:
    """The sessions and links in the database.

    Args:
        store: where they are.
        has_users: users sign in with a password; else the owner comes in by a link.
        clock: returns seconds since 1970.
    """

    def __init__(self, store: Store, *, has_users: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._has_users = has_users
        self._clock = clock
        self.lifetime = BEYOND if has_users else ON_LOOPBACK

    async def enter(self, token: str) -> str | None:
        """Use up the token of a link; returns the secret of a new session, None where the link is not valid."""
        now, secret = self._clock(), token_urlsafe(32)

        def work(connection: sqlite3.Connection) -> str | None:
            found = connection.execute(
                "DELETE FROM links WHERE digest = ? RETURNING user, until", (_digest(token),)
            ).fetchone()
            if found is None or found[1] < now or self._has_users:
                return None
            _begin(connection, secret, found[0], now)
            return secret

        return await self._store.run(work)

    def begin(self, connection: sqlite3.Connection, user: str) -> str:
        """A new session of a user who has signed in; returns its secret."""
        secret = token_urlsafe(32)
        _begin(connection, secret, user, self._clock())
        return secret

    async def find(self, secret: str) -> Session | None:
        """The session of a secret; None where there is none or it is over."""
        now, digest = self._clock(), _digest(secret)

        def look(connection: sqlite3.Connection) -> tuple[Session | None, str | None]:
            found = connection.execute(
                "SELECT user, language, began, seen FROM sessions WHERE digest = ?", (digest,)
            ).fetchone()
            if found is None:
                return None, None
            user, language, began, seen = found
            roles = self._roles(connection, user)
            if roles is None or now - began > self.lifetime.whole_s or now - seen > self.lifetime.idle_s:
                return None, _END
            return Session(digest, user, roles, language), _SEEN if now - seen > SEEN_S else None

        session, change = await self._store.run(look)
        if change is not None:
            values = {"digest": digest, "now": now}
            with suppress(sqlite3.OperationalError):  # on a full disk pages can be looked at all the same
                await self._store.run(lambda connection: connection.execute(change, values))
        return session

    def _roles(self, connection: sqlite3.Connection, user: str) -> frozenset[str] | None:
        """What a user may do; None for one who may not come in any more."""
        if not self._has_users:
            return frozenset(users.ROLES) if user == OWNER else None
        found = users.find(connection, user) if user != OWNER else None
        return None if found is None else found.roles

    async def end(self, session: Session) -> None:
        """End a session."""
        await self._store.run(lambda connection: connection.execute(_END, {"digest": session.digest}))

    async def speak(self, session: Session, language: str) -> None:
        """Note the language that was chosen in the page; a user's next sessions begin with it."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_SPEAK, (language, session.digest))
            if self._has_users:
                connection.execute(NOTE_FACT, (f"language {session.user}", language))

        await self._store.run(work)

    def open(self, connection: sqlite3.Connection) -> list[OpenSession]:
        """All sessions that are not over, the last used first."""
        now = self._clock()
        limits = (now - self.lifetime.whole_s, now - self.lifetime.idle_s)
        return [OpenSession(*row) for row in connection.execute(_OPEN, limits).fetchall()]


def _begin(connection: sqlite3.Connection, secret: str, user: str, now: float) -> None:
    connection.execute(_BEGIN, (_digest(secret), user, now, now, f"language {user}"))


_BEGIN: Final = (
    "INSERT INTO sessions (digest, user, began, seen, language) "
    "VALUES (?, ?, ?, ?, (SELECT value FROM facts WHERE name = ?))"
)
_OPEN: Final = "SELECT digest, user, began, seen FROM sessions WHERE began >= ? AND seen >= ? ORDER BY seen DESC"
_END: Final = "DELETE FROM sessions WHERE digest = :digest"
_SEEN: Final = "UPDATE sessions SET seen = :now WHERE digest = :digest"
_SPEAK: Final = "UPDATE sessions SET language = ? WHERE digest = ?"


def make_link(store: Store, *, user: str = OWNER, now: float | None = None) -> str:
    """A new token for `/enter`; see `add_link`."""
    return store.run_now(lambda connection: add_link(connection, user=user, now=now))


def add_link(connection: sqlite3.Connection, *, user: str = OWNER, now: float | None = None) -> str:
    """A new token for `/enter`, good for one hour and one use; links that nobody used in time are removed."""
    token = token_urlsafe(32)
    at = time.time() if now is None else now
    connection.execute("DELETE FROM links WHERE until < ?", (at,))
    connection.execute("INSERT INTO links VALUES (?, ?, ?)", (_digest(token), user, at + LINK_S))
    return token


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
