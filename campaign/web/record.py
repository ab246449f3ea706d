"""Who did what, when and from where. Each entry has the digest of the one before, so a changed entry shows.

Source: 개인정보의 안전성 확보조치 기준 제8조, records of access: kept for a year, or for two from 50,000 people on.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

KEPT_S: Final = 2 * 366 * 24 * 60 * 60
"""How long entries are kept."""

WORDS: Final = {
    "sign_in": N_("signed in"),
    "sign_out": N_("signed out"),
    "password": N_("changed the password"),
    "user_add": N_("added a user"),
    "user_role": N_("changed a role"),
    "user_password": N_("changed a password"),
    "user_remove": N_("removed a user"),
    "user_sign_out": N_("signed a user out"),
    "sessions": N_("signed out everywhere else"),
    "settings": N_("changed settings"),
    "upload": N_("uploaded a list"),
    "delete": N_("deleted a campaign"),
    "remove_draft": N_("removed a draft that nobody touched"),
    "remove_list": N_("removed the list of a campaign that was sent"),
    "download": N_("downloaded a result"),
    "opt_out_add": N_("added an opt-out"),
    "opt_out_import": N_("imported opt-outs"),
    "opt_out_remove": N_("removed an opt-out"),
    "reconcile": N_("looked unknown requests up in the history"),
    "opt_out_accept": N_("added opt-outs of delivery results"),
    "ask": N_("asked for approval"),
    "approve": N_("approved a send"),
    "send_back": N_("sent a request for approval back"),
    "send": N_("ordered a send"),
    "test": N_("ordered a test message"),
    "schedule": N_("scheduled a campaign"),
    "unschedule": N_("removed a schedule"),
    "pause": N_("paused a run"),
    "resume": N_("continued a run"),
    "cancel": N_("cancelled the rest of a run"),
    "resolve": N_("decided about unknown requests"),
    "report": N_("had a result workbook written"),
    "purge": N_("removed texts and numbers of a run"),
}
"""What can be done, in words. Other entries are shown as they are."""

_COLUMNS: Final = "number, at, user, address, what, about, people, outcome, digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record.

    Attributes:
        number: 1, 2, 3 ...
        at: seconds since 1970.
        user: who did it; `terminal` for the command line, `program` for what the page removes by itself.
        address: where the request came from.
        what: a word for scripts: of `WORDS`, or an order's kind.
        about: a campaign's or a run's id, a file's name.
        people: how many people's data it concerned; None where that does not apply.
        outcome: `done` or `refused`.
        digest: SHA-256 of the entry and of the digest before it, in hexadecimal.
    """

    number: int
    at: float
    user: str
    address: str
    what: str
    about: str
    people: int | None
    outcome: str
    digest: str


def note(
    connection: sqlite3.Connection,
    *,
    user: str,
    what: str,
    address: str = "",
    about: str = "",
    people: int | None = None,
    outcome: str = "done",
    at: float | None = None,
) -> None:
    """Add an entry, in the transaction of what it is about: what cannot be recorded is not done."""
    before = connection.execute("SELECT number, digest FROM record ORDER BY number DESC LIMIT 1").fetchone()
    number, digest = before or (0, "")
    entry = Entry(
        number=number + 1,
        at=time.time() if at is None else at,
        user=user,
        address=address,
        what=what,
        about=about,
        people=people,
        outcome=outcome,
        digest=digest,
    )
    values = asdict(entry) | {"digest": _digest(entry, digest)}
    connection.execute(f"INSERT INTO record ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tuple(values.values()))  # noqa: S608 (our own columns)


def recorded(
    work: Callable[[sqlite3.Connection], None], *, user: str, what: str, about: str
) -> Callable[[sqlite3.Connection], None]:
    """`work` together with its entry: both are done, or neither."""

    def done(connection: sqlite3.Connection) -> None:
        work(connection)
        note(connection, user=user, what=what, about=about)

    return done


def entries(connection: sqlite3.Connection, *, before: int | None = None, most: int = 100) -> list[Entry]:
    """Entries, newest first: those below the number `before`, or the newest."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM record WHERE number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608 (our own columns)
        (before or 1 << 62, most),
    ).fetchall()
    names = _COLUMNS.split(", ")
    return [Entry(**dict(zip(names, row, strict=True))) for row in rows]


def first_changed(connection: sqlite3.Connection) -> int | None:
    """The number of the first entry that was changed, or before which one is missing; None where all is as it was."""
    last: Entry | None = None
    for entry in reversed(entries(connection, most=1 << 62)):
        # Where older entries were removed, nothing is known of what stood before the first one that is left.
        if last is not None or entry.number == 1:
            before = "" if last is None else last.digest
            if entry.digest != _digest(entry, before) or (last is not None and entry.number != last.number + 1):
                return entry.number
        last = entry
    return None


def remove_old(connection: sqlite3.Connection, now: float) -> None:
    """Remove entries that need not be kept any more."""
    connection.execute("DELETE FROM record WHERE at < ?", (now - KEPT_S,))


def _digest(entry: Entry, before: str) -> str:
    values = [value for name, value in asdict(entry).items() if name != "digest"]
    return sha256(json.dumps([before, *values], ensure_ascii=True).encode()).hexdigest()
