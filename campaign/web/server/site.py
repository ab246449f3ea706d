"""What every page can reach: the folder of campaigns, the database, the sessions and the three child processes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast
from weakref import WeakValueDictionary

from campaign.web import approval, record
from campaign.web.server.tries import Tries

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from campaign.web.orders import Orders
    from campaign.web.pipes import Child
    from campaign.web.server.checking import Checking
    from campaign.web.server.reach import Reach
    from campaign.web.server.sessions import Session, Sessions
    from campaign.web.store import Store


@dataclass(slots=True)
class Site:
    """One running `campaign web`.

    Attributes:
        home: the folder of campaigns.
        store: the page's own database.
        sessions: who is there.
        engine: the process that sends.
        journal: the process that reads the journal.
        check: the process that reads and checks.
        orders: what users asked for.
        checking: what that process is asked, and its last answers.
        reach: how it is reached.
        tries: wrong passwords of late.
        is_practice: nothing can really be sent: there are no keys, or `--practice-only` was given.
        is_stopping: the server is about to end; it starts nothing new.
    """

    home: Path
    store: Store
    sessions: Sessions
    engine: Child
    journal: Child
    check: Child
    orders: Orders
    checking: Checking
    reach: Reach
    tries: Tries = field(default_factory=Tries)
    is_practice: bool = True
    is_stopping: bool = False

    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def changing(self, campaign: str) -> asyncio.Lock:
        """The lock for reading a campaign's file, deciding and writing it: two windows may do so at once."""
        return self._locks.setdefault(campaign, asyncio.Lock())

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        return self.reach.cookie


async def note(
    request: Request,
    what: str,
    *,
    about: str = "",
    people: int | None = None,
    outcome: str = "done",
    user: str | None = None,
) -> None:
    """Add to the record what the user of a request does; see `record.Entry`. What cannot be recorded is not done."""
    session, address = session_of(request), address_of(request)
    name = user if user is not None else session.user if session is not None else ""
    await site_of(request).store.run(
        lambda connection: record.note(
            connection, user=name, what=what, address=address, about=about, people=people, outcome=outcome
        )
    )


async def note_change(request: Request, campaign: str) -> None:
    """Note that the user of a request changed or made a campaign."""
    site, session = site_of(request), session_of(request)
    user, now = session.user if session is not None else "", site.orders.clock()
    await site.store.run(lambda connection: approval.note_change(connection, campaign, user, now))


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return site_of(request).reach.address_of(request.scope, request.headers)


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    return cast("Site", request.app.state.site)


def session_of(request: Request) -> Session | None:
    """The session of a request; None for pages that need none, and where it has none."""
    return cast("Session | None", request.scope.get("campaign.session"))
