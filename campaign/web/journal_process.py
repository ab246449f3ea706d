"""The process that reads the journal for the pages: runs, schedules, results. It has no keys and writes nothing.

    python -m campaign.web.journal_process

It is apart from the process that sends, so that a page never waits for what is being sent, and the other way round.
Answers have states and times as data; the server words them. pandas is loaded only for the questions that need it.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from campaign.config.environment import Environment
from campaign.engine.summary import rows_by_status, rows_left_out
from campaign.gateway.delivery_codes import meaning
from campaign.gateway.result_codes import ACCEPTED, describe
from campaign.journal import open_for_reading
from campaign.model import Delivery, Ground, RunState, ScheduleState, State
from campaign.model.errors import CampaignError, JournalError, NoSuchRun
from campaign.model.i18n import _
from campaign.model.naming import canonical_path
from campaign.model.origin import SANDBOX
from campaign.model.reasons import decode, is_encoded
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.model.times import Clock, format_time
from campaign.recipients.numbers.sender import hyphenated, mask
from campaign.recipients.spreadsheets import headings
from campaign.scheduler import due_tasks
from campaign.timing import working_days
from campaign.web.pipes import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from campaign.journal import Reader, RunRecord, ScheduleRecord, Tally

    Counts = Mapping[str, Mapping[str, int]]

_NEXT_SHOWN: Final = 3
_PAST_SHOWN: Final = 5
_LONGEST_HOLIDAY: Final = timedelta(days=14)
_RECIPIENTS_SHOWN: Final = 3
_STORY_RECIPIENTS: Final = 50
_OVER: Final = frozenset({RunState.FINISHED, RunState.CANCELLED})
_SENDING: Final = frozenset({RunState.RUNNING, RunState.INTERRUPTED, RunState.PAUSED})
_FINAL: Final = frozenset({State.ACCEPTED, State.REJECTED, State.CANCELLED})
"""States of requests that never change again."""


class NoSuchRequest(CampaignError):
    """The run has no request of that number."""


@dataclass(slots=True)
class RunQuestions:
    """Answers questions about one journal, which stays open between them.

    Args:
        journal_url: the journal's URL.
    """

    journal_url: str
    _kept: _Kept | None = None
    _settled: dict[str, list[Tally]] = field(default_factory=dict)
    _left_out: dict[str, dict[str, int]] = field(default_factory=dict)

    def handlers(self) -> dict[str, Callable[..., Mapping[str, object]]]:
        """The questions by name."""
        handlers: dict[str, Callable[..., Mapping[str, object]]] = {
            "overview": self.overview,
            "runs": self.runs,
            "run": self.run,
            "unknown": self.unknown,
            "problems": self.problems,
            "schedules": self.schedules,
            "sent_before": self.sent_before,
            "csv": self.csv,
            "by": self.by,
            "rest": self.rest,
            "opt_outs": self.opt_outs,
            "uses": self.uses,
            "purgeable": self.purgeable,
            "requests": self.requests,
            "request": self.request,
        }
        return {name: partial(self._answer, handler) for name, handler in handlers.items()}

    def close(self) -> None:
        """Close the journal; the next question opens it again."""
        if self._kept is not None:
            self._kept.journal.close()
            self._kept = None

    def _answer(self, handler: Callable[..., Mapping[str, object]], **fields: object) -> Mapping[str, object]:
        """The answer; asked of the journal opened anew where the one that was open cannot be read any more."""
        was_open = self._kept is not None
        try:
            return handler(**fields)
        except JournalError:
            self.close()
            if not was_open:
                raise
        return handler(**fields)

    def _opened(self) -> Reader:
        """The journal, read-only.

        Raises:
            NoSuchRun: there is none yet.
            JournalError: it cannot be read.
        """
        if self._kept is not None and not self._kept.is_there():
            self.close()
        if self._kept is None:
            self._kept = _Kept.of(open_for_reading(self.journal_url))
        return self._kept.journal

    def _opened_if_any(self) -> Reader | None:
        """The journal, read-only; None where there is none yet."""
        try:
            return self._opened()
        except NoSuchRun:
            return None

    def overview(self, *, most: int, live: Counts | None = None) -> dict[str, object]:
        """The runs that are being sent, the schedules, and the runs that have ended; at most `most` of each.

        Args:
            most: entries of each list.
            live: the recipients by state of the runs that are sent now, as far as the caller has followed them.
        """
        journal = self._opened_if_any()
        if journal is None:
            return {"sending": [], "scheduled": [], "past": []}
        records = _own_runs(journal)
        sending = [record for record in records if record.state in _SENDING and not _is_ahead(record)]
        past = [record for record in records if record.state not in _SENDING]
        return {
            "sending": [self._brief(journal, record, live) for record in sending[:most]],
            "scheduled": [
                _schedule(journal, one) for one in journal.schedules.all() if one.state == ScheduleState.ACTIVE
            ][:most],
            "past": [self._brief(journal, record) for record in past[:most]],
        }

    def runs(self, *, offset: int, most: int, live: Counts | None = None) -> dict[str, object]:
        """All runs, the newest first, `most` of them from `offset` on; `live` as for `overview`."""
        journal = self._opened_if_any()
        if journal is None:
            return {"runs": [], "total": 0}
        records = _own_runs(journal)
        chosen = records[offset : offset + most]
        return {"runs": [self._brief(journal, record, live) for record in chosen], "total": len(records)}

    def run(self, *, run: str) -> dict[str, object]:
        """One run: its facts, its recipients by state, and who ordered what."""
        journal = self._opened()
        record = journal.runs.get(run)
        orders = journal.orders.of_run(run)
        return self._brief(journal, record) | {
            "gateway": record.gateway,
            "started_at": record.started_at,
            "ended_at": record.ended_at,
            "purged_at": record.purged_at,
            "overridden": record.overridden,
            "report": record.report if record.report and Path(record.report).is_file() else None,
            "is_queued": record.is_queued,
            "is_test": any(one.kind == "test" for one in orders),
            "orders": [
                {
                    "kind": one.kind,
                    "by": one.by_whom,
                    "approved_by": one.approved_by,
                    "reason": one.reason,
                    "at": one.at,
                }
                for one in orders
            ],
            "codes": _codes(self._tallies(journal, run)),
            "is_first_stage": _is_first_stage(record),
            "delivery": _delivery(journal, record),
            "proposed": _proposed(journal, record),
        }

    def sent_before(self, *, digest: str) -> dict[str, object]:
        """The last run with the same plan that sent something or may still do so; `run` is None where there is none."""
        journal = self._opened_if_any()
        found = journal.runs.same_plan(digest) if journal is not None else []
        if not found:
            return {"run": None}
        return {"run": found[0].id, "state": str(found[0].state), "at": found[0].created_at}

    def unknown(self, *, run: str, offset: int, most: int) -> dict[str, object]:
        """The requests whose outcome is not known: number, recipients, masked numbers, text, time."""
        import pandas as pd

        journal = self._opened()
        journal.runs.get(run)
        found = journal.requests.table(run, State.UNKNOWN)
        page = found.iloc[offset : offset + most]
        rows = _recipients(journal, run, [int(no) for no in page["no"]])
        return {
            "total": len(found),
            "recipients": int(found["recipients"].sum()),
            "requests": [
                {
                    "no": int(no),
                    "recipients": int(recipients),
                    "cause": sentence(cause),
                    "at": None if pd.isna(at) else at.isoformat(),
                    **rows[int(no)],
                }
                for no, recipients, cause, at in zip(
                    page["no"], page["recipients"], page["cause"], page["sent_at"], strict=True
                )
            ],
        }

    def problems(self, *, run: str) -> dict[str, object]:
        """How many rows have each status, as the result workbook has them, and the headings of their columns."""
        journal = self._opened()
        journal.runs.get(run)
        if run not in self._left_out:
            self._left_out[run] = rows_left_out(journal, run)
        return {
            "rows": rows_by_status(self._left_out[run], _recipients_by_state(self._tallies(journal, run))),
            "columns": [headings.shown(one) for one in journal.runs.headings(run) if one.strip()],
        }

    def schedules(self) -> dict[str, object]:
        """All schedules, the newest first, with what became of each time."""
        journal = self._opened_if_any()
        if journal is None:
            return {"schedules": []}
        return {"schedules": [_schedule(journal, one) for one in journal.schedules.all()]}

    def rest(self, *, run: str, statuses: list[str]) -> dict[str, object]:
        """A workbook of the rows with one of these statuses, in a temporary folder that the caller removes."""
        from campaign import engine
        from campaign.engine import breakdown
        from campaign.engine.reports import write_workbook

        journal = self._opened()
        result = engine.result_of_run(journal, journal.runs.get(run))
        chosen = result.rows["status"].isin(statuses).to_numpy(dtype=bool)
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": write_workbook(breakdown.part(result, chosen), folder / f"{run}.xlsx", engine.SILENT)}

    def opt_outs(self, *, number: str | None = None) -> dict[str, object]:
        """How many numbers are on the house's own opt-out list, and the entry of one, None if it is not on it."""
        from campaign.engine import opt_outs

        journal = self._opened_if_any()
        if journal is None:
            return {"count": 0, "found": None}
        one = opt_outs.find(journal, number) if number is not None else None
        found = one and {"number": hyphenated(one.number), "at": one.at, "origin": sentence(one.origin)}
        return {"count": journal.opt_outs.count(), "found": found}

    def uses(self, *, home: str) -> dict[str, object]:
        """What the campaigns in `home` are used for.

        Returns:
            `scheduled`, the ids of those that a schedule starts; `runs`, those that the page ordered or that one of
            these schedules started, each with the `campaign` where a schedule knows it, when it `ended_at` (None: it
            is not over), whether it `is_practice`, and whether it `is_purged`.
        """
        journal = self._opened_if_any()
        if journal is None:
            return {"scheduled": [], "runs": []}
        own = {one.id: one for one in journal.schedules.all() if _is_in(one.file, home)}
        started = {
            one.run: Path(own[one.schedule].file).parent.name
            for one in journal.schedules.occurrences()
            if one.schedule in own and one.run is not None
        }
        ordered = set[str]().union(*(journal.orders.runs_of(kind) for kind in ("send", "schedule", "test")))
        return {
            "scheduled": [Path(one.file).parent.name for one in own.values() if one.state == ScheduleState.ACTIVE],
            "runs": [
                {
                    "id": record.id,
                    "campaign": started.get(record.id),
                    "ended_at": record.ended_at if record.state in _OVER else None,
                    "is_practice": record.gateway == SANDBOX,
                    "is_purged": record.purged_at is not None,
                }
                for record in journal.runs.all()
                if record.id in ordered or record.id in started
            ],
        }

    def purgeable(self, *, runs: list[str]) -> dict[str, object]:
        """Those of these runs of which nothing may still be sent, so that their texts and numbers can be removed."""
        journal = self._opened()
        return {"runs": [run for run in runs if not journal.requests.may_still_go(run)]}

    def requests(self, *, run: str, state: str | None, offset: int, most: int) -> dict[str, object]:
        """The requests of a run, all or those in a state: number, state, recipients (masked), text, code and time."""
        journal = self._opened()
        journal.runs.get(run)
        counts: dict[str, int] = {}
        for one in self._tallies(journal, run):
            counts[str(one.state)] = counts.get(str(one.state), 0) + one.requests
        wanted = None if state is None else State(state)
        page = journal.requests.table(run, wanted, offset=offset, most=most)
        rows = _recipients(journal, run, [int(no) for no in page["no"]])
        return {
            "total": sum(counts.values()) if state is None else counts.get(state, 0),
            "states": counts,
            "requests": [_request(facts) | rows[int(facts["no"])] for facts in page.to_dict("records")],
        }

    def request(self, *, run: str, no: int, is_whole: bool) -> dict[str, object]:
        """One request with its story: what became of it when, and its recipients; `is_whole`: with whole numbers.

        Raises:
            NoSuchRequest: the run has no request of that number.
        """
        journal = self._opened()
        record = journal.runs.get(run)
        found = journal.requests.table(run, only=no)
        if found.empty:
            raise NoSuchRequest(_("There is no such request."))
        [rows] = _rows_of(journal, run, [no]).values()
        return _request(found.iloc[0].to_dict()) | {
            "run": record.id,
            "name": record.name,
            "text": _text(rows),
            "rows": [
                {"row": row["row"], "number": (row["number"] or "") if is_whole else mask(row["number"] or "")}
                for row in rows[:_STORY_RECIPIENTS]
            ],
            "events": [
                {
                    "at": event["at"],
                    "state": event["state"],
                    "attempt": event["attempt"],
                    "code": event["code"],
                    "words": _(describe(event["code"]).english) if event["code"] is not None else "",
                    "cause": sentence(event["cause"]),
                }
                for event in journal.requests.events(run, no)
            ],
        }

    def csv(self, *, run: str) -> dict[str, object]:
        """The result as a CSV file, written into a temporary file that the caller removes."""
        from campaign.engine import results
        from campaign.report import flat_files

        journal = self._opened()
        result = results.of_run(journal, journal.runs.get(run))
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": flat_files.csv(result, folder / f"{run}.csv")}

    def by(self, *, run: str, column: str) -> dict[str, object]:
        """The result workbook with a sheet by a column, in a temporary folder that the caller removes.

        Raises:
            NoSuchColumn: there is no such column.
        """
        from campaign.engine import breakdown, results
        from campaign.engine.progress import SILENT
        from campaign.engine.reports import write_workbook

        journal = self._opened()
        result = results.of_run(journal, journal.runs.get(run))
        chosen = breakdown.find_column(result, column)
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": write_workbook(result, folder / f"{run}.xlsx", SILENT, None, chosen)}

    def _brief(self, journal: Reader, record: RunRecord, live: Counts | None = None) -> dict[str, object]:
        counts: Mapping[Any, int] | None = (live or {}).get(record.id)
        if counts is None:
            counts = _recipients_by_state(self._tallies(journal, record.id))
        return {
            "id": record.id,
            "name": record.name,
            "state": str(record.state),
            "why": sentence(record.why),
            "at": record.created_at,
            "resume_at": record.resume_at,
            "is_practice": record.gateway == SANDBOX,
            "counts": {str(state): count for state, count in counts.items()},
            "total": sum(counts.values()),
        }

    def _tallies(self, journal: Reader, run: str) -> list[Tally]:
        """The requests of a run; counted once where none of them can change any more."""
        if run in self._settled:
            return self._settled[run]
        found = journal.requests.tallies(run)
        if all(one.state in _FINAL for one in found):
            self._settled[run] = found
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """An open journal, and which file it is: another one may be put in its place."""

    journal: Reader
    file: tuple[int, int] | None

    @classmethod
    def of(cls, journal: Reader) -> Self:
        return cls(journal, _identity(journal.path))

    def is_there(self) -> bool:
        return self.journal.path is None or _identity(self.journal.path) == self.file


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


