"""What became of the accepted messages of a run: fetched from the gateway's history, or taken from an export of it.

Seen in public clients of the gateway, not in the vendor's document. Results are told apart by the gateway's number of
the request and the recipient's number together. Where the history has no such row, nothing is known: another row is
never taken instead. What is stored changes no status: `accepted` means what it meant.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.engine import connect, history_access, runs
from campaign.engine.progress import SILENT
from campaign.gateway import history as gateway_history
from campaign.gateway.delivery_codes import classify
from campaign.gateway.history import HistoryDiffers
from campaign.model import Delivery, State
from campaign.model.times import in_seoul
from campaign.timing import reservation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign.engine.history_access import Access
    from campaign.engine.progress import Progress
    from campaign.gateway.history import History, Row
    from campaign.journal import Journal, Reader, RunRecord
    from campaign.model.times import Clock

LOOKS: Final = (
    *(timedelta(minutes=1), timedelta(minutes=10)),
    *(timedelta(hours=hours) for hours in (1, 6, 26, 50, 73)),
)
"""How long after the end of a run its results are asked for. Carriers settle within one to three days."""

LATE: Final = timedelta(days=1)
"""How late the last look may be, if no scheduler was running."""

FINAL: Final = (Delivery.DELIVERED, Delivery.FAILED)

ASKED: Final = "history"
OFF: Final = "history_off"
"""Events of a run: its history was read; an answer was not as expected, so it is not asked any more by itself."""

_LARGE: Final = 100
"""Recipients of a request, on average, from which on each request is asked for by its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What fetching the results of a run takes: rows, calls if pages are large or small, and calls a second."""

    rows: int
    least_calls: int
    most_calls: int
    rate: float

    @property
    def seconds(self) -> tuple[float, float]:
        """About how long it takes."""
        return self.least_calls / self.rate, self.most_calls / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The delivery results of a run.

    Attributes:
        run: the run's id.
        recipients: how many recipients the accepted requests have.
        results: how many of them have each result.
        codes: how many have each code, as it came.
        calls: how often the gateway was asked.
        incomplete: why the history may have more rows; None if it was read to its end.
    """

    run: str
    recipients: int
    results: dict[Delivery, int]
    codes: dict[str, int]
    calls: int = 0
    incomplete: str | None = None

    @property
    def missing(self) -> int:
        """How many recipients have no result at all: nothing is known about them."""
        return self.recipients - sum(self.results.values())

    @property
    def waiting(self) -> int:
        """How many recipients may still get a result."""
        return self.missing + self.results.get(Delivery.WAITING, 0)

    def as_json(self) -> dict[str, object]:
        """The object that scripts read."""
        return {
            "run": self.run,
            "recipients": self.recipients,
            "delivery": {str(result): count for result, count in self.results.items()} | {"not_found": self.missing},
            "deliveryCodes": self.codes,
            "calls": self.calls,
            "incomplete": self.incomplete,
        }


def estimate(journal: Reader, run: str) -> Cost:
    """What fetching the results of a run takes, before it is done.

    Raises:
        NoSuchRun: there is no such run.
        DeliveryOff: no organisation is named.
    """
    record = journal.runs.get(run)
    access = history_access.access_of(record)
    sizes = recipients_of(journal, record)["requestNo"].value_counts()
    rows = int(sizes.sum())
    if _by_request(len(sizes), rows):
        # A request of 1,000 fills a page; no look behind it is needed.
        least, most = len(sizes), sum(gateway_history.calls_for(int(size))[1] for size in sizes)
    else:
        least, most = gateway_history.calls_for(rows)
    return Cost(rows=rows, least_calls=least, most_calls=most, rate=access.section.rate)


