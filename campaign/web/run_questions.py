"""What the engine process knows of runs and schedules, for the pages. It only reads, on a thread of its own.

Answers have states and times as data; the server words them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from campaign import engine
from campaign.engine import results
from campaign.gateway.result_codes import ACCEPTED, describe
from campaign.journal import open_for_reading
from campaign.model import RunState, ScheduleState, State
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.report import flat_files
from campaign.scheduler import due_tasks
from campaign.web.sender import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from campaign.journal import Reader, RunRecord, ScheduleRecord

_NEXT_SHOWN: Final = 3
_PAST_SHOWN: Final = 5
_SENDING: Final = frozenset({RunState.RUNNING, RunState.INTERRUPTED, RunState.PAUSED})


class RunQuestions:
    """Answers questions about one journal.

    Args:
        journal_url: the journal's URL.
        reports: the folder of result workbooks.
        sending: the runs that this process sends now.
    """

    def __init__(self, journal_url: str, reports: Path, sending: Container[str]) -> None:
        self._url = journal_url
        self._reports = reports
        self._sending = sending

    def handlers(self) -> dict[str, Callable[..., Mapping[str, object]]]:
        """The questions by name."""
        return {
            "overview": self.overview,
            "runs": self.runs,
            "run": self.run,
            "unknown": self.unknown,
            "problems": self.problems,
            "schedules": self.schedules,
            "sent_before": self.sent_before,
            "csv": self.csv,
        }

    def overview(self, *, most: int) -> dict[str, object]:
        """The runs that are being sent, the schedules, and the runs that have ended; at most `most` of each."""
        with reading(self._url) as journal:
            if journal is None:
                return {"sending": [], "scheduled": [], "past": []}
            records = _own_runs(journal)
            sending = [record for record in records if record.state in _SENDING and not _is_ahead(record)]
            past = [record for record in records if record.state not in _SENDING]
            return {
                "sending": [self._brief(journal, record) for record in sending[:most]],
                "scheduled": [
                    _schedule(journal, one) for one in journal.schedules.all() if one.state == ScheduleState.ACTIVE
                ][:most],
                "past": [self._brief(journal, record) for record in past[:most]],
            }

    def runs(self, *, offset: int, most: int) -> dict[str, object]:
        """All runs, the newest first, `most` of them from `offset` on."""
        with reading(self._url) as journal:
            if journal is None:
                return {"runs": [], "total": 0}
            records = _own_runs(journal)
            chosen = records[offset : offset + most]
            return {"runs": [self._brief(journal, record) for record in chosen], "total": len(records)}

    def run(self, *, run: str) -> dict[str, object]:
        """One run: its facts, its recipients by state, and who ordered what."""
        with open_for_reading(self._url) as journal:
            record = journal.runs.get(run)
            requests = journal.requests.counts(run)
            orders = journal.orders.of_run(run)
            return self._brief(journal, record) | {
                "requests": {str(state): count for state, count in requests.items()},
                "gateway": record.gateway,
                "started_at": record.started_at,
                "ended_at": record.ended_at,
                "purged_at": record.purged_at,
                "overridden": record.overridden,
                "report": record.report if record.report and Path(record.report).is_file() else None,
                "is_test": any(one.kind == "test" for one in orders),
                "orders": [{"kind": one.kind, "by": one.by_whom, "at": one.at} for one in orders],
                "codes": _codes(journal, run),
            }

    def sent_before(self, *, digest: str) -> dict[str, object]:
        """The last run with the same plan that sent something or may still do so; `run` is None where there is none."""
        with reading(self._url) as journal:
            found = journal.runs.same_plan(digest) if journal is not None else []
        if not found:
            return {"run": None}
        return {"run": found[0].id, "state": str(found[0].state), "at": found[0].created_at}

    def unknown(self, *, run: str, offset: int, most: int) -> dict[str, object]:
        """The requests whose outcome is not known: number, recipients, masked numbers, text, time."""
        with open_for_reading(self._url) as journal:
            journal.runs.get(run)
            requests = journal.requests.table(run)
            found = requests[requests["state"] == str(State.UNKNOWN)]
            page = found.iloc[offset : offset + most]
            table = journal.runs.recipients(run).table
            rows = table.loc[table["request"].isin(page["no"]), ["request", "number", "text", "row"]]
            return {
                "total": len(found),
                "recipients": int(found["recipients"].sum()),
                "requests": [
                    {
                        "no": int(no),
                        "recipients": int(recipients),
                        "cause": sentence(cause),
                        "at": None if pd.isna(at) else at.isoformat(),
                        **_recipients(rows[rows["request"] == no]),
                    }
                    for no, recipients, cause, at in zip(
                        page["no"], page["recipients"], page["cause"], page["sent_at"], strict=True
                    )
                ],
            }

    def problems(self, *, run: str) -> dict[str, object]:
        """The rows that were not sent and can be fixed: how many of each status, as the result workbook has them."""
        with open_for_reading(self._url) as journal:
            result = results.of_run(journal, journal.runs.get(run))
            counts = result.rows["status"].value_counts()
            return {"rows": {str(status): int(count) for status, count in counts.items()}}

    def schedules(self) -> dict[str, object]:
        """All schedules, the newest first, with what became of each time."""
        with reading(self._url) as journal:
            if journal is None:
                return {"schedules": []}
            return {"schedules": [_schedule(journal, one) for one in journal.schedules.all()]}

    def csv(self, *, run: str) -> dict[str, object]:
        """The result as a CSV file, written into a temporary file that the caller removes."""
        with open_for_reading(self._url) as journal:
            result = engine.result_of_run(journal, journal.runs.get(run))
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": flat_files.csv(result, folder / f"{run}.csv")}

    def _brief(self, journal: Reader, record: RunRecord) -> dict[str, object]:
        counts = journal.requests.recipients(record.id)
        return {
            "id": record.id,
            "name": record.name,
            "state": str(record.state),
            "why": sentence(record.why),
            "at": record.created_at,
            "resume_at": record.resume_at,
            "is_practice": record.gateway == engine.SANDBOX,
            "is_here": record.id in self._sending,
            "counts": {str(state): count for state, count in counts.items()},
            "total": sum(counts.values()),
        }


def _own_runs(journal: Reader) -> list[RunRecord]:
    """All runs but those of test messages to the user's own phone."""
    tests = journal.orders.runs_of("test")
    return [record for record in journal.runs.all() if record.id not in tests]


