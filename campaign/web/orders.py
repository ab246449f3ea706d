"""Orders: what users asked the page to do. Each is noted in the page's database first, then told to the engine process.

An order's id is made when its form is shown, so a form that is sent twice is one order. An order that is open when the
server or the engine process starts is told again; the journal knows whether it was carried out.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from campaign.model import i18n
from campaign.model.i18n import _
from campaign.web import approval, disk, record
from campaign.web.pipes import ChildError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from campaign.web.pipes import Child
    from campaign.web.store import Store

UNDO_S: Final = 10.0
"""Seconds during which a send can be taken back."""

_FULL_S: Final = 1.0
"""Seconds until what became of an order is noted again that did not fit on the disk."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_COLUMNS: Final = (
    "id, kind, campaign, run, given, by_whom, language, asked_at, starts_at, state, words, code, waits_for, approved_by"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it stands.

    Attributes:
        kind: `send`, `test`, `pause`, ...
        campaign: the draft's id; None for orders about a run.
        run: the run that it makes or concerns, once that is known.
        given: what it is about, as the engine process wants it.
        starts_at: when it is told to the engine process; until then it can be taken back.
        state: `to_approve`, `asked`, `told`, `done`, `refused` or `taken_back`.
        words: why it was refused, or what it waits for.
        code: the code of the error that refused it.
        waits_for: what an open order waits for, in words: another program that sends.
        approved_by: who approved it, where that was asked for.
    """

    id: str
    kind: str
    campaign: str | None
    run: str | None
    given: Mapping[str, Any]
    by: str
    language: str
    asked_at: float
    starts_at: float
    state: str
    words: str | None
    code: str | None
    waits_for: str | None
    approved_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be carried out, or is being carried out."""
        return self.state in {"asked", "told"}


def new_id() -> str:
    """An id for the order of a form: 128 random bits."""
    return token_urlsafe(16)


def is_id(words: str) -> bool:
    """Whether a form's field has the form of an id."""
    return _ID.fullmatch(words) is not None