def fetch(journal: Journal, run: str, *, progress: Progress = SILENT, clock: Clock | None = None) -> Fetched:
    """Ask the gateway what became of a run's accepted messages, and store it.

    Args:
        journal: open for writing.
        run: the run's id, or `last`.
        progress: told of the rows that were read.
        clock: waits between the calls.

    Raises:
        NoSuchRun: there is no such run.
        DeliveryOff: no organisation is named.
        HistoryFailed: the gateway cannot be reached; nothing was stored.
        HistoryDiffers: its answer is not as expected; nothing was stored but that.
    """
    question = questions(journal, run)
    with noting_differences(journal, question.record):
        answer = ask(question, connect.ledger_of(journal), progress=progress, clock=clock)
    return store(journal, question, answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about a run: everything that `ask` needs, so that no journal is open meanwhile."""

    record: RunRecord
    access: Access
    wanted: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the history has: its rows, how many calls they took, and why more may be missing."""

    rows: tuple[Row, ...] = ()
    calls: int = 0
    incomplete: str | None = None


def questions(journal: Reader, run: str) -> Question:
    """What is to be asked about a run's accepted messages.

    Raises:
        NoSuchRun: there is no such run.
        DeliveryOff: no organisation is named.
    """
    record = journal.runs.get(run)
    return Question(record=record, access=history_access.access_of(record), wanted=recipients_of(journal, record))


def ask(
    question: Question, ledger: Path | None = None, *, progress: Progress = SILENT, clock: Clock | None = None
) -> Answer:
    """Ask the gateway; nothing is stored.

    Raises:
        HistoryFailed: the gateway cannot be reached.
        HistoryDiffers: its answer is not as expected.
    """
    if question.wanted.empty:
        return Answer()
    with question.access.open(ledger, clock) as history:
        rows, incomplete = _read(history, question.wanted, progress)
        return Answer(rows=tuple(rows), calls=history.calls, incomplete=incomplete)


@contextmanager
def noting_differences(journal: Journal, record: RunRecord) -> Iterator[None]:
    """Note in the run an answer that was not as expected (`note_difference`)."""
    try:
        yield
    except HistoryDiffers as problem:
        note_difference(journal, record.id, problem)
        raise


def note_difference(journal: Journal, run: str, problem: Exception) -> None:
    """Note in the run that the history was not as expected, if that is the problem: it is not followed any more."""
    if isinstance(problem, HistoryDiffers):
        journal.runs.note(run, runs.now(), OFF)


def recipients_of(journal: Reader, record: RunRecord, states: Iterable[State] = (State.ACCEPTED,)) -> pd.DataFrame:
    """The recipients of a run's requests in these states, one row each.

    Columns: `request`, `place` in it from 0, `number`, `date` of its reservation, `requestNo` of the gateway and
    `sentAt`; without `requestNo` nothing is asked about an accepted request, so those have none.
    """
    table = journal.runs.recipients(record.id).table
    going = table.loc[table["request"].notna() & table["number"].notna(), ["request", "number", "date"]]
    going = going.astype({"request": "int64"}).astype({"number": object, "date": object})
    going["place"] = going.groupby("request").cumcount()
    found = journal.requests.table(record.id)
    found = found[found["state"].isin([str(state) for state in states])]
    found = found[["no", "request_no", "sent_at"]].rename(
        columns={"no": "request", "request_no": "requestNo", "sent_at": "sentAt"}
    )
    joined = going.merge(found, on="request")
    return joined[joined["requestNo"].notna()] if tuple(states) == (State.ACCEPTED,) else joined


def days_of(wanted: pd.DataFrame, now: datetime) -> tuple[date, date]:
    """The days on which these recipients were sent to, with a day more on either side; today at the latest.

    The days are those of Seoul. A reservation counts at its date.
    """
    sent = wanted["sentAt"].dropna()
    days = {in_seoul(sent.min().to_pydatetime()).date(), in_seoul(sent.max().to_pydatetime()).date()}
    days |= {reservation.parse(text).date() for text in wanted["date"].dropna().unique()}
    today = in_seoul(now).date()
    start = min(min(days) - timedelta(days=1), today)
    return start, max(start, min(max(days) + timedelta(days=1), today))


def _by_request(requests: int, rows: int) -> bool:
    """Whether to ask for each request by its number: few and large ones. Never one call a recipient."""
    return rows >= _LARGE * requests


def _read(history: History, wanted: pd.DataFrame, progress: Progress) -> tuple[list[Row], str | None]:
    """The rows of the history that may be about these recipients, and why more may be missing."""
    start, end = days_of(wanted, runs.now())
    sizes = wanted["requestNo"].value_counts()
    with progress.stage("fetch", len(wanted)) as advance:
        if not _by_request(len(sizes), len(wanted)):
            reading = history.read(start, end, advance=advance)
            return list(reading.rows), reading.incomplete
        rows: list[Row] = []
        incomplete = None
        for number, size in sizes.items():
            reading = history.read(start, end, request_no=str(number), enough=int(size), advance=advance)
            rows += reading.rows
            incomplete = incomplete or reading.incomplete
        return rows, incomplete


def store(journal: Journal, question: Question, answer: Answer) -> Fetched:
    """Store what is new in the results, and count all of them."""
    record, wanted = question.record, question.wanted
    now = runs.now()
    if wanted.empty:  # nothing was accepted, or the run was purged and keeps its counts
        journal.runs.note(record.id, now, ASKED)
        return _count(record, wanted, journal.deliveries.table(record.id), calls=answer.calls, incomplete=None)
    found = _judge(answer.rows)
    keys = list(zip(wanted["requestNo"], wanted["number"], strict=True))
    seen = [found.get(key) for key in keys]
    there = [row is not None for row in seen]
    fresh = wanted.loc[there, ["request", "place"]].reset_index(drop=True)
    fresh[["result", "code", "words", "sent_at"]] = pd.DataFrame(
        [row for row in seen if row is not None], columns=["result", "code", "words", "sent_at"], dtype=object
    )
    fresh["seen_at"] = now
    merged = _merged(journal.deliveries.table(record.id), fresh)
    if is_over(record, question.access, now):
        merged.loc[merged["result"] == str(Delivery.WAITING), "result"] = str(Delivery.NO_RESULT)
    with journal.together():
        journal.deliveries.replace(record.id, merged, now)
        journal.runs.note(record.id, now, ASKED)
    return _count(record, wanted, merged, calls=answer.calls, incomplete=answer.incomplete)


_Judged = tuple[str, str, str, "datetime | None"]


def _judge(rows: Iterable[Row]) -> dict[tuple[str, str], _Judged]:
    """The result of each recipient that the rows name: a final one before others; two different ones are unclear."""
    by_recipient: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_recipient.setdefault((row.request_no, row.phone), []).append(row)
    return {key: _judge_one(its) for key, its in by_recipient.items()}


def _judge_one(rows: list[Row]) -> _Judged:
    classes = [classify(row.msg_type, row.code) for row in rows]
    known = [(result, row) for result, row in zip(classes, rows, strict=True) if result != Delivery.WAITING]
    if not known:
        return str(Delivery.WAITING), rows[0].code, rows[0].words, rows[0].sent_at
    result, row = known[0]
    is_unclear = len({other.code for _, other in known}) > 1
    return str(Delivery.UNCLEAR if is_unclear else result), row.code, row.words, row.sent_at


def _merged(old: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """The results after a reading: the new ones, but a final one is not lost to one that still waits."""
    old = old[old["place"].notna()].astype({"place": "int64"}) if len(old) else old
    kept = fresh["result"].isin([str(result) for result in FINAL] + [str(Delivery.UNCLEAR)])
    was_final = old[old["result"].isin([str(result) for result in FINAL])]
    parts = [fresh[kept], was_final, fresh[~kept], old]
    whole = pd.concat([part.astype(object) for part in parts if len(part)] or [old])
    return whole.drop_duplicates(["request", "place"]).sort_values(["request", "place"]).reset_index(drop=True)


def _count(
    record: RunRecord, wanted: pd.DataFrame, results: pd.DataFrame, *, calls: int, incomplete: str | None
) -> Fetched:
    by_result = results["result"].value_counts()
    by_code = results["code"].value_counts()
    return Fetched(
        run=record.id,
        recipients=max(len(wanted), len(results)),
        results={result: int(by_result[str(result)]) for result in Delivery if str(result) in by_result},
        codes={str(code): int(count) for code, count in sorted(by_code.items())},
        calls=calls,
        incomplete=incomplete,
    )


def ended_at(record: RunRecord) -> datetime:
    """From when on a run is followed: its end, or when it was planned."""
    return record.ended_at or record.created_at


def is_over(record: RunRecord, access: Access, now: datetime) -> bool:
    """Whether results of the run are not asked for any more by itself: what waits then has no result."""
    return now >= ended_at(record) + access.section.follow_for


def next_look(record: RunRecord, access: Access, after: datetime) -> datetime | None:
    """When the results of a run are asked for next, after `after`; None where that is over."""
    end = ended_at(record)
    last = end + access.section.follow_for
    looks = [*(end + look for look in LOOKS if end + look < last), last]
    return next((look for look in looks if look > after), None)


def from_export(journal: Journal, run: str, rows: Iterable[Row]) -> Fetched:
    """Store the results in an export of the vendor's console instead of asking the gateway.

    Raises:
        NoSuchRun: there is no such run.
    """
    record = journal.runs.get(run)
    wanted = recipients_of(journal, record)
    access = history_access.Access(gateway=record.gateway, company="", section=history_access.section_of(record))
    return store(journal, Question(record=record, access=access, wanted=wanted), Answer(rows=tuple(rows)))


def looks(journal: Reader, now: datetime) -> Iterator[tuple[RunRecord, datetime]]:
    """The runs that are followed by themselves, and when their history is to be read next.

    Those are the runs whose campaign file has a [delivery], until all their messages have a result, nothing is unknown
    that may become accepted without a question, or the time to follow them is over; and not after an answer that was
    not as expected, until somebody asks again.
    """
    for record in journal.runs.all():
        if not history_access.is_followed(record) or record.ended_at is None or record.purged_at is not None:
            continue
        access = history_access.access_of(record)
        if now > ended_at(record) + access.section.follow_for + LATE:
            continue
        events = [one for one in journal.requests.events(record.id) if one["state"] in {ASKED, OFF}]
        if events and (events[-1]["state"] == OFF or not _is_waiting(journal, record, access)):
            continue
        look = next_look(record, access, events[-1]["at"] if events else ended_at(record))
        if look is not None:
            yield record, look


def _is_waiting(journal: Reader, record: RunRecord, access: Access) -> bool:
    """Whether another look at the history can change something."""
    requests = journal.requests.table(record.id)
    if access.section.reconcile == "accept" and (requests["state"] == str(State.UNKNOWN)).any():
        return True
    accepted = requests[(requests["state"] == str(State.ACCEPTED)) & requests["request_no"].notna()]
    counts = journal.deliveries.counts(record.id)
    return sum(counts.values()) - counts.get(str(Delivery.WAITING), 0) < int(accepted["recipients"].sum())
