"""A journal in a PostgreSQL database: every commit on disk before it returns, and one writer by a lock of the server.

The writer's lock is an advisory lock of the session in which it writes: when the session ends, so does the lock, and
nothing can be claimed in another session. A writer whose connection was lost connects again and takes the lock again,
to record answers that it has; it claims nothing more, because another process may have been the writer meanwhile.

A session's settings bound how long it may hold a lock: a client that is stopped in a transaction, or cut off from the
server, would otherwise block all others.
"""

from __future__ import annotations

import os
import socket
import time
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy as sa
from psycopg.types.string import StrDumper

from campaign.journal.database import ConnectionLost
from campaign.journal.lock import command_line
from campaign.journal.one_statement import OneStatement, advance_leased
from campaign.model.errors import JournalBusy, JournalError
from campaign.model.i18n import N_, _
from campaign.model.reasons import encode, message
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.records import Step
    from campaign.model.reasons import Parameter

OLDEST_SERVER: Final = 17
"""The first major version with `transaction_timeout`."""

_SETTINGS: Final = {
    # A commit must be on disk when it returns: a lost claim would be sent twice.
    "synchronous_commit": "on",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",  # as the server spells it
    "transaction_timeout": "1h",  # the plan of ten million requests takes minutes
}

_SETTINGS_OF_WORKERS: Final = {
    "lock_timeout": "4s",
    "idle_in_transaction_session_timeout": "5s",
    "transaction_timeout": "30s",
}

_NETWORK: Final = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}

_KEPT_ONE: Final[dict[str, Any]] = {"poolclass": sa.pool.StaticPool}
_KEPT_WHILE_IT_LIVES: Final[dict[str, Any]] = {"pool_size": 1, "max_overflow": -1, "pool_pre_ping": True}
"""A writer has one connection, with its lock. A reader keeps one between its looks, until it has ended."""

_LOCK: Final = (1_667_329_392, 1)
"""The key of the writer's lock: the letters "camp" as a number, and 1."""

_TRIES: Final = 25
_PAUSE_S: Final = 0.02
"""A writer that just ended may still hold the lock: another one tries for half a second."""

_PATIENCE_S: Final = 60.0
"""So long a writer waits for a server that went away, to record the answers that it has."""

_LONGEST_NAME: Final = 63
"""Bytes of an `application_name` that PostgreSQL keeps."""


class _TextDumper(StrDumper):
    """Text without NUL, which PostgreSQL cannot store: an answer of the gateway must not be lost for it."""

    def dump(self, obj: str) -> Any:  # noqa: ANN401 - psycopg's Buffer
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


