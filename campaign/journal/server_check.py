"""What a PostgreSQL server is to the sessions of this host: its version, their settings, a pooler, the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy as sa

from campaign.journal.postgres import OLDEST_SERVER
from campaign.journal.records import from_micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.journal.postgres import PostgresDatabase

SHARED: Final = "transaction"
OWN: Final = "session"
"""How a pooler hands out the server's sessions: a new one for each transaction, or one for each connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """A server, as this host reaches it.

    Attributes:
        version: such as `18.6`.
        differing: the settings of our sessions that have another value than we asked for: name, found, wanted.
        pooler: the mode of the connection pooler in between, `OWN` or `SHARED`; None if there is none.
        clock_ahead: how far the server's clock is ahead of this host's; the way there and back is not in it.
        oldest: the first major version that has all that the journal needs.
    """

    version: str
    differing: tuple[tuple[str, str, str], ...]
    pooler: str | None
    clock_ahead: timedelta
    oldest: int = OLDEST_SERVER

    @property
    def is_too_old(self) -> bool:
        """Whether the server is older than that."""
        return int(self.version.split(".")[0]) < self.oldest


def look(storage: PostgresDatabase) -> ServerFacts:
    """Ask the server, over two connections of their own.

    Raises:
        JournalError: it cannot be reached or asked.
    """
    try:
        with storage.engine.connect() as first, storage.engine.connect() as second:
            return _look(first.connection.driver_connection, second.connection.driver_connection, storage.settings)
    except psycopg.Error as problem:
        raise storage.explain(sa.exc.DBAPIError("", None, problem)) from problem
    except sa.exc.DBAPIError as problem:
        raise storage.explain(problem) from problem


def _look(first: Any, second: Any, settings: dict[str, str]) -> ServerFacts:  # noqa: ANN401 - psycopg's connections
    seen = [_value(one, "SELECT pg_backend_pid()") for one in (first, second, first)]
    began = datetime.now(UTC)
    theirs = from_micros(_value(first, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))
    ours = began + (datetime.now(UTC) - began) / 2
    found = {name: str(_value(first, f"SELECT current_setting('{name}', true)")) for name in settings}
    return ServerFacts(
        version=str(_value(first, "SHOW server_version")).split()[0],
        differing=tuple((name, found[name], wanted) for name, wanted in settings.items() if found[name] != wanted),
        pooler=pooler_of(seen, announced=first.info.backend_pid),
        clock_ahead=theirs - ours,
    )


def _value(connection: Any, query: str) -> Any:  # noqa: ANN401 - psycopg's
    return connection.execute(query).fetchone()[0]


def pooler_of(seen: Sequence[int], *, announced: int) -> str | None:
    """The mode of a connection pooler; None if there is none.

    Args:
        seen: the server's processes that answered the first connection, the second one, and the first one again.
        announced: the process that the first connection was told when it was opened. A pooler tells another one.
    """
    first, second, again = seen
    if first == second or first != again:
        return SHARED
    return None if first == announced else OWN
