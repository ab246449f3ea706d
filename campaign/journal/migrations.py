"""The numbered layouts of a journal's tables, and the steps from each to the next.

A migration spells its own SQL: `tables` describes the newest layout only, and changes with it. The writer that opens a
journal of an older layout applies the missing migrations, each in a transaction of its own together with the layout's
new number. A process that dies in between leaves a journal of the last finished layout, and the next writer continues.

Older versions of the program wrote the number 1 for each of the layouts 1 to 4. So a migration adds only what is
missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from campaign.journal.tables import COUNT_BY_SLICE, LAYOUT, METADATA
from campaign.model.errors import JournalError, NoRunYet
from campaign.model.i18n import _

if TYPE_CHECKING:
    from campaign.journal.database import Database, WritableDatabase


class OlderLayout(JournalError):
    """The journal has an older layout, and a writer has to upgrade it before it can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step to layout `number`: tables and columns, each added where it is missing.

    Attributes:
        number: of the layout that the step leads to.
        adds: what the new layout can store, for the reader of the code.
        tables: CREATE TABLE IF NOT EXISTS statements.
        columns: table, column and SQL type; a new column is NULL in all rows.
        postgresql: further statements for a journal in PostgreSQL.
    """

    number: int
    adds: str
    tables: tuple[str, ...] = ()
    columns: tuple[tuple[str, str, str], ...] = ()
    postgresql: tuple[str, ...] = ()

    def execute(self, connection: sa.Connection) -> None:
        """Take the step in the caller's transaction."""
        is_postgresql = connection.dialect.name == "postgresql"
        for statement in self.tables:
            connection.exec_driver_sql(statement.replace("BLOB", "BYTEA") if is_postgresql else statement)
        for table, column, kind in self.columns:
            if column not in {found["name"] for found in sa.inspect(connection).get_columns(table)}:
                connection.exec_driver_sql(f'ALTER TABLE {table} ADD COLUMN "{column}" {kind}')
        for statement in self.postgresql if is_postgresql else ():
            connection.exec_driver_sql(statement)


MIGRATIONS: Final = (
    Migration(
        number=2,
        adds="when the texts and numbers of a run were removed",
        columns=(("runs", "purged_at", "BIGINT"),),
    ),
    Migration(
        number=3,
        adds="schedules with their occurrences; the sending hours and the spread of a run",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS schedules (
                id TEXT NOT NULL PRIMARY KEY,
                seq INTEGER NOT NULL UNIQUE,
                name TEXT NOT NULL,
                file TEXT NOT NULL,
                state TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                start_at BIGINT,
                every TEXT,
                grace BIGINT NOT NULL,
                gateway TEXT NOT NULL,
                section TEXT NOT NULL,
                notify TEXT,
                invalid INTEGER NOT NULL,
                again INTEGER NOT NULL
            )
            """,
            """
            CREATE TABLE IF NOT EXISTS occurrences (
                schedule TEXT NOT NULL REFERENCES schedules (id),
                due_at BIGINT NOT NULL,
                start_by BIGINT NOT NULL,
                state TEXT NOT NULL,
                run TEXT UNIQUE REFERENCES runs (id),
                why TEXT,
                claimed_at BIGINT NOT NULL,
                ended_at BIGINT,
                PRIMARY KEY (schedule, due_at)
            )
            """,
        ),
        columns=(
            ("runs", "window", "TEXT"),
            ("runs", "spread", "TEXT"),
            ("runs", "advertisement", "INTEGER"),
            ("runs", "resume_at", "BIGINT"),
        ),
    ),
    Migration(
        number=4,
        adds="whether an advertisement may go by night, and the rules that a user overrode",
        columns=(("runs", "by_night", "INTEGER"), ("runs", "overridden", "TEXT")),
    ),
    Migration(
        number=5,
        adds="the orders that users gave to a door, each carried out once",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS orders (
                id TEXT NOT NULL PRIMARY KEY,
                at BIGINT NOT NULL,
                kind TEXT NOT NULL,
                run TEXT REFERENCES runs (id),
                by_whom TEXT NOT NULL,
                approved_by TEXT
            )
            """,
            "CREATE INDEX IF NOT EXISTS orders_by_run ON orders (run)",
        ),
    ),
    Migration(
        number=6,
        adds="what became of the recipients of accepted requests, and how a run asks for that",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS deliveries (
                run TEXT NOT NULL REFERENCES runs (id),
                request INTEGER NOT NULL,
                place INTEGER,
                result TEXT NOT NULL,
                code TEXT NOT NULL,
                words TEXT NOT NULL,
                sent_at BIGINT,
                seen_at BIGINT NOT NULL
            )
            """,
            "CREATE UNIQUE INDEX IF NOT EXISTS deliveries_by_recipient ON deliveries (run, request, place)",
        ),
        columns=(("runs", "delivery", "TEXT"),),
    ),
    Migration(
        number=7,
        adds="the holidays that a run and a schedule skip",
        columns=(("runs", "holidays", "TEXT"), ("schedules", "holidays", "TEXT")),
    ),
    Migration(
        number=8,
        adds="the first stage of a run, and the share of failures at which it pauses",
        columns=(
            ("runs", "first_stage", "INTEGER"),
            ("runs", "stop_above", "TEXT"),
            ("runs", "released_at", "BIGINT"),
        ),
    ),
    Migration(
        number=9,
        adds="the house's own list of numbers that no campaign is sent to",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS opt_outs (
                number TEXT NOT NULL PRIMARY KEY,
                at BIGINT NOT NULL,
                origin TEXT NOT NULL
            )
            """,
        ),
    ),
    Migration(
        number=10,
        adds="the workers of a cluster, and the runs that they send",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS owners (
                id TEXT NOT NULL PRIMARY KEY,
                host TEXT NOT NULL,
                pid INTEGER NOT NULL,
                version TEXT NOT NULL,
                account TEXT NOT NULL,
                started_at BIGINT NOT NULL,
                beats BIGINT NOT NULL,
                ended_at BIGINT,
                fenced INTEGER
            )
            """,
            """
            CREATE TABLE IF NOT EXISTS hosts (
                host TEXT NOT NULL PRIMARY KEY,
                stopped_at BIGINT NOT NULL,
                why TEXT NOT NULL
            )
            """,
            """
            CREATE TABLE IF NOT EXISTS rates (
                run TEXT NOT NULL PRIMARY KEY REFERENCES runs (id),
                due FLOAT NOT NULL
            )
            """,
        ),
        columns=(
            ("runs", "mode", "TEXT"),
            ("runs", "held_since", "BIGINT"),
            ("runs", "held_until", "BIGINT"),
        ),
    ),
    Migration(
        number=11,
        adds="the spread of a run that several workers send, and which tables their jobs have",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS passages (
                run TEXT NOT NULL REFERENCES runs (id),
                at BIGINT NOT NULL,
                recipients INTEGER NOT NULL
            )
            """,
            "CREATE INDEX IF NOT EXISTS passages_by_run ON passages (run, at)",
            "CREATE TABLE IF NOT EXISTS job_tables (version TEXT NOT NULL PRIMARY KEY)",
        ),
        columns=(("runs", "spread_until", "BIGINT"),),
    ),
    Migration(
        number=12,
        adds="the slices of a run on PostgreSQL, with their counts",
        tables=(
            """
            CREATE TABLE IF NOT EXISTS slices (
                run TEXT NOT NULL REFERENCES runs (id),
                no INTEGER NOT NULL,
                first INTEGER NOT NULL,
                last INTEGER NOT NULL,
                rows INTEGER NOT NULL,
                frozen BLOB,
                planned INTEGER NOT NULL,
                in_flight INTEGER NOT NULL,
                accepted INTEGER NOT NULL,
                rejected INTEGER NOT NULL,
                unknown INTEGER NOT NULL,
                cancelled INTEGER NOT NULL,
                PRIMARY KEY (run, no)
            )
            """,
        ),
        columns=(("requests", "slice", "INTEGER"),),
        postgresql=(
            "UPDATE requests SET slice = (no - 1) / 1000 WHERE slice IS NULL",
            """
            INSERT INTO slices
            SELECT run, slice, min(no), max(no), sum(recipients), NULL,
                count(*) FILTER (WHERE state = 'planned'), count(*) FILTER (WHERE state = 'in_flight'),
                count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state = 'rejected'),
                count(*) FILTER (WHERE state = 'unknown'), count(*) FILTER (WHERE state = 'cancelled')
            FROM requests GROUP BY run, slice ON CONFLICT DO NOTHING
            """,
            *COUNT_BY_SLICE,
        ),
    ),
    Migration(
        number=13,
        adds="the own address of a host that the gateway refuses",
        columns=(("hosts", "address", "TEXT"),),
    ),
    Migration(
        number=14,
        adds="why a user ordered something, in words",
        columns=(("orders", "reason", "TEXT"),),
    ),
)
"""All steps, in order. A new one gets the next number and changes `tables` too."""

