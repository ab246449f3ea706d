"""The one statement that runs for every request in a PostgreSQL journal: it settles, claims and records.

It is a transaction by itself, which the server commits without its client: a client that is stopped or cut off in the
middle of a transaction would keep its rows locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
import sqlalchemy as sa

from campaign.journal.database import NotInFlight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPICursor

    from campaign.journal.records import Settlement, Step

_ANSWERS: Final = """
    SELECT * FROM unnest(
        %(nos)s::bigint[], %(attempts)s::bigint[], %(states)s::text[], %(codes)s::bigint[], %(messages)s::text[],
        %(request_nos)s::text[], %(msg_types)s::text[], %(causes)s::text[]
    ) AS t (no, attempt, state, code, message, request_no, msg_type, cause)
"""
_CLAIM: Final = """
    UPDATE requests
    SET state = 'in_flight', owner = %(owner)s, sent_at = %(at)s, attempts = attempts + 1, ended_at = NULL,
        code = NULL, message = NULL, request_no = NULL, msg_type = NULL, cause = NULL
    WHERE run = %(run)s AND no = ANY(%(wanted)s::bigint[]) AND state = 'planned'
"""

_ADVANCE: Final = f"""
WITH answers AS ({_ANSWERS}), settled AS (
    UPDATE requests r
    SET state = a.state, owner = NULL, ended_at = %(at)s, code = a.code, message = a.message,
        request_no = a.request_no, msg_type = a.msg_type, cause = a.cause
    FROM answers a
    WHERE r.run = %(run)s AND r.no = a.no AND r.state = 'in_flight' AND r.owner = %(owner)s
    RETURNING r.no
), claimed AS ({_CLAIM} RETURNING no, attempts
), recorded AS (
    INSERT INTO events (run, no, at, state, cause, code, attempt)
    SELECT %(run)s, no, %(at)s, state, cause, code, attempt FROM answers
    UNION ALL
    SELECT %(run)s, no, %(at)s, 'in_flight', NULL, NULL, attempts FROM claimed
)
SELECT no, attempts FROM claimed
UNION ALL
-- Division by zero undoes the whole statement: it is the one error that SQL can raise on a condition.
SELECT 0, 1 / (CASE WHEN (SELECT count(*) FROM settled) = cardinality(%(nos)s::bigint[]) THEN 1 ELSE 0 END)
"""  # noqa: S608 - the parts are the constants above

_ADVANCE_LEASED: Final = f"""
WITH answers AS ({_ANSWERS}), me AS (
    -- The lock makes whoever fences this owner wait for this claim, and see it.
    SELECT id FROM owners WHERE id = %(owner)s AND ended_at IS NULL FOR SHARE
), going AS (
    SELECT id, first_stage FROM runs
    WHERE id = %(run)s AND state = 'running' AND mode = 'queue'
        AND coalesce(held_until, 0) <= extract(epoch FROM clock_timestamp()) * 1000000
), settled AS (
    UPDATE requests r
    SET state = a.state, ended_at = %(at)s, code = a.code, message = a.message, request_no = a.request_no,
        msg_type = a.msg_type,
        cause = CASE WHEN r.state = 'unknown' THEN coalesce(a.cause, %(late)s::text) ELSE a.cause END
    FROM answers a
    WHERE r.run = %(run)s AND r.no = a.no AND r.owner = %(owner)s AND r.attempts = a.attempt
        AND r.state IN ('in_flight', 'unknown')
    RETURNING r.no, r.cause
), claimed AS ({_CLAIM} AND EXISTS (SELECT FROM me)
        AND EXISTS (SELECT FROM going WHERE first_stage IS NULL OR no <= first_stage) RETURNING no, attempts
), recorded AS (
    INSERT INTO events (run, no, at, state, cause, code, attempt)
    SELECT %(run)s, a.no, %(at)s, a.state, s.cause, a.code, a.attempt FROM answers a JOIN settled s ON s.no = a.no
    UNION ALL
    SELECT %(run)s, no, %(at)s, 'in_flight', NULL, NULL, attempts FROM claimed
)
SELECT 'claimed', no::bigint, attempts::bigint FROM claimed
UNION ALL SELECT 'settled', no, 0 FROM settled
UNION ALL SELECT 'going', 0, 0 FROM going
UNION ALL SELECT 'me', 0, 0 FROM me
"""  # noqa: S608 - the parts are the constants above


class OneStatement:
    """Settle, claim and record in one statement: `database.RequestStatements`, a transaction by itself."""

    def advance(self, cursor: DBAPICursor, step: Step) -> list[tuple[int, int]]:
        """See `database.RequestStatements`.

        A request that is both settled and wanted takes two statements, and needs the caller's transaction.
        """
        given: dict[str, Any] = {"run": step.run, "owner": step.owner, "at": step.at, "wanted": list(step.wanted)}
        given |= _columns(step.settlements)
        if {one.no for one in step.settlements}.isdisjoint(step.wanted):
            return _run(cursor, given)
        _run(cursor, given | {"wanted": []})
        return _run(cursor, given | _columns([]))


def advance_leased(cursor: DBAPICursor, step: Step, late: str) -> list[tuple[str, int, int]]:
    """Settle and claim for a worker of a cluster: `workers.Workers.advance`; `late` is the cause of late answers.

    No request may be both settled and wanted.
    """
    given = {"run": step.run, "owner": step.owner, "at": step.at, "wanted": list(step.wanted), "late": late}
    try:
        cursor.execute(_ADVANCE_LEASED, given | _columns(step.settlements))
    except psycopg.Error as problem:
        raise sa.exc.DBAPIError(_ADVANCE_LEASED, None, problem) from problem
    return list(cursor.fetchall())


def _run(cursor: DBAPICursor, given: dict[str, Any]) -> list[tuple[int, int]]:
    try:
        cursor.execute(_ADVANCE, given)
    except psycopg.errors.DivisionByZero:
        raise NotInFlight from None
    except psycopg.Error as problem:
        raise sa.exc.DBAPIError(_ADVANCE, None, problem) from problem
    return sorted((no, attempt) for no, attempt in cursor.fetchall() if no)


def _columns(settlements: Sequence[Settlement]) -> dict[str, list[Any]]:
    return {
        "nos": [one.no for one in settlements],
        "attempts": [one.attempt for one in settlements],
        "states": [str(one.state) for one in settlements],
        "codes": [one.code for one in settlements],
        "messages": [one.message for one in settlements],
        "request_nos": [one.request_no for one in settlements],
        "msg_types": [one.msg_type for one in settlements],
        "causes": [one.cause for one in settlements],
    }
