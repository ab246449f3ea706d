"""What the engine process knows of runs and schedules, for the pages. It only reads, on a thread of its own.

Answers have states and times as data; the server words them.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from campaign import engine
from campaign.config.environment import Environment
from campaign.engine import (
    balance,
    breakdown,
    delivery,
    doctor,
    history_access,
    opt_out_proposals,
    opt_outs,
    results,
    schedules,
)
from campaign.engine.reports import write_workbook
from campaign.gateway.delivery_codes import meaning
from campaign.gateway.result_codes import ACCEPTED, describe
from campaign.journal import open_for_reading
from campaign.model import Delivery, Ground, RunState, ScheduleState, State, i18n
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path
from campaign.model.origin import VENDOR_URL
from campaign.model.reasons import decode, is_encoded
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.recipients.numbers.sender import hyphenated
from campaign.recipients.spreadsheets import headings
from campaign.report import flat_files
from campaign.scheduler import due_tasks
from campaign.timing import working_days
from campaign.web.sender import reading

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from campaign.journal import Reader, RunRecord, ScheduleRecord
    from campaign.web.pipes import Handler

_NEXT_SHOWN: Final = 3
_PAST_SHOWN: Final = 5
_LONGEST_HOLIDAY: Final = timedelta(days=14)
_RECIPIENTS_SHOWN: Final = 50
_OVER: Final = frozenset({RunState.FINISHED, RunState.CANCELLED})
_SENDING: Final = frozenset({RunState.RUNNING, RunState.INTERRUPTED, RunState.PAUSED})


class NoSuchRequest(CampaignError):
    """The run has no request of that number."""


class RunQuestions:
    """Answers questions about one journal.

    Args:
        journal_url: the journal's URL.
        reports: the folder of result workbooks.
        sending: the runs that this process sends now.
        is_practice: nothing is really sent, so the gateway is not asked anything.
    """

    def __init__(self, journal_url: str, reports: Path, sending: Container[str], *, is_practice: bool = False) -> None:
        self._url = journal_url
        self._reports = reports
        self._sending = sending
        self._is_practice = is_practice
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="gateway")

    def handlers(self) -> dict[str, Handler]:
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
            "by": self.by,
            "balance": self.balance,
            "opt_outs": self.opt_outs,
            "uses": self.uses,
            "purgeable": self.purgeable,
            "requests": self.requests,
            "request": self.request,
            "doctor": self.doctor,
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
                "orders": [
                    {"kind": one.kind, "by": one.by_whom, "approved_by": one.approved_by, "at": one.at}
                    for one in orders
                ],
                "codes": _codes(journal, run),
                "is_first_stage": _is_first_stage(record),
                "delivery": _delivery(journal, record),
                "proposed": _proposed(journal, record),
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
        """How many rows have each status, as the result workbook has them, and the headings of their columns."""
        with open_for_reading(self._url) as journal:
            result = results.of_run(journal, journal.runs.get(run))
            counts = result.rows["status"].value_counts()
            return {
                "rows": {str(status): int(count) for status, count in counts.items()},
                "columns": [headings.shown(one.heading) for one in result.recipients.columns if one.heading.strip()],
            }

    def schedules(self) -> dict[str, object]:
        """All schedules, the newest first, with what became of each time."""
        with reading(self._url) as journal:
            if journal is None:
                return {"schedules": []}
            return {"schedules": [_schedule(journal, one) for one in journal.schedules.all()]}

    def balance(self, *, run: str) -> Future[Mapping[str, object]]:
        """The won left at the gateway of a run, or why they are not known; other questions are answered meanwhile."""
        return self._slow.submit(copy_context().run, self._balance, run)

    def _balance(self, run: str) -> Mapping[str, object]:
        try:
            with open_for_reading(self._url) as journal:
                record = journal.runs.get(run)
            section = history_access.section_of(record)
            return {"won": balance.ask(record.gateway, section, deadlines=balance.SHORT), "problem": None}
        except CampaignError as problem:
            return {"won": None, "problem": str(problem)}

    def opt_outs(self, *, number: str | None = None) -> dict[str, object]:
        """How many numbers are on the house's own opt-out list, and the entry of one, None if it is not on it."""
        with reading(self._url) as journal:
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
        with reading(self._url) as journal:
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
                        "is_practice": record.gateway == engine.SANDBOX,
                        "is_purged": record.purged_at is not None,
                    }
                    for record in journal.runs.all()
                    if record.id in ordered or record.id in started
                ],
            }

    def purgeable(self, *, runs: list[str]) -> dict[str, object]:
        """Those of these runs of which nothing may still be sent, so that their texts and numbers can be removed."""
        with open_for_reading(self._url) as journal:
            return {"runs": [run for run in runs if not journal.requests.may_still_go(run)]}

    def requests(self, *, run: str, state: str | None, offset: int, most: int) -> dict[str, object]:
        """The requests of a run, all or those in a state: number, state, recipients (masked), text, code and time."""
        with open_for_reading(self._url) as journal:
            journal.runs.get(run)
            requests = journal.requests.table(run)
            counts = requests["state"].value_counts()
            found = requests if state is None else requests[requests["state"] == state]
            page = found.iloc[offset : offset + most]
            table = journal.runs.recipients(run).table
            rows = table.loc[table["request"].isin(page["no"]), ["request", "number", "text", "row"]]
            return {
                "total": len(found),
                "states": {str(name): int(count) for name, count in counts.items()},
                "requests": [
                    _request(facts) | _recipients(rows[rows["request"] == facts["no"]])
                    for facts in page.to_dict("records")
                ],
            }

    def request(self, *, run: str, no: int, is_whole: bool) -> dict[str, object]:
        """One request with its story: what became of it when, and its recipients; `is_whole`: with whole numbers.

        Raises:
            NoSuchRequest: the run has no request of that number.
        """
        with open_for_reading(self._url) as journal:
            record = journal.runs.get(run)
            requests = journal.requests.table(run)
            found = requests[requests["no"] == no]
            if found.empty:
                raise NoSuchRequest(_("There is no such request."))
            table = journal.runs.recipients(run).table
            rows = table.loc[table["request"] == no, ["number", "text", "row"]]
            shown = rows.head(_RECIPIENTS_SHOWN)
            return _request(found.iloc[0].to_dict()) | {
                "run": record.id,
                "name": record.name,
                "text": _text(rows),
                "rows": [
                    {"row": int(row), "number": number if is_whole else mask(number)}
                    for row, number in zip(shown["row"], shown["number"].fillna(""), strict=True)
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

    def doctor(self) -> Future[Mapping[str, object]]:
        """What would go wrong with a send. It may ask the gateway, so other questions are answered meanwhile."""
        language = i18n.language()

        def examine() -> Mapping[str, object]:
            with i18n.in_language(language):
                gateway = None if self._is_practice else Environment().gateway_url() or VENDOR_URL
                found = doctor.examine(self._url, gateway)
                return {"findings": [{"what": _(one.what), "good": one.good, "words": one.words} for one in found]}

        return self._slow.submit(examine)

    def csv(self, *, run: str) -> dict[str, object]:
        """The result as a CSV file, written into a temporary file that the caller removes."""
        with open_for_reading(self._url) as journal:
            result = engine.result_of_run(journal, journal.runs.get(run))
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": flat_files.csv(result, folder / f"{run}.csv")}

    def by(self, *, run: str, column: str) -> dict[str, object]:
        """The result workbook with a sheet by a column, in a temporary folder that the caller removes.

        Raises:
            NoSuchColumn: there is no such column.
        """
        with open_for_reading(self._url) as journal:
            result = engine.result_of_run(journal, journal.runs.get(run))
        chosen = breakdown.find_column(result, column)
        folder = Path(tempfile.mkdtemp(prefix="campaign-"))
        return {"path": write_workbook(result, folder / f"{run}.xlsx", engine.SILENT, None, chosen)}

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
    return {
        "no": int(facts["no"]),
        "state": facts["state"],
        "recipients": int(facts["recipients"]),
        "code": None if pd.isna(facts["code"]) else int(facts["code"]),
        "request_no": None if pd.isna(facts["request_no"]) else facts["request_no"],
        "type": None if pd.isna(facts["msg_type"]) else facts["msg_type"],
        "at": None if pd.isna(facts["sent_at"]) else facts["sent_at"].isoformat(),
    }


def _text(rows: Any) -> str:  # noqa: ANN401 - a DataFrame
    """The message of a request's rows; empty after a purge."""
    text = rows["text"].iloc[0] if len(rows) else ""
    return "" if pd.isna(text) else str(text)


def _recipients(rows: Any) -> dict[str, object]:  # noqa: ANN401 - a DataFrame
    shown: Final = 3
    numbers = [mask(number) for number in rows["number"].dropna().head(shown)]
    return {"numbers": numbers, "text": _text(rows), "rows": [int(row) for row in rows["row"].head(shown)]}


def mask(number: str) -> str:
    """A number with all but its first three and last four digits hidden: `010-****-5678`; empty stays empty."""
    return number and f"{number[:3]}-****-{number[-4:]}"


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


def _is_first_stage(record: RunRecord) -> bool:
    """Whether it pauses since its first stage was sent, so that a user looks at the result."""
    reason = record.reason or ""
    return is_encoded(reason) and decode(reason)[0][0] == RunReason.FIRST_STAGE_SENT


def _delivery(journal: Reader, record: RunRecord) -> dict[str, object] | None:
    """What became of the accepted messages, as far as it was fetched; None where it is not asked for.

    Seen in public clients of the gateway, not in the vendor's document.
    """
    is_followed = history_access.is_followed(record)
    counts = journal.deliveries.counts(record.id)
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
            times = due_tasks.upcoming(journal, record, engine.now(), _NEXT_SHOWN)
        except (ValueError, OverflowError):  # a record that cannot be used, which the scheduler reports
            times = []
    past = journal.schedules.occurrences(record.id)[:_PAST_SHOWN]
    ahead = schedules.frozen_run(journal, record)
    at = times[0] if times else record.moved(record.timetable.start_at or record.created_at)
    return {
        "id": record.id,
        "name": record.name,
        "file": record.file,
        "state": str(record.state),
        "is_practice": record.gateway == engine.SANDBOX,
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