class PostgresDatabase:
    """A PostgreSQL database that holds a journal: a `database.Storage`.

    Args:
        url: of the database.
        write: whether connections may write.
        owner: the worker of a cluster that uses it; its sessions carry its name, and their transactions are short.

    Raises:
        JournalError: the URL has a setting that is not understood.
    """

    path = None
    commits_by_statement = True

    def __init__(self, url: sa.URL, *, write: bool, owner: str | None = None) -> None:
        self.name = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self.statements = OneStatement()
        self._owner = owner
        self._is_writer = False
        self._session: int | None = None  # the server's process that has the lock
        self._has_lost_connection = False
        self._away_since: float | None = None  # steady seconds; since when the server cannot be reached
        self.engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",  # `_begin` begins transactions, so that a single statement needs none
            **(_KEPT_ONE if write else _KEPT_WHILE_IT_LIVES),
        )
        sa.event.listen(self.engine, "do_connect", self._open)
        sa.event.listen(self.engine, "begin", _begin_writing if write else _begin_reading)

    def _open(
        self, dialect: sa.Dialect, _record: object, arguments: list[Any], settings: dict[str, Any]
    ) -> psycopg.Connection[Any]:
        """A connection with the session's settings; the writer's has its lock."""
        del dialect
        complete = self._complete(settings)
        while True:
            try:
                connection: psycopg.Connection[Any] = psycopg.connect(*arguments, autocommit=True, **complete)
            except psycopg.OperationalError as problem:
                if not self._may_try_again(problem):
                    raise
                time.sleep(1)
            else:
                break
        self._away_since = None
        connection.adapters.register_dumper(str, _TextDumper)
        if self._is_writer:
            self._has_lost_connection = True
            connection.execute(_END_SESSION, (self._session, self._application_name()))
            try:
                self._take_lock(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def connection_settings(self) -> dict[str, Any]:
        """What psycopg needs to connect as this storage does."""
        arguments, settings = self.engine.dialect.create_connect_args(self.engine.url)
        del arguments
        return self._complete(settings)

    def _complete(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in settings.items() if name != "context"}
        options = [f"-c {name}={value}" for name, value in self.settings.items()]
        options += [given.pop("options")] if "options" in given else []
        return {"application_name": self._application_name(), "options": " ".join(options), **_NETWORK} | given

    @property
    def settings(self) -> dict[str, str]:
        """What each session is asked to have, as the server spells it."""
        return _SETTINGS if self._owner is None else _SETTINGS | _SETTINGS_OF_WORKERS

    def _application_name(self) -> str:
        return _application_name() if self._owner is None else f"campaign worker {self._owner}"

    def _may_try_again(self, problem: psycopg.OperationalError) -> bool:
        if not self._is_writer or not _is_away(problem):
            return False
        if self._away_since is None:
            self._away_since = time.monotonic()
        return time.monotonic() < self._away_since + _PATIENCE_S

    def lock(self) -> None:
        """Make this process the journal's one writer until `close`."""
        try:
            with self.engine.connect() as connection:
                driver = connection.connection.driver_connection
                if driver is not None:
                    self._take_lock(driver)
        except sa.exc.DBAPIError as problem:
            raise self.explain(problem) from problem
        self._is_writer = True

    def _take_lock(self, connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy does not know the driver's type
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE_S)
            if connection.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK).fetchone()[0]:
                self._session = connection.info.backend_pid
                return
        holder = connection.execute(_HOLDER, _LOCK).fetchone()
        raise JournalBusy(
            _(
                "another process is writing to this journal: {process}. Wait until it has ended, or stop it with "
                "Ctrl-C in its own window.",
                process=_("which one is not known") if holder is None else _described(*holder),
            )
        )

    def has_writer(self) -> bool:
        """Whether a session holds the writer's lock."""
        if self._is_writer:
            return True
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(_HOLDER, _LOCK).first() is not None

    def advance_leased(self, cursor: DBAPICursor, step: Step, late: str) -> list[tuple[str, int, int]]:
        """See `database.Storage`."""
        return advance_leased(cursor, step, late)

    def require_writer(self) -> None:
        """Raise `JournalError` if the connection was lost since `lock`: another process may have written meanwhile."""
        if self._has_lost_connection:
            raise JournalError(encode(RunReason.JOURNAL_LOST, path=self.name))

    def is_lost(self, connection: sa.Connection) -> bool:
        """Whether the connection has ended, and its lock with it."""
        driver: Any = None if connection.invalidated else connection.connection.driver_connection
        lost = driver is None or bool(driver.closed)
        self._has_lost_connection |= lost and self._is_writer
        return lost

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, object]]) -> None:
        """Insert many rows, which all have the same columns, with COPY, and let the planner know of them."""
        each = iter(rows)
        if (first := next(each, None)) is None:
            return
        cursor: Any = connection.connection.cursor()
        names = list(first)
        try:
            with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
                for row in chain([first], each):
                    copy.write_row([row[name] for name in names])
            cursor.execute(f"ANALYZE {table.name}")
        except psycopg.Error as problem:
            raise sa.exc.DBAPIError(f"COPY {table.name}", None, problem) from problem
        finally:
            cursor.close()

    def find_damage(self, connection: sa.Connection) -> str | None:
        """None: the server checks what it reads by itself."""
        del connection
        return None

    def find_risks(self, connection: sa.Connection) -> list[str]:
        """What a crash or a failover of the server could take from it."""
        found = [
            _("the database's setting {setting} is off: a crash can lose claims", setting=setting)
            for setting in ("fsync", "full_page_writes")
            if connection.exec_driver_sql(f"SHOW {setting}").scalar() != "on"
        ]
        replicas = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'async'"
        if connection.exec_driver_sql(replicas).scalar():
            found.append(
                _("the database has an asynchronous replica: if it takes over, messages can go out a second time")
            )
        return found

    def erase_deleted(self) -> None:
        """Rewrite the tables that texts and numbers were removed from. The write-ahead log keeps them for a while."""
        with self.engine.connect() as connection:
            for table in ("runs", "images", "slices"):
                connection.connection.cursor().execute(f"VACUUM (FULL) {table}")

    def explain(self, problem: sa.exc.DBAPIError) -> JournalError:
        """PostgreSQL's error as the program's own, with the database and what to do."""
        words = " ".join(str(problem.orig).split("CONTEXT:")[0].split())
        hint = _hint(problem.orig, words)
        kind = ConnectionLost if _is_away(problem.orig) or _state_of(problem.orig) in _GAVE_UP else JournalError
        if hint is None:
            return kind(encode(RunReason.JOURNAL_FAILED, path=self.name, message=words))
        return kind(encode(RunReason.JOURNAL_FAILED_WITH_HINT, path=self.name, message=words, hint=hint))

    def close(self) -> None:
        """Close all connections, and so release the lock. A second call does nothing."""
        self.engine.dispose()


