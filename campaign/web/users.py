"""The people who may use a page beyond this computer: names, roles, passwords. On loopback there are none.

All functions take a connection of `Store.run`.
"""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from argon2 import PasswordHasher

LEVELS: Final = ("view", "prepare", "send", "admin")
"""What a user may do; each level includes those before it."""

RESULT: Final = "result"
"""To download results, which have names and numbers; apart from the levels."""

ROLES: Final = (*LEVELS, RESULT)

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 200
_NAME: Final = re.compile(r"[\w.@-]{1,40}")


class UserError(CampaignError):
    """A user cannot be added or changed."""


class NoArgon2(CampaignError):
    """The library that hashes passwords is not installed."""


@dataclass(frozen=True, slots=True)
class User:
    """A user.

    Attributes:
        name: what the user signs in with.
        roles: of `ROLES`, every level that is included.
        hash: argon2's, with its parameters and salt.
    """

    name: str
    roles: frozenset[str]
    hash: str


def hasher() -> PasswordHasher:
    """Argon2id with the library's defaults: 64 MiB, 3 passes.

    Raises:
        NoArgon2: it is not installed.
    """
    try:
        from argon2 import PasswordHasher
    except ImportError:
        raise NoArgon2(_("Passwords need another library: pip install 'campaign[web]'")) from None
    return PasswordHasher()


def hash_password(password: str) -> str:
    """The hash of a new password.

    Raises:
        UserError: it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise UserError(
            _(
                "A password has {least} to {most} characters.",
                least=SHORTEST_PASSWORD,
                most=LONGEST_PASSWORD,
            )
        )
    return str(hasher().hash(password))


def add(connection: sqlite3.Connection, name: str, password_hash: str, roles: Iterable[str]) -> None:
    """Add a user.

    Raises:
        UserError: there is one of this name, the name is not one, or a role is not one.
    """
    name = canonical(name)
    if not _NAME.fullmatch(name):
        raise UserError(_("{name!r}: a name has letters, digits and . _ - @, at most 40.", name=name))
    if find(connection, name) is not None:
        raise UserError(_("{name}: there is a user of this name already.", name=name))
    connection.execute("INSERT INTO users VALUES (?, ?, ?, ?)", (name, password_hash, _written(roles), time.time()))


def change_roles(connection: sqlite3.Connection, name: str, roles: Iterable[str]) -> None:
    """Give a user other roles; the user has to sign in again.

    Raises:
        UserError: there is no such user, or a role is not one.
    """
    _change(connection, name, "roles", _written(roles))


def change_password(connection: sqlite3.Connection, name: str, password_hash: str) -> None:
    """Give a user another password; the user has to sign in again, everywhere.

    Raises:
        UserError: there is no such user.
    """
    _change(connection, name, "hash", password_hash)


def remove(connection: sqlite3.Connection, name: str) -> None:
    """Remove a user, whose sessions end.

    Raises:
        UserError: there is no such user.
    """
    name = canonical(name)
    if not connection.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount:
        raise _unknown(name)
    end_sessions(connection, name)


def find(connection: sqlite3.Connection, name: str) -> User | None:
    """The user of a name; None where there is none."""
    found = connection.execute("SELECT name, roles, hash FROM users WHERE name = ?", (canonical(name),)).fetchone()
    return None if found is None else User(found[0], with_lower(found[1].split(",")), found[2])


def everyone(connection: sqlite3.Connection) -> list[User]:
    """All users, by name."""
    rows = connection.execute("SELECT name, roles, hash FROM users ORDER BY name").fetchall()
    return [User(name, with_lower(roles.split(",")), hashed) for name, roles, hashed in rows]


def end_sessions(connection: sqlite3.Connection, name: str, *, but: bytes = b"") -> None:
    """End all sessions of a user, but the one with the digest `but`."""
    connection.execute("DELETE FROM sessions WHERE user = ? AND digest != ?", (name, but))


def with_lower(roles: Iterable[str]) -> frozenset[str]:
    """The roles with the levels that they include."""
    given = set(roles)
    highest = max((LEVELS.index(role) for role in given if role in LEVELS), default=-1)
    return frozenset(LEVELS[: highest + 1]) | (given & {RESULT})


def canonical(name: str) -> str:
    """A name as it is stored: composed letters, no spaces around it."""
    return unicodedata.normalize("NFC", name).strip()


def _change(connection: sqlite3.Connection, name: str, column: str, value: str) -> None:
    name = canonical(name)
    # S608: `column` is a word of this module.
    if not connection.execute(f"UPDATE users SET {column} = ? WHERE name = ?", (value, name)).rowcount:  # noqa: S608
        raise _unknown(name)
    end_sessions(connection, name)


def _written(roles: Iterable[str]) -> str:
    given = [role.strip() for role in roles if role.strip()]
    for role in given:
        if role not in ROLES:
            raise UserError(_("{role!r} is not a role: expected {known}", role=role, known=", ".join(ROLES)))
    if not set(given) & set(LEVELS):
        raise UserError(_("Name one of {known}.", known=", ".join(LEVELS)))
    return ",".join(given)


def _unknown(name: str) -> UserError:
    return UserError(_("{name}: there is no such user.", name=name))
