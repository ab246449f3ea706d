"""The journal's tables in the newest layout; `migrations` has the steps from older ones.

Times are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from campaign.model import State

METADATA: Final = sa.MetaData()

_LONG: Final = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
"""A whole number of up to 64 bits: SQLite's INTEGER has them, PostgreSQL's has 32."""

LAYOUT: Final = sa.Table("layout", METADATA, sa.Column("version", sa.Integer, primary_key=True))
"""One row: the number of the journal's layout."""

RUNS: Final = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False, unique=True),  # the order in which runs were planned
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # model.RunState
    sa.Column("why", sa.Text),  # why it is paused
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("gateway", sa.Text, nullable=False),  # an origin, or "sandbox" for the built-in one
    sa.Column("api", sa.Text, nullable=False),
    sa.Column("in_flight", sa.Integer, nullable=False),
    sa.Column("rate", sa.Float),
    sa.Column("plan_digest", sa.Text, nullable=False),
    sa.Column("template", sa.Text),
    sa.Column("prices", sa.Text, nullable=False),  # JSON: won a message, by type
    sa.Column("recipients", sa.Text, nullable=False),  # JSON: columns, phone, sources, notes
    sa.Column("report", sa.Text),  # the path of its workbook
    sa.Column("purged_at", sa.BigInteger),  # when the texts and numbers were removed
    sa.Column("frozen", sa.LargeBinary, nullable=False),  # Parquet: the table; empty where `slices` has it
    sa.Column("window", sa.Text),  # the sending hours, as the campaign file spells them
    sa.Column("spread", sa.Text),  # how the requests are spread over time, as the campaign file spells it
    sa.Column("advertisement", sa.Integer),  # 1: the rules of advertising apply
    sa.Column("by_night", sa.Integer),  # 1: an advertisement that may be sent by night
    sa.Column("overridden", sa.Text),  # the broken rules that a user overrode
    sa.Column("resume_at", sa.BigInteger),  # paused by itself until then, when the scheduler resumes it
    sa.Column("mode", sa.Text),  # "queue": the workers of a cluster send it; NULL: the process that planned it
    sa.Column("held_since", sa.BigInteger),  # the workers claim nothing of it: since when, by the server's clock
    sa.Column("held_until", sa.BigInteger),
    sa.Column("spread_until", sa.BigInteger),  # until then, the workers have sent what its spread allows; likewise
    sa.Column("holidays", sa.Text),  # JSON: further days on which nothing is sent; NULL: every day counts
    sa.Column("first_stage", sa.Integer),  # the last request of the stage after which it pauses; NULL: no such stage
    sa.Column("stop_above", sa.Text),  # the share of rejected and unknown at which it pauses, as the file spells it
    sa.Column("released_at", sa.BigInteger),  # when a user resumed it: the share is that of what was sent since then
    sa.Column("delivery", sa.Text),  # JSON: the file's [delivery]
)

SCHEDULES: Final = sa.Table(
    "schedules",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False, unique=True),  # the order in which they were recorded
    sa.Column("name", sa.Text, nullable=False),  # the campaign's
    sa.Column("file", sa.Text, nullable=False),  # the resolved path of the campaign file
    sa.Column("state", sa.Text, nullable=False),  # model.ScheduleState
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("start_at", sa.BigInteger),
    sa.Column("every", sa.Text),  # a cron line
    sa.Column("grace", sa.BigInteger, nullable=False),  # microseconds that a start may be late
    sa.Column("gateway", sa.Text, nullable=False),  # as in `runs`
    sa.Column("section", sa.Text, nullable=False),  # JSON: the file's [schedule]
    sa.Column("notify", sa.Text),  # JSON: the file's [notify]
    sa.Column("invalid", sa.Integer, nullable=False),  # rows that were invalid when it was recorded
    sa.Column("again", sa.Integer, nullable=False),  # 1: a plan that was sent before may be sent again
    sa.Column("holidays", sa.Text),  # as in `runs`
)

OCCURRENCES: Final = sa.Table(
    "occurrences",
    METADATA,
    # The key is the claim: two schedulers, or one whose clock was set back, start a time once.
    sa.Column("schedule", sa.Text, sa.ForeignKey("schedules.id"), primary_key=True),
    sa.Column("due_at", sa.BigInteger, primary_key=True),
    sa.Column("start_by", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # model.OccurrenceState
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), unique=True),
    sa.Column("why", sa.Text),
    sa.Column("claimed_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
)

ORDERS: Final = sa.Table(
    "orders",
    METADATA,
    # The key is the claim: an order that is told twice is carried out once.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # what was done: send, cancel, ...
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id")),  # the run that it made or concerned
    sa.Column("by_whom", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text),
    sa.Column("reason", sa.Text),  # in words of who asked
    sa.Index("orders_by_run", "run"),
)