@dataclass(slots=True)
class Orders:
    """The orders of the page.

    Args:
        store: the page's database.
        clock: returns seconds since 1970.
        undo_s: seconds during which a send can be taken back.
    """

    store: Store
    clock: Callable[[], float] = time.time
    undo_s: float = UNDO_S
    engine: Child | None = None
    progress: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last report of each run that is being sent now."""

    _begun: dict[str, str] = field(default_factory=dict)  # the runs of orders that are being carried out, by order
    _ended: WeakValueDictionary[str, asyncio.Event] = field(default_factory=WeakValueDictionary)
    _background: set[asyncio.Task[None]] = field(default_factory=set)
    _noting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(
        self,
        identity: str,
        kind: str,
        by: str,
        *,
        campaign: str | None = None,
        run: str | None = None,
        address: str = "",
        about: str = "",
        people: int | None = None,
        can_be_taken_back: bool = False,
        needs_approval: bool = False,
        reason: str = "",
        **given: Any,  # noqa: ANN401 - as the engine process wants it
    ) -> Order:
        """Note an order and have it carried out; an order with an id that is known is not noted again.

        Args:
            identity: made with the form.
            kind: what is to be done.
            by: the user.
            campaign: the draft's id.
            run: the run that it is about.
            address: where the user is, for the record.
            about: what it is about, for the record, where that is no run and no campaign.
            people: how many people it concerns, for the record.
            can_be_taken_back: it is carried out only after `undo_s`.
            needs_approval: it is carried out only after another user has approved it.
            reason: why, in words of the user, for the record and the journal.
            given: what it is about, as the engine process wants it.

        Returns:
            The order that stands: the known one of that id; or the open one to send that campaign, so that a second
            form of it starts nothing.
        """
        now = self.clock()
        starts_at = now + self.undo_s if can_be_taken_back else now
        if run is not None:
            given["run"] = run
        if needs_approval:
            given["people"] = people
        if reason:
            given["reason"] = reason
        state, what = ("to_approve", "ask") if needs_approval else ("asked", kind)

        def work(connection: sqlite3.Connection) -> Order:
            if kind in {"send", "schedule"} and (one := _open_send(connection, campaign)) is not None:
                return one
            added = connection.execute(
                "INSERT INTO orders (id, kind, campaign, run, given, by_whom, language, asked_at, starts_at, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (identity, kind, campaign, run, json.dumps(given), by, i18n.language(), now, starts_at, state),
            ).rowcount
            if added:
                subject = about or run or campaign or str(given.get("schedule", ""))
                subject = f"{subject}: {reason}" if reason else subject
                record.note(connection, user=by, what=what, address=address, about=subject, people=people, at=now)
                if kind in {"send", "schedule"} and not given.get("practice"):
                    _drop_older(connection, campaign, identity)
            return _find(connection, identity)

        order = await self.store.run(work)
        if order.id == identity and order.is_open:
            self._later(order.starts_at - now)
        return order

    async def to_approve(self, campaign: str | None = None) -> list[tuple[Order, str | None]]:
        """The orders that wait for an approval, the oldest first, each with why it is void; of one campaign, or all."""
        now, which = self.clock(), "AND campaign = :campaign " if campaign is not None else ""

        def work(connection: sqlite3.Connection) -> list[tuple[Order, str | None]]:
            where = f"WHERE state = 'to_approve' {which}ORDER BY asked_at, id"
            found = _select(connection, where, {"campaign": campaign})
            return [(one, _void(one, approval.last_change(connection, one.campaign), now)) for one in found]

        return await self.store.run(work)

    async def why_not_approved(self, order: Order, user: str) -> tuple[str | None, str | None]:
        """Why nobody can approve an order any more, and why this user cannot; None for each that does not hold."""
        changed = await self.store.run(lambda connection: approval.last_change(connection, order.campaign))
        return _void(order, changed, self.clock()), approval.unfit(user, asked_by=order.by, changed=changed)

    async def approve(self, identity: str, by: str, *, address: str = "") -> Order:
        """Approve an order; one that was decided about before stays as it is. A send can be taken back for `undo_s`.

        Raises:
            NotApproved: this user may not approve it, or nobody may any more.
        """
        now = self.clock()

        def work(connection: sqlite3.Connection) -> tuple[Order, bool]:
            order = _find(connection, identity)
            if order.state != "to_approve":
                return order, False
            changed = approval.last_change(connection, order.campaign)
            words = _void(order, changed, now) or approval.unfit(by, asked_by=order.by, changed=changed)
            if words is not None:
                raise approval.NotApproved(words)
            starts_at = now if order.kind == "schedule" else now + self.undo_s
            connection.execute(_APPROVE, (by, starts_at, identity))
            record.note(connection, user=by, what="approve", address=address, at=now, **_about(order))
            return _find(connection, identity), True

        order, is_new = await self.store.run(work)
        if is_new:
            self._later(order.starts_at - now)
        return order

    async def send_back(self, identity: str, by: str, *, why: str = "", address: str = "") -> None:
        """Decide that an order that waits for an approval is not carried out."""
        now = self.clock()

        def work(connection: sqlite3.Connection) -> None:
            order = _find(connection, identity)
            with i18n.in_language(order.language):
                words = _("{user} sent it back: {why}", user=by, why=why) if why else _("{user} sent it back.", user=by)
            if connection.execute(_SEND_BACK, (words, identity)).rowcount:
                record.note(connection, user=by, what="send_back", address=address, at=now, **_about(order))

        await self.store.run(work)

    async def settled(self, identity: str, patience_s: float = 3.0) -> Order | None:
        """The order of that id as soon as it is not open any more, or after `patience_s` as it is then."""
        ended = self._ended.setdefault(identity, asyncio.Event())
        found = await self.find(identity)
        if found is not None and found.is_open:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await ended.wait()
            found = await self.find(identity)
        return found

    async def find(self, identity: str) -> Order | None:
        """The order of that id; None where there is none."""
        return await self.store.run(
            lambda connection: next(iter(_select(connection, "WHERE id = ?", (identity,))), None)
        )

    async def of_campaign(self, campaign: str) -> list[Order]:
        """The orders of a campaign, the newest first."""
        where = "WHERE campaign = ? ORDER BY asked_at DESC"
        return await self.store.run(lambda connection: _select(connection, where, (campaign,)))

    async def of_run(self, run: str) -> list[Order]:
        """The orders that made or concern a run, the newest first."""
        where = "WHERE run = ? ORDER BY asked_at DESC"
        return await self.store.run(lambda connection: _select(connection, where, (run,)))

    async def campaigns(self) -> dict[str, str]:
        """The campaign that each run was sent from, by the run's id."""
        query = "SELECT run, campaign FROM orders WHERE kind IN ('send', 'schedule') AND run IS NOT NULL"
        return await self.store.run(lambda connection: dict(connection.execute(query).fetchall()))

    async def open(self) -> list[Order]:
        """The orders that are still to be carried out, or are being carried out, the oldest first."""
        return await self.store.run(lambda connection: _select(connection, _OPEN, ()))

    async def take_back(self, identity: str) -> bool:
        """Take back an order that was not told yet; returns whether it could be taken back."""
        query = "UPDATE orders SET state = 'taken_back' WHERE id = ? AND state = 'asked'"
        return await self.store.run(lambda connection: connection.execute(query, (identity,)).rowcount == 1)

    async def tell(self) -> None:
        """Tell the engine process all open orders whose time has come; it ignores those that it has already."""
        now = self.clock()

        def work(connection: sqlite3.Connection) -> list[Order]:
            _refuse_changed(connection, now)
            connection.execute("UPDATE orders SET state = 'told' WHERE state = 'asked' AND starts_at <= ?", (now,))
            return _select(connection, _OPEN, ())

        found = await self.store.run(work)
        waiting = [one for one in found if one.state == "asked"]
        if waiting:
            self._later(min(one.starts_at for one in waiting) - now)
        told = [_as_told(one) for one in found if one.state == "told"]
        if not told or self.engine is None:
            return
        try:
            await self.engine.ask("orders", orders=told)
        except ChildError:
            return  # it has ended: they are told to the next one

    def live(self) -> dict[str, Mapping[str, int]]:
        """The recipients by state of each run that is being sent now, as last reported."""
        return {run: report["counts"] for run, report in self.progress.items()}

    def is_here(self, run: str) -> bool:
        """Whether the engine process sends a run, or is about to: then it can be paused here."""
        return run in self.progress or run in self._begun.values()

    def hear(self, event: str, fields: Mapping[str, Any]) -> None:
        """Note what the engine process reports."""
        if event == "progress":
            if fields["is_over"]:
                self.progress.pop(fields["run"], None)
            else:
                self.progress[fields["run"]] = fields
        elif event == "order":
            if fields["state"] == "begun":
                self._begun[fields["id"]] = fields["run"]
            elif fields["state"] in {"done", "refused"}:
                self._begun.pop(fields["id"], None)
            self._keep(self._note(dict(fields)))

    async def begin(self) -> None:
        """The engine process has started: nothing is being sent yet, and it knows no orders."""
        self.progress.clear()
        self._begun.clear()
        await self.tell()

    async def _note(self, fields: Mapping[str, Any]) -> None:
        is_over = fields["state"] in {"done", "refused"}
        values = {
            "id": fields["id"],
            "run": fields["run"],
            "state": fields["state"] if is_over else "told",
            "words": fields["words"] if is_over else None,
            "code": fields["code"],
            "waits_for": fields["words"] if fields["state"] == "waiting" else None,
        }
        async with self._noting:  # in the order in which they were reported
            while True:
                try:
                    await self.store.run(lambda connection: connection.execute(_NOTE, values))
                    break
                except sqlite3.OperationalError as problem:
                    if not disk.is_full(problem):
                        raise
                await asyncio.sleep(_FULL_S)
        if is_over and (ended := self._ended.get(fields["id"])) is not None:
            ended.set()

    def _later(self, seconds: float) -> None:
        async def tell() -> None:
            await asyncio.sleep(max(seconds, 0))
            await self.tell()

        self._keep(tell())

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