def _is_ahead(record: RunRecord) -> bool:
    """Whether the run is planned for later and listed with the schedules."""
    return record.started_at is None and record.resume_at is not None


def _recipients(rows: Any) -> dict[str, object]:  # noqa: ANN401 - a DataFrame
    shown: Final = 3
    numbers = [mask(number) for number in rows["number"].head(shown)]
    text = rows["text"].iloc[0] if len(rows) else ""
    return {"numbers": numbers, "text": text, "rows": [int(row) for row in rows["row"].head(shown)]}


def mask(number: str) -> str:
    """A number with all but its first three and last four digits hidden: `010-****-5678`."""
    return f"{number[:3]}-****-{number[-4:]}"


def _codes(journal: Reader, run: str) -> list[dict[str, object]]:
    """The codes with which the gateway refused requests of a run, with its words and what to do."""
    requests = journal.requests.table(run)
    refused = requests.loc[requests["code"].notna() & (requests["code"] != ACCEPTED), ["code", "recipients"]]
    found = []
    for code, recipients in refused.groupby("code")["recipients"].sum().items():
        described = describe(int(str(code)))
        found.append(
            {
                "code": described.number,
                "words": _(described.english),
                "todo": _(described.todo),
                "recipients": recipients,
            }
        )
    return found


def _schedule(journal: Reader, record: ScheduleRecord) -> dict[str, object]:
    times = []
    if record.state == ScheduleState.ACTIVE:
        try:
            times = due_tasks.upcoming(journal, record, engine.now(), _NEXT_SHOWN)
        except (ValueError, OverflowError):  # a record that cannot be used, which the scheduler reports
            times = []
    past = journal.schedules.occurrences(record.id)[:_PAST_SHOWN]
    return {
        "id": record.id,
        "name": record.name,
        "file": record.file,
        "state": str(record.state),
        "is_practice": record.gateway == engine.SANDBOX,
        "every": record.timetable.every,
        "at": times[0] if times else record.timetable.start_at or record.created_at,
        "next": times,
        "past": [{"at": one.due_at, "state": str(one.state), "run": one.run, "why": sentence(one.why)} for one in past],
    }
