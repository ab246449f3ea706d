"""`campaign web user ...`: the users of a page that other computers reach."""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from campaign.cli import terminal
from campaign.model.errors import UsageError
from campaign.model.i18n import _
from campaign.web import record, users
from campaign.web.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_TERMINAL: Final = "terminal"
"""Who changes users, in the record."""


def add(home: Path, name: str, roles: Sequence[str]) -> None:
    """Add a user."""
    hashed = users.hash_password(_password())
    _change(home, "user_add", name, lambda connection: users.add(connection, name, hashed, roles))
    terminal.say(_("{name}: added.", name=name))


def change_role(home: Path, name: str, roles: Sequence[str]) -> None:
    """Change what a user may do."""
    _change(home, "user_role", name, lambda connection: users.change_roles(connection, name, roles))
    terminal.say(_("{name}: changed. The user has to sign in again.", name=name))


def change_password(home: Path, name: str) -> None:
    """Give a user another password."""
    hashed = users.hash_password(_password())
    _change(home, "user_password", name, lambda connection: users.change_password(connection, name, hashed))
    terminal.say(_("{name}: changed. The user has to sign in again.", name=name))


def remove(home: Path, name: str) -> None:
    """Remove a user."""
    _change(home, "user_remove", name, lambda connection: users.remove(connection, name))
    terminal.say(_("{name}: removed.", name=name))


def show(home: Path) -> None:
    """List the users."""
    with _store(home) as store:
        for user in store.run_now(users.everyone):
            terminal.say(f"{user.name}  {', '.join(role for role in users.ROLES if role in user.roles)}")


def _change(home: Path, what: str, name: str, work: Callable[..., None]) -> None:
    """Do some work on the users, and record it in the same transaction."""
    with _store(home) as store:
        store.run_now(record.recorded(work, user=_TERMINAL, what=what, about=name))


def _password() -> str:
    """The password: typed twice without being shown, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(_("Password: "))
    if first != getpass.getpass(_("Again: ")):
        raise UsageError(_("the two passwords differ"))
    return first


@contextmanager
def _store(home: Path) -> Iterator[Store]:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(home.absolute())
    try:
        yield store
    finally:
        store.close()