IMAGES: Final = sa.Table(
    "images",
    METADATA,
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

REQUESTS: Final = sa.Table(
    "requests",
    METADATA,
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),  # a digest of the run and the content
    sa.Column("recipients", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # model.State
    sa.Column("owner", sa.Text),  # who claimed it
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("code", _LONG),  # the gateway's last answer
    sa.Column("message", sa.Text),
    sa.Column("request_no", sa.Text),
    sa.Column("msg_type", sa.Text),
    sa.Column("cause", sa.Text),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("slice", sa.Integer),  # on PostgreSQL, the number of its slice
    # PostgreSQL updates a row in place where no index has a changed column and its page has room.
    sa.Index("requests_by_state", "run", "state", "no").ddl_if(dialect="sqlite"),
    postgresql_with={"fillfactor": 60},
)

SLICES: Final = sa.Table(
    "slices",
    METADATA,
    # The parts of a run on PostgreSQL. A file has none: its run is one part, `runs.frozen`.
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("no", sa.Integer, primary_key=True),  # from 0
    sa.Column("first", sa.Integer, nullable=False),  # its requests; the rows that go nowhere are in slices without any
    sa.Column("last", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column(
        "frozen", sa.LargeBinary
    ),  # Parquet: its rows, with their places in the table; NULL: `runs.frozen` has it
    # Requests by their state (model.State). `COUNT_BY_SLICE` moves them with the requests.
    *(sa.Column(str(state), sa.Integer, nullable=False) for state in State),
    postgresql_with={"fillfactor": 50},
)

COUNT_BY_SLICE: Final = (
    """
    CREATE OR REPLACE FUNCTION count_by_slice() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off  -- a statement changes requests of one or two slices, which the planner does not know
    AS $$
    BEGIN
        -- In the order of the slices: two transactions never wait for one another.
        PERFORM FROM slices s WHERE (s.run, s.no) IN (SELECT run, slice FROM were) ORDER BY s.run, s.no FOR UPDATE;
        UPDATE slices s
        SET planned = s.planned + m.planned, in_flight = s.in_flight + m.in_flight, accepted = s.accepted + m.accepted,
            rejected = s.rejected + m.rejected, unknown = s.unknown + m.unknown, cancelled = s.cancelled + m.cancelled
        FROM (
            SELECT run, slice,
                sum(CASE WHEN state = 'planned' THEN one ELSE 0 END) AS planned,
                sum(CASE WHEN state = 'in_flight' THEN one ELSE 0 END) AS in_flight,
                sum(CASE WHEN state = 'accepted' THEN one ELSE 0 END) AS accepted,
                sum(CASE WHEN state = 'rejected' THEN one ELSE 0 END) AS rejected,
                sum(CASE WHEN state = 'unknown' THEN one ELSE 0 END) AS unknown,
                sum(CASE WHEN state = 'cancelled' THEN one ELSE 0 END) AS cancelled
            FROM (
                SELECT run, slice, state, 1 AS one FROM are UNION ALL SELECT run, slice, state, -1 FROM were
            ) AS moved
            GROUP BY run, slice
        ) AS m
        WHERE s.run = m.run AND s.no = m.slice;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER requests_by_slice AFTER UPDATE ON requests
    REFERENCING OLD TABLE AS were NEW TABLE AS are FOR EACH STATEMENT EXECUTE FUNCTION count_by_slice()
    """,
)
"""PostgreSQL counts the requests of each slice by their states, in the very statement that changes a state.

A trigger does this for every statement that there is, so none can forget it.
"""


@sa.event.listens_for(METADATA, "after_create")
def _count_by_slice(_metadata: sa.MetaData, connection: sa.Connection, **_facts: object) -> None:
    for statement in COUNT_BY_SLICE if connection.dialect.name == "postgresql" else ():
        connection.exec_driver_sql(statement)


OWNERS: Final = sa.Table(
    "owners",
    METADATA,
    # The workers of a cluster: a process has a new row after its lease was lost. Times are the server's.
    sa.Column("id", sa.Text, primary_key=True),  # the owner of the requests that it claimed
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),  # of the program
    sa.Column("account", sa.Text, nullable=False),  # a digest of the gateway keys
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("beats", sa.BigInteger, nullable=False),  # grows while it lives
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("fenced", sa.Integer),  # 1: others declared it lost
)

HOSTS: Final = sa.Table(
    "hosts",
    METADATA,
    # The hosts from which the gateway takes nothing.
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("stopped_at", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("address", sa.Text),  # its own, from which it reached the gateway; NULL where it is not known
)

RATES: Final = sa.Table(
    "rates",
    METADATA,
    # The `rate` of a run, shared by its workers.
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("due", sa.Float, nullable=False),  # when the next request may go: seconds since 1970, the server's clock
    postgresql_with={"fillfactor": 10},
)

PASSAGES: Final = sa.Table(
    "passages",
    METADATA,
    # What workers may send of a run with a spread: an interval's worth. The times are the server's.
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("recipients", sa.Integer, nullable=False),
    sa.Index("passages_by_run", "run", "at"),
)

JOB_TABLES: Final = sa.Table(
    "job_tables",
    METADATA,
    # One row, where Procrastinate's tables are there: the number of its last migration that was applied.
    sa.Column("version", sa.Text, primary_key=True),
)

OPT_OUTS: Final = sa.Table(
    "opt_outs",
    METADATA,
    sa.Column("number", sa.Text, primary_key=True),  # digits only
    sa.Column("at", sa.BigInteger, nullable=False),  # when it was added
    sa.Column("origin", sa.Text, nullable=False),  # the file that it is from; empty: a user gave it
)
"""Numbers that no campaign is sent to."""

DELIVERIES: Final = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("request", sa.Integer, nullable=False),
    sa.Column("place", sa.Integer),  # of the recipient in the request, from 0; NULL after a purge
    sa.Column("result", sa.Text, nullable=False),  # model.Delivery
    sa.Column("code", sa.Text, nullable=False),  # as it came
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Index("deliveries_by_recipient", "run", "request", "place", unique=True),
)

EVENTS: Final = sa.Table(
    "events",
    METADATA,
    sa.Column("id", _LONG, primary_key=True, autoincrement=True),
    sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("no", sa.Integer),  # the request; NULL for events of the run itself
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # the new state
    sa.Column("cause", sa.Text),
    sa.Column("code", _LONG),
    sa.Column("attempt", sa.Integer),
    sa.Index("events_by_request", "run", "no"),
)

SERVER_TIME: Final[sa.ColumnElement[int]] = sa.literal_column(
    "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", sa.BigInteger
)
"""The time of a PostgreSQL server."""
