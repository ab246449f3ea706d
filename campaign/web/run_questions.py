"""What the journal has of runs and schedules, for the pages. It only reads.

Answers have states and times as data; the server words them. pandas is loaded only for the questions that need it.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from campaign.engine import row_counts
from campaign.gateway.result_codes import ACCEPTED, describe
from campaign.journal import SANDBOX, open_for_reading
from campaign.model import RunState, ScheduleState, State
from campaign.model.errors import JournalError, NoSuchRun
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import Clock
from campaign.scheduler import due_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from campaign.journal import Reader, RunRecord, ScheduleRecord, Tally

    Counts = Mapping[str, Mapping[str, int]]

_NEXT_SHOWN: Final = 3
_PAST_SHOWN: Final = 5
_RECIPIENTS_SHOWN: Final = 3
_SENDING: Final = frozenset({RunState.RUNNING, RunState.INTERRUPTED, RunState.PAUSED})
_FINAL: Final = frozenset({State.ACCEPTED, State.REJECTED, State.CANCELLED})
"""States of requests that never change again."""


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
            "is_test": any(one.kind == "test" for one in orders),
            "orders": [{"kind": one.kind, "by": one.by_whom, "at": one.at} for one in orders],
            "codes": _codes(self._tallies(journal, run)),
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
        """The rows that were not sent and can be fixed: how many of each status, as the result workbook has them."""
        journal = self._opened()
        journal.runs.get(run)
        if run not in self._left_out:
            self._left_out[run] = row_counts.left_out(journal, run)
        return {"rows": row_counts.all_rows(self._left_out[run], _recipients_by_state(self._tallies(journal, run)))}

    def schedules(self) -> dict[str, object]:
        """All schedules, the newest first, with what became of each time."""
        journal = self._opened_if_any()
        if journal is None:
            return {"schedules": []}
        return {"schedules": [_schedule(journal, one) for one in journal.schedules.all()]}

    def csv(self, *, run: str) -> dict[str, object]:
        """The result as a CSV file, written into a temporary file that the caller removes."""
        from campaign.engine import results
        from campaign.report import flat_files

        journal = self._opened()
        result = results.of_run(journal, journal.runs.get(run))
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": flat_files.csv(result, folder / f"{run}.csv")}

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


def _own_runs(journal: Reader) -> list[RunRecord]:
    """All runs but those of test messages to the user's own phone."""
    tests = journal.orders.runs_of("test")
    return [record for record in journal.runs.all() if record.id not in tests]


def _is_ahead(record: RunRecord) -> bool:
    """Whether the run is planned for later and listed with the schedules."""
    return record.started_at is None and record.resume_at is not None


def _recipients(journal: Reader, run: str, requests: Sequence[int]) -> dict[int, dict[str, object]]:
    """The first recipients of some requests, with their rows and the text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = journal.runs.columns(run, ["request", "number", "text", "row"])
    rows = table.filter(pc.is_in(table["request"].cast(pa.int64()), value_set=pa.array(requests, pa.int64())))
    found: dict[int, dict[str, Any]] = {no: {"numbers": [], "text": "", "rows": []} for no in requests}
    for row in rows.to_pylist():
        one = found[int(row["request"])]
        if len(one["rows"]) < _RECIPIENTS_SHOWN:
            one["text"] = one["text"] or row["text"] or ""
            one["numbers"].append(mask(row["number"] or ""))
            one["rows"].append(int(row["row"]))
    return found


def mask(number: str) -> str:
    """A number with all but its first three and last four digits hidden: `010-****-5678`."""
    return f"{number[:3]}-****-{number[-4:]}"


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


def _schedule(journal: Reader, record: ScheduleRecord) -> dict[str, object]:
    times = []
    if record.state == ScheduleState.ACTIVE:
        try:
            times = due_tasks.upcoming(journal, record, Clock().now(), _NEXT_SHOWN)
        except (ValueError, OverflowError):  # a record that cannot be used, which the scheduler reports
            times = []
    past = journal.schedules.occurrences(record.id)[:_PAST_SHOWN]
    return {
        "id": record.id,
        "name": record.name,
        "file": record.file,
        "state": str(record.state),
        "is_practice": record.gateway == SANDBOX,
        "every": record.timetable.every,
        "at": times[0] if times else record.timetable.start_at or record.created_at,
        "next": times,
        "past": [{"at": one.due_at, "state": str(one.state), "run": one.run, "why": sentence(one.why)} for one in past],
    }