@contextmanager
def reading(journal_url: str) -> Iterator[Reader | None]:
    """The journal, read-only; None where there is none yet."""
    try:
        journal = open_for_reading(journal_url)
    except NoSuchRun:
        yield None
        return
    with journal:
        yield journal


def _recipients_by_state(tallies: Sequence[Tally]) -> dict[State, int]:
    counts: dict[State, int] = {}
    for one in tallies:
        counts[one.state] = counts.get(one.state, 0) + one.recipients
    return counts


def _is_in(file: str, home: str) -> bool:
    """Whether a campaign file is one of the page's: its folder is in `home`."""
    return canonical_path(file).parent.parent == canonical_path(home)


def _own_runs(journal: Reader) -> list[RunRecord]:
    """All runs but those of test messages to the user's own phone."""
    tests = journal.orders.runs_of("test")
    return [record for record in journal.runs.all() if record.id not in tests]


def _is_ahead(record: RunRecord) -> bool:
    """Whether the run is planned for later and listed with the schedules."""
    return record.started_at is None and record.resume_at is not None


def _request(facts: Mapping[Any, Any]) -> dict[str, object]:
    """The facts of a request, as plain values."""
    import pandas as pd

    return {
        "no": int(facts["no"]),
        "state": facts["state"],
        "recipients": int(facts["recipients"]),
        "code": None if pd.isna(facts["code"]) else int(facts["code"]),
        "request_no": None if pd.isna(facts["request_no"]) else facts["request_no"],
        "type": None if pd.isna(facts["msg_type"]) else facts["msg_type"],
        "at": None if pd.isna(facts["sent_at"]) else facts["sent_at"].isoformat(),
    }