_OPEN: Final = "WHERE state IN ('asked', 'told') ORDER BY asked_at, id"

_NOTE: Final = (
    "UPDATE orders SET run = coalesce(:run, run), state = :state, words = :words, code = :code, waits_for = :waits_for "
    "WHERE id = :id AND state = 'told'"
)


_APPROVE: Final = "UPDATE orders SET state = 'asked', approved_by = ?, starts_at = ? WHERE id = ?"
_SEND_BACK: Final = "UPDATE orders SET state = 'refused', words = ? WHERE id = ? AND state = 'to_approve'"


def _refuse_changed(connection: sqlite3.Connection, now: float) -> None:
    """An approval is void where the campaign was changed after it, while the order could still be taken back."""
    for order in _select(connection, "WHERE state = 'asked' AND approved_by IS NOT NULL AND starts_at <= ?", (now,)):
        with i18n.in_language(order.language):
            words = _void(order, approval.last_change(connection, order.campaign), order.asked_at)
        if words is not None:
            connection.execute("UPDATE orders SET state = 'refused', words = ? WHERE id = ?", (words, order.id))


def _void(order: Order, changed: approval.Change | None, now: float) -> str | None:
    return approval.void(asked_at=order.asked_at, start_at=order.given.get("start_at"), changed=changed, now=now)


