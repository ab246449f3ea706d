"""Looks up unknown requests in the gateway's history: what is found there was accepted.

Seen in public clients of the gateway, not in the vendor's document. The history has no text, so a request is recognised
by the gateway's number of it (rule A) or by its recipients, sender, type and time together (rule B), and rule B only
where nothing else can be meant. A wrong "accepted" loses a message silently. That a request is not found proves
nothing: `unknown` never becomes "not sent" here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign.config.environment import Environment
from campaign.engine import connect, delivery, history_access, planning, runs
from campaign.engine.decisions import NotUnknown
from campaign.engine.progress import SILENT
from campaign.gateway.attempt import Deadlines
from campaign.gateway.delivery_codes import classify
from campaign.gateway.server_time import ask_time
from campaign.journal import FoundRequest
from campaign.model import State
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.origin import gateway_identity
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.timing import reservation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from campaign.engine.history_access import Access
    from campaign.engine.progress import Progress
    from campaign.gateway.history import Reading, Row
    from campaign.journal import Journal, OpenRequest, Reader, RunRecord
    from campaign.model import MsgType, Order, Request
    from campaign.model.times import Clock

NOT_BEFORE: Final = timedelta(minutes=5)
"""After an attempt, before its request is looked for by its recipients."""

BEFORE: Final = timedelta(seconds=60)
AFTER: Final = timedelta(minutes=5)
"""How far the history's time of a request may be from its claim, and from the end of its attempt."""

AROUND_RESERVATION: Final = timedelta(minutes=10)

TELLING: Final = 10
"""Recipients from which on a request is recognised by them although others may send through the organisation."""

SETTLED_AFTER: Final = {"SMS": timedelta(hours=26)}
SETTLED_LATE: Final = timedelta(hours=73)
"""When carriers have settled: for an SMS, and for other types."""

READINGS_APART: Final = timedelta(hours=1)
CONTROLS_WITHIN: Final = timedelta(minutes=10)
OLDEST_OPEN: Final = timedelta(days=32)
"""How much earlier a request of another run may have been sent that owns a row: the gateway reserves for a month."""

NO_TRACE_EVENT: Final = "no_trace"
"""The event of a request that a reading with all conditions of `Verdict.NO_TRACE` did not show."""


class Verdict(StrEnum):
    """What the history says of an unknown request."""

    BY_NUMBER = "by_number"  # rule A: its number is there, with exactly its recipients
    BY_RECIPIENTS = "by_recipients"  # rule B: its recipients, sender, type and time are there, and nothing else fits
    NEEDS_NAMING = "needs_naming"  # rule B, but it has few recipients and others may send: a user has to name it
    AMBIGUOUS = "ambiguous"  # several requests fit
    STRANGER = "stranger"  # something else sends through this organisation
    PARTLY = "partly"  # some of its recipients are there, others are not
    TOO_EARLY = "too_early"  # it was sent less than five minutes ago
    INCOMPLETE = "incomplete"  # the history was not read to its end
    NO_CLOCK = "no_clock"  # the gateway's clock is not known
    NOTHING = "nothing"  # it is not there; that proves nothing
    NO_TRACE = "no_trace"  # it was not there twice, late enough, while others of the run are: a user may decide