def _rows_of(journal: Reader, run: str, requests: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The rows of some requests: `number`, `text` and `row`; the first two are None after a purge."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = journal.runs.columns(run, ["request", "number", "text", "row"])
    rows = table.filter(pc.is_in(table["request"].cast(pa.int64()), value_set=pa.array(requests, pa.int64())))
    found: dict[int, list[dict[str, Any]]] = {no: [] for no in requests}
    for row in rows.to_pylist():
        found[int(row["request"])].append(row)
    return found


def _text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The message of a request's rows; empty after a purge."""
    return (rows[0]["text"] or "") if rows else ""


def _recipients(journal: Reader, run: str, requests: Sequence[int]) -> dict[int, dict[str, object]]:
    """The first recipients of some requests, with their rows and the text."""
    return {
        no: {
            "numbers": [mask(row["number"]) for row in rows[:_RECIPIENTS_SHOWN] if row["number"]],
            "text": _text(rows),
            "rows": [int(row["row"]) for row in rows[:_RECIPIENTS_SHOWN]],
        }
        for no, rows in _rows_of(journal, run, requests).items()
    }


def _codes(tallies: Sequence[Tally]) -> list[dict[str, object]]:
    """The codes with which the gateway refused requests of a run, with its words and what to do."""
    refused: dict[int, int] = {}
    for one in tallies:
        if one.code is not None and one.code != ACCEPTED:
            refused[one.code] = refused.get(one.code, 0) + one.recipients
    described = [(describe(code), recipients) for code, recipients in sorted(refused.items())]
    return [
        {"code": one.number, "words": _(one.english), "todo": _(one.todo), "recipients": recipients}
        for one, recipients in described
    ]


def _is_first_stage(record: RunRecord) -> bool:
    """Whether it pauses since its first stage was sent, so that a user looks at the result."""
    reason = record.reason or ""
    return is_encoded(reason) and decode(reason)[0][0] == RunReason.FIRST_STAGE_SENT


def _delivery(journal: Reader, record: RunRecord) -> dict[str, object] | None:
    """What became of the accepted messages, as far as it was fetched; None where it is not asked for.

    Seen in public clients of the gateway, not in the vendor's document.
    """
    counts = journal.deliveries.counts(record.id)
    if not counts and record.delivery is None:
        return None
    from campaign.engine import delivery, history_access

    is_followed = history_access.is_followed(record)
    if not counts and not is_followed:
        return None
    looks = [one for one in journal.requests.events(record.id) if one["state"] in {delivery.ASKED, delivery.OFF}]
    is_off = bool(looks) and looks[-1]["state"] == delivery.OFF
    next_look = None
    if is_followed and record.ended_at is not None and not is_off:
        access = history_access.access_of(record)
        next_look = delivery.next_look(record, access, looks[-1]["at"] if looks else record.ended_at)
    accepted = journal.requests.recipients(record.id).get(State.ACCEPTED, 0)
    codes = journal.deliveries.codes(record.id)
    return {
        "counts": {str(one): counts[str(one)] for one in Delivery if counts.get(str(one))},
        "missing": max(0, accepted - sum(counts.values())),
        "codes": [{"code": code, "words": _meaning(code), "count": count} for code, count in codes.items()],
        "is_waiting": Delivery.WAITING in counts,
        "next_look": next_look,
        "is_followed": is_followed,
        "is_off": is_off,
    }


def _meaning(code: str) -> str:
    words = meaning(code)
    return _(words) if words else ""


def _proposed(journal: Reader, record: RunRecord) -> dict[str, object]:
    """How many numbers the delivery results propose as opt-outs, by ground, with the first of them, masked."""
    if not journal.deliveries.counts(record.id):
        return {}
    from campaign.engine import opt_out_proposals

    try:
        found = opt_out_proposals.propose(journal, record.id)
    except opt_out_proposals.NothingToGoBy:
        return {}
    by_ground = {ground: [one.number for one in found if one.ground == ground] for ground in Ground}
    return {
        str(ground): {"count": len(numbers), "first": [mask(one) for one in numbers[:_PAST_SHOWN]]}
        for ground, numbers in by_ground.items()
        if numbers
    }


def _moved(record: ScheduleRecord, at: datetime) -> str | None:
    """Why the start at `at` was moved there, in a sentence; None if it was not."""
    days, table = working_days.from_json(record.holidays), record.timetable
    if days is None:
        return None
    times = [table.start_at] if table.every is None else table.upcoming((), at - _LONGEST_HOLIDAY, 50)
    moved = [time for time in times if time is not None and time < at and days.next_opening(time) == at]
    if not moved or at in times:
        return None
    return _("{time} is {why}", time=format_time(moved[-1]), why=sentence(days.why_closed(moved[-1], at)))


def _schedule(journal: Reader, record: ScheduleRecord) -> dict[str, object]:
    times = []
    if record.state == ScheduleState.ACTIVE:
        try:
            times = due_tasks.upcoming(journal, record, Clock().now(), _NEXT_SHOWN)
        except (ValueError, OverflowError):  # a record that cannot be used, which the scheduler reports
            times = []
    past = journal.schedules.occurrences(record.id)[:_PAST_SHOWN]
    ahead = journal.frozen_run(record.id)
    at = times[0] if times else record.moved(record.timetable.start_at or record.created_at)
    return {
        "id": record.id,
        "name": record.name,
        "file": record.file,
        "state": str(record.state),
        "is_practice": record.gateway == SANDBOX,
        "every": record.timetable.every,
        "at": at,
        "next": times,
        "moved": _moved(record, at),
        "past": [
            {
                "at": one.due_at,
                "state": "planned" if ahead is not None and one.run == ahead.id else str(one.state),
                "run": one.run,
                "why": sentence(one.why),
            }
            for one in past
        ],
    }


def main() -> None:
    """Answer the server until it closes standard input."""
    Pipe().serve(RunQuestions(Environment().journal_url()).handlers())


if __name__ == "__main__":
    main()