def _about(order: Order) -> dict[str, Any]:
    """What a decision about an order is about, for the record."""
    about, reason = order.campaign or "", order.given.get("reason")
    return {"about": f"{about}: {reason}" if reason else about, "people": order.given.get("people")}


def _drop_older(connection: sqlite3.Connection, campaign: str | None, identity: str) -> None:
    """A newer order to send the campaign takes the place of those that nobody has approved yet."""
    where = "WHERE campaign = ? AND state = 'to_approve' AND id != ?"
    for older in _select(connection, where, (campaign, identity)):
        with i18n.in_language(older.language):
            words = _("A newer request has taken its place.")
        connection.execute(_SEND_BACK, (words, older.id))


def _open_send(connection: sqlite3.Connection, campaign: str | None) -> Order | None:
    where = "WHERE campaign = ? AND kind IN ('send', 'schedule') AND state IN ('asked', 'told')"
    return next(iter(_select(connection, where, (campaign,))), None)


def _find(connection: sqlite3.Connection, identity: str) -> Order:
    return _select(connection, "WHERE id = ?", (identity,))[0]


def _select(
    connection: sqlite3.Connection, where: str, values: tuple[object, ...] | Mapping[str, object]
) -> list[Order]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM orders {where}", values).fetchall()  # noqa: S608 - our own words
    return [_order(row) for row in rows]


def _order(row: tuple[Any, ...]) -> Order:
    values = dict(zip(map(str.strip, _COLUMNS.split(",")), row, strict=True))
    values["given"] = json.loads(values["given"])
    values["by"] = values.pop("by_whom")
    return Order(**values)


def _as_told(order: Order) -> dict[str, object]:
    return {
        **order.given,
        "id": order.id,
        "kind": order.kind,
        "by": order.by,
        "approved_by": order.approved_by,
        "language": order.language,
        "asked_at": datetime.fromtimestamp(order.starts_at, UTC).isoformat(),
    }