_HOLDER: Final = """
SELECT a.application_name, a.backend_start
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid = %s AND l.objid = %s
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


_END_SESSION: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND application_name = %s"
"""The server may not have noticed yet that a connection was lost, whose session still has the lock."""


def _begin_writing(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _application_name() -> str:
    """What the server's list of sessions calls this process: `campaign send, process 12 on host`."""
    words = f"{command_line()}, process {os.getpid()} on {socket.gethostname()}"
    return words.encode("ascii", "replace")[:_LONGEST_NAME].decode()


def _described(application_name: str, since: Any) -> str:  # noqa: ANN401 - a datetime, as psycopg types it
    return _("{process}, since {since}", process=application_name, since=since.isoformat(timespec="seconds"))


_AWAY: Final = ("", "57P01", "57P02", "57P03")
"""SQLSTATEs of a server that may come back: no answer at all, shutting down, crashed, starting."""


def _is_away(problem: object) -> bool:
    return isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError) and _state_of(problem) in _AWAY


_GAVE_UP: Final = ("40P01", "55P03", "25P03", "25P04", "53300")
"""SQLSTATEs of a statement that gave way to others: a deadlock, a time limit, too many connections."""


def _state_of(problem: object) -> str:
    """The SQLSTATE; "" where the server gave none."""
    return getattr(problem, "sqlstate", None) or ""


_HINTS: Final = {
    "42501": N_("the database's user needs the right to create and change tables"),
    "25006": N_("this server only reads: name the primary server"),
    "53100": N_("free some space on the server and resume"),
    "53300": N_("the server has too many connections: raise max_connections or run fewer processes"),
    "55P03": N_("another process holds it: try again"),
    "22": N_("a value cannot be written"),
    "57": N_("the database's server ended the connection: resume when it can be reached"),
    "": N_("check that the server runs and can be reached from here, and the URL's database, user and password"),
}
"""What to do, by the SQLSTATE or the beginning of it. Source: postgresql.org, PostgreSQL Error Codes."""


def _hint(problem: BaseException | None, words: str) -> Parameter | None:
    state = _state_of(problem)
    if "transaction_timeout" in words:
        return _("PostgreSQL {oldest} or newer is needed", oldest=OLDEST_SERVER)
    if "startup parameter" in words:
        return message(N_("connect to the server itself, not through a connection pooler such as PgBouncer"))
    has_no_answer = not state and isinstance(problem, psycopg.OperationalError)
    key = "" if has_no_answer else next((key for key in _HINTS if key and state.startswith(key)), None)
    return None if key is None else message(_HINTS[key])