FOUND: Final = (Verdict.BY_NUMBER, Verdict.BY_RECIPIENTS)
"""Verdicts by which an unknown request may become accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What the history says of one unknown request.

    Attributes:
        no: the request's number in the run.
        attempts: how often it was sent.
        recipients: how many recipients it has.
        verdict: what follows.
        request_no: the gateway's number of the request that was found.
        seen: how many of its recipients the history shows at its time.
    """

    no: int
    attempts: int
    recipients: int
    verdict: Verdict
    request_no: str | None = None
    seen: int = 0

    @property
    def evidence(self) -> str:
        """Why it may become accepted, as the journal stores it."""
        reason = RunReason.FOUND_BY_NUMBER if self.verdict == Verdict.BY_NUMBER else RunReason.FOUND_BY_RECIPIENTS
        return encode(reason, request=self.request_no or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What the history says of the unknown requests of a run; `incomplete` says why it was not read to its end."""

    run: RunRecord
    traces: tuple[Trace, ...]
    calls: int = 0
    incomplete: str | None = None

    @property
    def found(self) -> tuple[Trace, ...]:
        """Those that may become accepted."""
        return tuple(trace for trace in self.traces if trace.verdict in FOUND)

    def as_json(self) -> dict[str, object]:
        """The object that scripts read."""
        return {
            "run": self.run.id,
            "unknown": [
                {
                    "request": trace.no,
                    "recipients": trace.recipients,
                    "verdict": str(trace.verdict),
                    "requestNo": trace.request_no,
                    "seen": trace.seen,
                }
                for trace in self.traces
            ],
            "calls": self.calls,
            "incomplete": self.incomplete,
        }


class NothingFound(CampaignError):
    """The history shows none of the unknown requests in a way that proves that it was accepted."""

    def __init__(self, run: str) -> None:
        super().__init__(
            _("run {run}: the history proves of no unknown request that it was accepted; nothing was changed", run=run)
        )
        self.run = run


def find(
    journal: Journal,
    run: str,
    *,
    only: Sequence[int] | None = None,
    progress: Progress = SILENT,
    clock: Clock | None = None,
) -> Traces:
    """Look for the unknown requests of a run in the gateway's history. No state is changed.

    Requests that a dead process left in flight become unknown first.

    Args:
        journal: open for writing.
        run: the run's id, or `last`.
        only: the numbers of requests that the user names; all unknown ones otherwise.
        progress: told of the rows that were read.
        clock: waits between the calls.

    Raises:
        NoSuchRun: there is no such run.
        NotUnknown: one of `only` is not unknown.
        DeliveryOff: no organisation is named.
        HistoryFailed, HistoryDiffers: the history cannot be read, or is not as expected.
    """
    record = journal.runs.get(run)
    journal.requests.mark_orphans_unknown(record.id, runs.now())
    unknown = journal.requests.table(record.id).query("state == 'unknown'")
    for no in only or ():
        if no not in unknown["no"].tolist():
            raise NotUnknown(record.id, no, unknown["no"].tolist())
    question = questions(journal, run)
    if question is None:
        return Traces(run=record, traces=())
    with delivery.noting_differences(journal, record):
        answer = ask(question, connect.ledger_of(journal), progress=progress, clock=clock)
    return judge(journal, question, answer, only=only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about the unknown requests of a run: everything that `ask` needs, without a journal."""

    record: RunRecord
    access: Access
    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was read of the history, and how far the gateway's clock is ahead; None if that is not known."""

    reading: Reading
    offset: timedelta | None


def questions(journal: Reader, run: str) -> Question | None:
    """What is to be asked about a run's unknown requests; None if it has none.

    Raises:
        NoSuchRun: there is no such run.
        DeliveryOff: no organisation is named.
    """
    record = journal.runs.get(run)
    access = history_access.access_of(record)
    wanted = delivery.recipients_of(journal, record, (State.UNKNOWN,))
    if wanted.empty:
        return None
    start, end = delivery.days_of(wanted, runs.now())
    return Question(record=record, access=access, start=start, end=end)


def ask(
    question: Question, ledger: Path | None = None, *, progress: Progress = SILENT, clock: Clock | None = None
) -> Answer:
    """Read the history of those days; nothing is stored.

    Raises:
        HistoryFailed, HistoryDiffers: the history cannot be read, or is not as expected.
    """
    with question.access.open(ledger, clock) as history, progress.stage("fetch") as advance:
        offset = _clock_offset(history.origin)
        return Answer(reading=history.read(question.start, question.end, advance=advance), offset=offset)


def judge(journal: Journal, question: Question, answer: Answer, *, only: Sequence[int] | None = None) -> Traces:
    """What the answer says of the unknown requests; no state is changed."""
    record, reading = question.record, answer.reading
    unknown = journal.requests.table(record.id).query("state == 'unknown'")
    if unknown.empty:
        return Traces(run=record, traces=())
    is_exclusive = question.access.section.exclusive
    search = _Search(journal, record, reading, offset=answer.offset, named=set(only or ()), exclusive=is_exclusive)
    asked = unknown if only is None else unknown[unknown["no"].isin(only)]
    named = zip(asked["no"], asked["attempts"], asked["sent_at"], asked["request_no"], strict=True)
    traces = [search.judge(_Unknown(int(no), int(tries), at.to_pydatetime(), own)) for no, tries, at, own in named]
    return Traces(run=record, traces=tuple(traces), calls=reading.calls, incomplete=reading.incomplete)


def accept(journal: Journal, traces: Traces, *, order: Order | None = None) -> int:
    """Make the requests accepted that were found, each with its evidence; returns how many.

    Raises:
        NothingFound: none was found.
        JournalError: one of them is not unknown any more; nothing was changed.
        OrderDone: the order was carried out before.
    """
    if not traces.found:
        raise NothingFound(traces.run.id)
    found = [
        FoundRequest(no=trace.no, attempts=trace.attempts, request_no=trace.request_no or "", evidence=trace.evidence)
        for trace in traces.found
    ]
    with journal.together():
        journal.orders.add(order, runs.now(), run=traces.run.id)
        journal.requests.accept_found(traces.run.id, found, runs.now())
    return len(found)


def _clock_offset(origin: str) -> timedelta | None:
    """How far the gateway's clock is ahead of this machine's; None if it is not known."""
    environment = Environment()
    try:
        theirs, ours = ask_time(origin, ca_file=environment.ca_file, proxy=environment.proxy)
    except OSError:
        return None
    return None if theirs is None else theirs - ours


@dataclass(slots=True)
class _Group:
    """The rows of the history with one number of a request."""

    numbers: set[str] = field(default_factory=set)
    senders: set[str] = field(default_factory=set)
    types: set[MsgType] = field(default_factory=set)
    times: set[datetime | None] = field(default_factory=set)
    settled: bool = False

    def add(self, row: Row) -> None:
        self.numbers.add(row.phone)
        self.senders.add(row.sender)
        self.types.add(row.msg_type)
        self.times.add(row.sent_at)
        self.settled |= classify(row.msg_type, row.code) in delivery.FINAL


class _Unknown(NamedTuple):
    """An unknown request as the journal has it; `own` is the gateway's number, if an unreadable answer had one."""

    no: int
    attempts: int
    sent_at: datetime
    own: object


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request that was on the wire, and when the history may have it."""

    numbers: frozenset[str]
    sender: str
    msg_type: MsgType
    earliest: datetime
    latest: datetime

    def covers(self, group: _Group) -> bool:
        """Whether the rows of the group may be of its time; rows without a time may."""
        return any(at is None or self.earliest <= at <= self.latest for at in group.times)

    def fits(self, group: _Group) -> bool:
        """Whether the group, which has exactly its recipients, has its sender and type, all at its time."""
        return (
            group.senders == {self.sender}
            and group.types == {self.msg_type}
            and all(at is not None and self.earliest <= at <= self.latest for at in group.times)
        )


class _Search:
    """Judges the unknown requests of a run by one reading of the history."""

    def __init__(
        self,
        journal: Journal,
        record: RunRecord,
        reading: Reading,
        *,
        offset: timedelta | None,
        named: set[int],
        exclusive: bool,
    ) -> None:
        self._journal = journal
        self._record = record
        self._complete = reading.incomplete is None
        self._offset = offset
        self._named = named
        self._exclusive = exclusive
        self._now = runs.now()
        self._plans: dict[str, planning.Plan] = {}
        self._requests = journal.requests.table(record.id)
        self._groups: dict[str, _Group] = defaultdict(_Group)
        for row in reading.rows:
            self._groups[row.request_no].add(row)
        known = journal.requests.known_numbers()
        self._unexplained = {number: group for number, group in self._groups.items() if number not in known}
        self._open = self._open_requests()
        by_numbers: dict[frozenset[str], list[tuple[str, int]]] = defaultdict(list)
        for key, sent in self._open.items():
            by_numbers[sent.numbers].append(key)
        self._owners = {
            number: [key for key in by_numbers.get(frozenset(group.numbers), ()) if self._open[key].fits(group)]
            for number, group in self._unexplained.items()
        }
        self._by_phone: dict[str, list[str]] = defaultdict(list)
        for number, group in self._groups.items():
            for phone in group.numbers:
                self._by_phone[phone].append(number)
        self._ownerless = {number: group for number, group in self._unexplained.items() if not self._owners[number]}
        self._has_stranger = self._find_stranger()

    def judge(self, unknown: _Unknown) -> Trace:
        """What the history says of one unknown request."""
        key = (self._record.id, unknown.no)
        request = self._request(*key)
        verdict, number = self._by_number(request, unknown.own)
        if verdict is None:
            verdict, number = self._by_recipients(key, unknown)
        seen = len(self._groups[number].numbers & set(request.numbers)) if number in self._groups else 0
        if verdict == Verdict.PARTLY and number is None:
            seen = self._seen(self._open[key], self._ownerless)
        return Trace(
            no=unknown.no,
            attempts=unknown.attempts,
            recipients=len(request.numbers),
            verdict=verdict,
            request_no=number if verdict in {*FOUND, Verdict.NEEDS_NAMING, Verdict.PARTLY} else None,
            seen=seen,
        )

    def _by_number(self, request: Request, own: object) -> tuple[Verdict | None, str | None]:
        """Rule A, for a request whose number came with an unreadable answer; no verdict where it has none."""
        if not isinstance(own, str) or not re.fullmatch("[0-9]{1,18}", own):
            return None, None
        if not self._complete:
            return Verdict.INCOMPLETE, None
        group = self._groups.get(own)
        if group is None:
            return Verdict.NOTHING, None
        is_whole = group.numbers == set(request.numbers)
        return (Verdict.BY_NUMBER if is_whole else Verdict.PARTLY), own

    def _by_recipients(self, key: tuple[str, int], unknown: _Unknown) -> tuple[Verdict, str | None]:
        """Rule B."""
        if (obstacle := self._obstacle(key, unknown)) is not None:
            return obstacle, None
        sent = self._open[key]
        fitting = [number for number, owners in self._owners.items() if key in owners]
        if not fitting:
            return self._not_found(key, sent, unknown), None
        if len(fitting) > 1 or self._owners[fitting[0]] != [key]:
            return Verdict.AMBIGUOUS, None
        if self._has_stranger:
            return Verdict.STRANGER, None
        is_enough = self._exclusive or len(sent.numbers) >= TELLING or unknown.no in self._named
        return (Verdict.BY_RECIPIENTS if is_enough else Verdict.NEEDS_NAMING), fitting[0]

    def _obstacle(self, key: tuple[str, int], unknown: _Unknown) -> Verdict | None:
        """Why rule B cannot be applied now; None if it can."""
        if not self._complete:
            return Verdict.INCOMPLETE
        if self._offset is None:
            return Verdict.NO_CLOCK
        if self._now < unknown.sent_at + NOT_BEFORE:
            return Verdict.TOO_EARLY
        return None if key in self._open else Verdict.NOTHING

    def _not_found(self, key: tuple[str, int], sent: _Sent, unknown: _Unknown) -> Verdict:
        """Part of it was found, or nothing; or nothing twice, under all conditions of `Verdict.NO_TRACE`."""
        if self._seen(sent, self._ownerless):
            return Verdict.PARTLY
        is_plain = self._request(*key).message.date is None and not self._seen(sent, self._groups)
        if self._has_stranger or not is_plain or not self._has_controls(sent, unknown.sent_at):
            return Verdict.NOTHING
        events = self._journal.requests.events(*key)
        earlier = [one["at"] for one in events if one["state"] == NO_TRACE_EVENT and one["at"] > unknown.sent_at]
        self._journal.requests.note(key[0], [key[1]], self._now, NO_TRACE_EVENT)
        settled = unknown.sent_at + SETTLED_AFTER.get(sent.msg_type, SETTLED_LATE)
        is_late = self._now >= settled and any(at <= self._now - READINGS_APART for at in earlier)
        return Verdict.NO_TRACE if is_late else Verdict.NOTHING

    def _has_controls(self, sent: _Sent, sent_at: datetime) -> bool:
        """Whether accepted requests of the run, claimed shortly before and after, are there with final results."""
        accepted = self._requests[(self._requests["state"] == "accepted") & self._requests["request_no"].notna()]
        near = accepted[(accepted["sent_at"] - sent_at).abs() <= CONTROLS_WITHIN]
        shown = [
            at
            for at, number in zip(near["sent_at"], near["request_no"], strict=True)
            if (group := self._groups.get(str(number))) is not None
            and group.settled
            and group.senders == {sent.sender}
            and group.types == {sent.msg_type}
        ]
        return any(at < sent_at for at in shown) and any(at > sent_at for at in shown)

    def _seen(self, sent: _Sent, groups: Mapping[str, _Group]) -> int:
        """How many of its recipients have a row of this sender at its time among these groups."""

        def is_there(phone: str) -> bool:
            named = [groups[number] for number in self._by_phone.get(phone, ()) if number in groups]
            return any(sent.sender in group.senders and sent.covers(group) for group in named)

        return sum(map(is_there, sent.numbers))

    def _find_stranger(self) -> bool:
        """Whether something else sent from the sender of an unknown request at its time."""
        own = [sent for (run, _no), sent in self._open.items() if run == self._record.id]
        return any(
            sent.sender in group.senders and sent.covers(group) for group in self._ownerless.values() for sent in own
        )

    def _open_requests(self) -> dict[tuple[str, int], _Sent]:
        """The requests of all runs through this gateway that may own a row without an owner."""
        mine = self._requests[self._requests["state"] == str(State.UNKNOWN)]["sent_at"].min().to_pydatetime()
        gateway = gateway_identity(self._record.gateway)
        records = {record.id: record for record in self._journal.runs.all()}
        return {
            (one.run, one.no): self._sent(one)
            for one in self._journal.requests.open_since(mine - OLDEST_OPEN)
            if gateway_identity(records[one.run].gateway) == gateway and records[one.run].purged_at is None
        }

    def _sent(self, one: OpenRequest) -> _Sent:
        request = self._request(one.run, one.no)
        message, offset = request.message, self._offset or timedelta()
        if message.date is not None:
            at = reservation.parse(message.date)
            earliest, latest = at - AROUND_RESERVATION, at + AROUND_RESERVATION
        else:
            longest = timedelta(seconds=Deadlines.within(Environment().deadline_s).overall)
            earliest, latest = one.sent_at + offset - BEFORE, one.sent_at + offset + longest + AFTER
        return _Sent(frozenset(request.numbers), message.sender, message.msg_type, earliest, latest)

    def _request(self, run: str, no: int) -> Request:
        if run not in self._plans:
            self._plans[run] = planning.Plan(run, self._journal.runs.recipients(run).table)
        return self._plans[run].request(no)