NEWEST: Final = MIGRATIONS[-1].number
"""The number of the layout that `tables` describes."""


def upgrade(database: WritableDatabase) -> None:
    """Make the tables of a new journal, or bring those of an older one to the newest layout.

    Raises:
        JournalError: the layout is newer than this program, or the database is not a journal.
    """
    with database.writing() as connection:
        number = _layout_number(connection, database)
        if number is None:
            METADATA.create_all(connection)
            connection.execute(sa.insert(LAYOUT), {"version": NEWEST})
            return
    for migration in MIGRATIONS:
        if migration.number > number:
            with database.writing() as connection:
                migration.execute(connection)
                connection.execute(sa.update(LAYOUT).values(version=migration.number))


def require_newest(database: Database) -> None:
    """Refuse to read a database whose tables are not those of `tables`.

    Raises:
        OlderLayout: a writer has to upgrade the journal first.
        NoRunYet: there are no tables: nobody made the journal yet, or a process died before it was made.
        JournalError: the layout is newer than this program, or the database is not a journal.
    """
    with database.reading() as connection:
        number = _layout_number(connection, database)
    if number is None:
        raise no_journal_yet(database.name)
    if number < NEWEST:
        raise OlderLayout(
            _(
                "journal {path}: an older version of the program wrote it (layout {number}; this version needs layout "
                "{newest})",
                path=database.name,
                number=number,
                newest=NEWEST,
            )
        )


def no_journal_yet(name: str) -> NoRunYet:
    """The error for a journal that does not exist yet."""
    return NoRunYet(_("there is no journal at {path} yet: no run was made.", path=name))


def _layout_number(connection: sa.Connection, database: Database) -> int | None:
    """The number of the journal's layout; None if the database has no tables."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    number = connection.scalar(sa.select(LAYOUT.c.version)) if LAYOUT.name in tables else None
    if number is None:
        raise JournalError(
            _("journal {path}: the file is a database, but not a journal; name another one", path=database.name)
        )
    if number > NEWEST:
        raise JournalError(
            _(
                "journal {path}: the journal's layout is {number}, and this version of the program knows layouts up to "
                "{newest}. Use the version that wrote it, or a newer one.",
                path=database.name,
                number=number,
                newest=NEWEST,
            )
        )
    return int(number)
