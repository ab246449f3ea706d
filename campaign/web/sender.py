"""Carries out orders: what users asked the page to do. It is the scheduler of the page as well.

Everything that writes to the journal happens on the thread that calls `run_forever`, and the journal is open for
writing only as long as one deed takes. While a run is sent, small deeds are done between two steps of its dispatch.

An order is done once: its id is written into the journal in the transaction of the deed. The server tells an order
again until it hears how it ended; then either the journal has the id, or nothing was done.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from campaign import engine
from campaign.config.house_rules import HouseRules
from campaign.engine import decisions, delivery, opt_out_proposals, opt_outs, reconcile, schedules
from campaign.engine.cluster import queued
from campaign.engine.reconcile import Verdict
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import OccurrenceState, RunState, i18n
from campaign.model.errors import CampaignError, JournalBusy
from campaign.model.i18n import N_, _, ngettext
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason
from campaign.model.text import escape_lines
from campaign.model.times import format_time
from campaign.scheduler import notify
from campaign.scheduler.event import SchedulerEvent
from campaign.scheduler.service import LOOK, PATIENCE, Scheduler
from campaign.timing.timetable import GRACE
from campaign.web import disk, drafts
from campaign.web.journal_process import reading
from campaign.web.sending_progress import SendingProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from campaign.config.sections import NotifySection
    from campaign.journal import ScheduleRecord
    from campaign.model import State

_BUSY_S: Final = 1.0
"""Seconds until an order is tried again that found the journal in another process's hands."""


class TooLate(CampaignError):
    """The order could not be carried out in time, so a user decides again; nothing was sent."""


class NotNow(CampaignError):
    """The run is being sent, or is not, so that this cannot be done."""


@dataclass(slots=True, kw_only=True)
class ToldOrder:
    """An order as the server told it.

    Attributes:
        order: its id, its kind and who asked for it.
        language: of who asked for it.
        asked_at: when it was asked for.
        given: what it is about: `run`, `file`, `digest`, ...
        run: the run that it made or concerns, once that is known.
        check: the campaign's check, where it is made ahead on another thread.
        history: what the gateway's history answers, likewise; None if there is nothing to ask.
        is_under_way: it is being carried out; what it sends looks for errands, and must not find it again.
        outcome: what came of it, in words, where the page says more than that it was carried out.
        code: what came of it, for the page.
    """

    order: engine.Order
    language: str
    asked_at: datetime
    given: Mapping[str, Any]
    run: str | None = None
    check: Future[engine.Checked] | None = None
    history: Future[tuple[reconcile.Question, reconcile.Answer] | None] | None = None
    is_under_way: bool = False
    not_before: float = 0.0
    said: str = ""
    outcome: str | None = None
    code: str | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it can be tried now."""
        is_free = not self.is_under_way and monotonic() >= self.not_before
        return is_free and all(one is None or one.done() for one in (self.check, self.history))


@dataclass(slots=True, kw_only=True)
class Sender:
    """Carries out what it is told, and what is due.

    Args:
        journal_url: the journal's URL.
        reports: the folder of result workbooks.
        emit: reports an event with its fields to the server.
        journal_file: the journal's file, which no workbook is written over.
        is_practice_only: nothing is sent to a real gateway.
        has_schedule: it starts what is due.
        house: returns the rules of the house, which may have changed since the last order.
        queue: whether the workers of a cluster send runs; tests, and what goes to the sandbox, are sent here.
    """

    journal_url: str
    reports: Path
    emit: Callable[..., None]
    journal_file: Path | None = None
    is_practice_only: bool = False
    has_schedule: bool = True
    house: Callable[[], HouseRules] = HouseRules
    queue: bool = False
    stop: engine.StopRequest = field(default_factory=engine.StopRequest)
    sending: dict[str, engine.StopRequest] = field(default_factory=dict)
    """The runs that are sent now, each with its own request to stop."""

    _trouble: str = ""  # what kept the scheduler from looking last
    _told: dict[str, ToldOrder] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _checks: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="check"))
    _asking: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="history"))
    _notices: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="notices"))

    def take(self, told: Sequence[ToldOrder]) -> None:
        """Accept orders, from any thread. One that is told twice is accepted once."""
        with self._changed:
            for one in told:
                if one.order.id in self._told:
                    continue
                if one.order.kind in {"test", "schedule"}:
                    one.check = self._checks.submit(self._check_ahead, one)
                    one.check.add_done_callback(lambda _: self._wake())
                if one.order.kind == "reconcile":
                    one.history = self._asking.submit(self._ask_history, one)
                    one.history.add_done_callback(lambda _: self._wake())
                self._told[one.order.id] = one
            self._changed.notify_all()

    def end(self) -> None:
        """Stop in order, from any thread: answers are awaited, and orders that are left stay open."""
        self.stop.request()
        self._wake()

    def _is_ending(self) -> bool:
        return self.stop.count > 0

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def run_forever(self) -> None:
        """Carry out orders and start what is due, until `end` is called."""
        scheduler = self._scheduler()
        while not self._is_ending():
            if (told := self._next()) is not None:
                self._carry_out(told)
                _give_memory_back()
                continue
            wait = self._look(scheduler)
            with self._changed:
                if not self._is_ending() and self._next_ready() is None:
                    self._changed.wait(wait)
        self._checks.shutdown(wait=False, cancel_futures=True)
        self._asking.shutdown(wait=False, cancel_futures=True)
        self._notices.shutdown()  # what a run came to is told, though the page ends

    def _scheduler(self) -> Scheduler:
        return Scheduler(
            self.journal_url,
            _Notes(),
            progress=self._progress(),
            target=self._target(),
            stop=self.stop,
            errands=self._errands,
            queue=self.queue,
            sending=self.sending,
            house=self.house,
        )

    def _look(self, scheduler: Scheduler) -> float:
        """Start what is due; returns seconds until the next look."""
        if not self.has_schedule:
            return LOOK
        try:
            wait = scheduler.next_look()
            if wait <= 0:
                for event in scheduler.run_due(timedelta(0)):
                    summary = event.summary if event.schedule is None else None  # it notifies of schedules itself
                    if summary is not None and not summary.sandbox and event.state in _ENDS:
                        self._notify(event, summary.run or "")
                _give_memory_back()
            else:
                scheduler.follower.step()
        except JournalBusy:
            return LOOK  # another process sends, perhaps a scheduler of its own
        except CampaignError as problem:  # such as a disk without space
            if str(problem) != self._trouble:
                self._trouble = str(problem)
                _Notes().note(self._trouble)
            return LOOK
        except Exception:  # noqa: BLE001 - the problem may be gone next time, and orders have to be carried out
            _log()
            return LOOK
        return min(max(wait, 0.05), LOOK)

    def _next(self) -> ToldOrder | None:
        with self._changed:
            return self._next_ready()

    def _next_ready(self, kinds: frozenset[str] | None = None) -> ToldOrder | None:
        """The order to carry out next: small ones first, so that a pause comes before what would send again."""
        ready = [one for one in self._told.values() if one.is_ready]
        small = [one for one in ready if one.order.kind not in _SENDING]
        for one in small if kinds is not None else [*small, *ready]:
            if kinds is None or self._is_errand(one, kinds):
                return one
        return None

    def _is_errand(self, one: ToldOrder, kinds: frozenset[str]) -> bool:
        """Whether it can be done while a run is sent; to cancel that very run waits until its dispatch has ended."""
        return one.order.kind in kinds or (one.order.kind == "cancel" and one.given["run"] not in self.sending)

    def _errands(self, journal: engine.Journal) -> None:
        """Do small deeds between two steps of a dispatch."""
        if len(self.sending) > 1:
            return  # a test message is sent meanwhile: one after the other
        with self._changed:
            self._stop_what_is_cancelled()
            told = self._next_ready(_ERRANDS)
        if told is not None:
            self._carry_out(told, journal)

    def _stop_what_is_cancelled(self) -> None:
        """A run that is to be cancelled is stopped first; the order follows when its dispatch has ended."""
        for one in self._told.values():
            run = one.given.get("run")
            if one.order.kind == "cancel" and run in self.sending and self.sending[run].pause is None:
                self.sending[run].request(pause=_paused_by(one.order.by))

    def _carry_out(self, told: ToldOrder, journal: engine.Journal | None = None) -> None:
        """Do what an order asks for and tell the server how it ended; nothing that goes wrong ends the process."""
        with i18n.in_language(told.language):
            told.is_under_way = True
            try:
                self._do_or_go_on(told, journal)
            except JournalBusy as busy:
                told.not_before = monotonic() + _BUSY_S
                self._say_waiting(told, str(busy))
                return
            except CampaignError as problem:
                self._tell(told, "refused", words=str(problem), code=problem.code)
                self._notify_refused(told, problem)
                return
            except Exception as problem:  # noqa: BLE001 - other orders have to be carried out
                if disk.is_full(problem):
                    full = disk.DiskFull()
                    self._tell(told, "refused", words=str(full), code=full.code)
                    return
                words = _("Something went wrong in the program. The log has it under {number}.", number=_log())
                self._tell(told, "refused", words=words, code="internal")
                return
            finally:
                told.is_under_way = False
            if not self._is_left(told):
                self._tell(told, "done", words=told.outcome, code=told.code)

    def _do_or_go_on(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        try:
            _DEEDS[told.order.kind](self, told, journal)
        except engine.OrderDone as done:
            told.run = told.run or done.run
            if told.order.kind in _CHANGES_RESULT and told.run is not None and told.run not in self.sending:
                with self._opened(journal) as opened:
                    self._go_on_with(told, opened, opened.runs.get(told.run))

    def _is_left(self, told: ToldOrder) -> bool:
        """Whether the process is ending and has not done all of the order: then it stays open, and is told again."""
        if not self._is_ending() or told.order.kind not in _SENDS or told.run is None:
            return False
        with open_for_reading(self.journal_url) as journal:
            record = journal.runs.get(told.run)
        return not _is_with_workers(record) and record.state in {RunState.INTERRUPTED, RunState.RUNNING}

    def _tell(self, told: ToldOrder, state: str, *, words: str | None = None, code: str | None = None) -> None:
        if state != "begun":
            with self._changed:  # before it is told, since the server may tell it again at once
                self._told.pop(told.order.id, None)
        self.emit("order", id=told.order.id, state=state, run=told.run, words=words, code=code)

    def _say_waiting(self, told: ToldOrder, words: str) -> None:
        if words != told.said:
            told.said = words
            self.emit("order", id=told.order.id, state="waiting", run=told.run, words=words, code=None)

    def _go_on_with(self, told: ToldOrder, journal: engine.Journal, record: engine.RunRecord) -> None:
        """The process ended after the order was carried out: send the rest of its run, unless a user paused it."""
        if _is_with_workers(record):
            return
        if told.order.kind not in _SENDS or record.state not in {RunState.INTERRUPTED, RunState.RUNNING}:
            if told.order.kind != "test" and record.purged_at is None:
                engine.report(journal, record.id, self._target())  # the process may have ended before it was written
            return
        last = journal.orders.of_run(record.id)[-1]
        if last.kind == "pause":
            journal.requests.mark_orphans_unknown(record.id, engine.now())
            journal.runs.stop(record.id, RunState.PAUSED, _paused_by(last.by_whom), engine.now())
            return
        _require_recent(journal, record)  # before the dispatch marks orphans, which is a sign of life
        self._tell(told, "begun")
        if told.order.kind == "test":
            self._execute(journal, record, writes_report=False)
        else:
            self._execute_and_notify(told, journal, record)

    @contextmanager
    def _opened(self, journal: engine.Journal | None) -> Iterator[engine.Journal]:
        """The journal that a dispatch has open, else the journal opened for this deed."""
        if journal is not None:
            yield journal
            return
        with open_for_writing(self.journal_url) as opened:
            yield opened

    def _is_practice(self, told: ToldOrder) -> bool:
        return self.is_practice_only or bool(told.given.get("practice"))

    def _load(self, told: ToldOrder) -> tuple[engine.Campaign, str]:
        """The campaign of an order, as the house sends it, and the gateway that it goes to."""
        campaign = engine.load_campaign(Path(told.given["file"]))
        if told.order.kind != "test":  # which goes to the own phone, at any hour
            campaign = self.house().applied(campaign)
        gateway = engine.SANDBOX if self._is_practice(told) else engine.gateway_of(campaign)
        engine.check_keys(gateway)
        return campaign, gateway

    def _check(self, told: ToldOrder) -> engine.Checked:
        campaign, gateway = self._load(told)
        if told.order.kind == "schedule":
            start = schedules.next_starts(Path(told.given["file"]), campaign, _schedule_options(told), engine.now(), 1)[
                0
            ]
            return schedules.check_for(campaign, gateway, max(start, engine.now()), engine.SILENT)
        return engine.check(campaign, engine.now(), engine.SILENT, practice=gateway == engine.SANDBOX)

    def _check_ahead(self, told: ToldOrder) -> engine.Checked:
        with i18n.in_language(told.language):
            return self._check(told)

    def _require_new(self, told: ToldOrder) -> None:
        """Refuse early, before a check, what was carried out before or is too late."""
        with reading(self.journal_url) as journal:
            done = journal.orders.find(told.order.id) if journal is not None else None
        if done is not None:
            raise engine.OrderDone(done.id, done.run)
        if engine.now() - told.asked_at > GRACE:
            raise TooLate(
                _(
                    "The program was not running at {time} (Asia/Seoul), when this was ordered, and for two hours "
                    "after that. Nothing was sent. Check it and send it again.",
                    time=format_time(told.asked_at),
                )
            )

    def _send(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        self._require_new(told)
        options = engine.PlanOptions(
            now=engine.now(),
            again=bool(told.given.get("again")),
            override=bool(told.given.get("override")),
            expected=told.given["digest"],
            order=told.order,
            most_a_day=self.house().most_a_day,
        )
        gateway = self._load(told)[1]
        options = replace(options, queue=self.queue and gateway != engine.SANDBOX)
        with self._opened(journal) as opened:  # first, since the check is for nothing where another process sends
            checked = self._check(told)
            if gateway == engine.SANDBOX:
                self._require_shown(told, checked)
                options = replace(options, expected=None)
            record = engine.plan(opened, checked, gateway, options)
            told.run = record.id
            self._tell(told, "begun")
            if not record.is_queued:
                self._execute_and_notify(told, opened, record)

    def _require_shown(self, told: ToldOrder, checked: engine.Checked) -> None:
        """Refuse another plan than was shown, where that was made for the campaign's own gateway, and for the present.

        Raises:
            Changed: the plan is another one.
        """
        gateway, shown = engine.gateway_of(checked.campaign), told.given["digest"]
        if engine.digest_plan(checked, gateway) != shown:
            real = engine.check(checked.campaign, engine.now(), engine.SILENT)
            if engine.digest_plan(real, gateway) != shown:
                raise engine.Changed(
                    _("the list, the message or the time has changed since it was shown. Nothing was sent.")
                )

    def _test(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        self._require_new(told)
        gateway = self._load(told)[1]
        checked = told.check.result() if told.check else self._check(told)
        single = engine.single_out(checked, to=told.given["to"], row=told.given.get("row"))
        options = engine.PlanOptions(now=engine.now(), again=True, order=told.order)
        with self._opened(journal) as opened:
            record = engine.plan(opened, single, gateway, options)
            told.run = record.id
            self._tell(told, "begun")
            self._execute(opened, record, writes_report=False)

    def _resume(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        self._require_new(told)
        with self._opened(journal) as opened:
            told.run = told.given["run"]
            record = engine.prepare_resume(
                opened,
                told.given["run"],
                override=bool(told.given.get("override")),
                order=told.order,
                most_a_day=self.house().most_a_day,
            )
            if not opened.requests.may_still_go(record.id):
                raise NotNow(_("Nothing of it is left to send."))
            self._tell(told, "begun")
            self._execute_and_notify(told, opened, record)

    def _pause(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        run = told.run = told.given["run"]
        words = _paused_by(told.order.by)
        if journal is not None and run in self.sending:
            journal.orders.add(told.order, engine.now(), run=run)
            self.sending[run].request(pause=words)
            return
        with self._opened(journal) as opened:
            record = opened.runs.get(run)
            if record.state not in {RunState.INTERRUPTED, RunState.RUNNING, RunState.PAUSED} or (
                record.state == RunState.PAUSED and record.resume_at is None
            ):
                raise NotNow(_("It is not being sent, so it cannot be paused."))
            with opened.together():
                opened.orders.add(told.order, engine.now(), run=run)
                if _is_with_workers(record):
                    if not queued.pause(opened, record, engine.now(), words):
                        raise NotNow(_("It is not being sent, so it cannot be paused."))  # it ended meanwhile
                    return
                opened.requests.mark_orphans_unknown(run, engine.now())
                opened.runs.stop(run, RunState.PAUSED, words, engine.now())

    def _cancel(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        told.run = told.given["run"]
        with self._opened(journal) as opened:
            opened.orders.require_new(told.order)
            engine.cancel(opened, engine.find_cancellation(opened, told.given["run"]), order=told.order)
            if journal is None:
                engine.report(opened, told.given["run"], self._target())

    def _resolve(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        run = told.run = told.given["run"]
        if run in self.sending:
            raise NotNow(_("It is being sent. Pause it or wait until it has ended, then decide."))
        with self._opened(journal) as opened:
            opened.orders.require_new(told.order)
            sent, not_sent = told.given.get("sent", []), told.given.get("not_sent", [])
            found = decisions.find_unknown(opened, run, only=[*sent, *not_sent])
            decisions.require_unknown(found)
            with opened.together():
                opened.orders.add(told.order, engine.now(), run=run)
                for numbers, is_sent in ((sent, True), (not_sent, False)):
                    if numbers:
                        engine.resolve(opened, decisions.find_unknown(opened, run, only=numbers), sent=is_sent)
            if journal is None:
                engine.report(opened, run, self._target())

    def _schedule(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        self._require_new(told)
        gateway = self._load(told)[1]
        checked = told.check.result() if told.check else self._check(told)
        if "digest" in told.given:
            self._require_shown(told, checked)
        with self._opened(journal) as opened:
            made = engine.schedule(
                opened,
                Path(told.given["file"]),
                checked,
                gateway,
                replace(_schedule_options(told), most_a_day=self.house().most_a_day),
                now=engine.now(),
            )
        told.run = made.run.id if made.run else None

    def _unschedule(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        with self._opened(journal) as opened:
            engine.unschedule(opened, told.given["schedule"], engine.now(), order=told.order)

    def _add_opt_out(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        with self._opened(journal) as opened:
            told.outcome = _in_words(opt_outs.add(opened, [told.given["number"]], order=told.order))

    def _import_opt_outs(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        """Add the numbers that the check process read from an upload, one a line; their file is removed."""
        path = Path(told.given["numbers"])
        with self._opened(journal) as opened:
            try:
                opened.orders.require_new(told.order)
                numbers = path.read_text(encoding="ascii").split()
                added = opt_outs.add_read(opened, numbers, told.given["origin"], order=told.order)
                told.outcome = "\n".join([_in_words(added), *told.given["notes"]])
            finally:
                path.unlink(missing_ok=True)

    def _remove_opt_out(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        number = told.given["number"]
        with self._opened(journal) as opened:
            opt_outs.remove(opened, number, order=told.order)
        told.outcome = _("removed; campaigns may go to {number} again", number=number)

    def _accept_opt_outs(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        """Add those numbers that the delivery results of a run propose on one ground, as they were shown."""
        run = told.run = told.given["run"]
        with self._opened(journal) as opened:
            opened.orders.require_new(told.order)
            proposed = opt_out_proposals.propose(opened, run)
            chosen = [one for one in proposed if one.ground == told.given["ground"]]
            if len(chosen) != told.given["count"]:
                raise NotNow(_("The delivery results have changed since they were shown. Nothing was added."))
            added = opt_out_proposals.accept(opened, chosen, order=told.order)
        told.outcome = ngettext("1 number was added.", "{count:,} numbers were added.", added.new)

    def _ask_history(self, told: ToldOrder) -> tuple[reconcile.Question, reconcile.Answer] | None:
        """Read the gateway's history of a run's unknown requests, while no journal is open for writing."""
        with i18n.in_language(told.language):
            with open_for_reading(self.journal_url) as journal:
                question = reconcile.questions(journal, told.given["run"])
            if question is None or question.record.gateway == engine.SANDBOX:  # practice has no history to look at
                return None
            return question, reconcile.ask(question)

    def _reconcile(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        """Say what the history shows of unknown requests; those that a user named become accepted if it proves them."""
        run = told.run = told.given["run"]
        accepting = told.given.get("accept", [])
        with self._opened(journal) as opened:
            opened.orders.require_new(told.order)
            with delivery.noting_differences(opened, opened.runs.get(run)):
                asked = told.history.result() if told.history is not None else None
            if asked is None:
                raise NotNow(_("No request of it is unknown any more."))
            traces = reconcile.judge(opened, *asked)
            if not accepting:
                told.outcome = "\n".join(_trace_in_words(one) for one in traces.traces)
                told.code = ",".join(str(one.no) for one in traces.found)
                return
            proved = tuple(one for one in traces.found if one.no in accepting)
            accepted = reconcile.accept(opened, replace(traces, traces=proved), order=told.order)
            told.outcome = ngettext("1 request is accepted now.", "{count:,} requests are accepted now.", accepted)
            if journal is None:
                engine.report(opened, run, self._target())

    def _report(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        told.run = told.given["run"]
        with self._opened(journal) as opened:
            summary = engine.report(opened, told.given["run"], self._target())
        if summary.trouble is not None:
            raise summary.trouble

    def _purge(self, told: ToldOrder, journal: engine.Journal | None) -> None:
        told.run = told.given["run"]
        with self._opened(journal) as opened:
            opened.orders.require_new(told.order)
            selection = engine.find_purgeable(opened, [opened.runs.get(told.given["run"])])
            for kept in selection.kept:
                raise kept
            left = engine.purge(opened, selection, order=told.order)
        for path in left:
            if path.parent.resolve() == self.reports.resolve() and path.stem.startswith(told.given["run"]):
                path.unlink(missing_ok=True)  # a workbook of this run that the page wrote

    def _execute_and_notify(self, told: ToldOrder, journal: engine.Journal, record: engine.RunRecord) -> None:
        """Send the rest of a run, and notify of its result, unless it is practice or goes on by itself."""
        summary, after = self._execute(journal, record), journal.runs.get(record.id)
        if after.gateway != engine.SANDBOX and after.resume_at is None and after.state in _STAYS:
            due, state = told.asked_at, str(after.state)
            event = SchedulerEvent(
                at=engine.now(), schedule=None, due=due, state=state, why=after.why or None, summary=summary
            )
            self._notify(event, record.name)

    def _notify_refused(self, told: ToldOrder, problem: CampaignError) -> None:
        """Notify that a send did not start, unless it was practice."""
        if told.order.kind in _SENDING and not self._is_practice(told):
            folder = Path(told.given.get("file", "")).parent
            name = told.run or drafts.Draft(folder.name, folder).name
            event = SchedulerEvent(at=engine.now(), schedule=None, due=told.asked_at, state="refused", why=str(problem))
            self._submit(replace(event.notice(name, ()), words=escape_lines(f"{name}: {problem}")))

    def _notify(self, event: SchedulerEvent, name: str) -> None:
        """Notify of the result of a run."""
        words = [] if event.summary is None else _Notes().summary_in_words(event.summary)
        self._submit(event.notice(name, words))

    def _submit(self, notice: notify.Notice) -> None:
        """Send a notice as the house wants it, on a thread of its own, so that no order waits for a mail server."""
        try:
            settings = self.house().notify
        except CampaignError:
            return  # what is wrong refuses every order
        if settings is not None:
            self._notices.submit(copy_context().run, _send_notice, notice, settings)

    def _execute(
        self, journal: engine.Journal, record: engine.RunRecord, *, writes_report: bool = True
    ) -> engine.Summary:
        """Send the rest of a run; its report is written where it was sent, or paused."""
        stop = self.sending[record.id] = engine.StopRequest(within=self.stop)
        options = engine.DispatchOptions(patience=PATIENCE, errands=partial(self._errands, journal))
        try:
            return engine.execute(
                journal,
                record,
                report=self._target() if writes_report else None,
                progress=self._progress(),
                stop=stop,
                options=options,
            )
        finally:
            del self.sending[record.id]

    def _target(self) -> engine.ReportTarget:
        return engine.ReportTarget(folder=self.reports, journal=self.journal_file)

    def _progress(self) -> SendingProgress:
        return SendingProgress(lambda: next(reversed(self.sending)), self._counts, self.emit)

    def _counts(self, run: str) -> Mapping[State, int]:
        with open_for_reading(self.journal_url) as journal:
            return journal.requests.recipients(run)


_STAYS: Final = frozenset({RunState.FINISHED, RunState.CANCELLED, RunState.PAUSED})
"""States that a run has until a user does something; one that goes on by itself is nothing to notify of."""

_ENDS: Final = frozenset({*map(str, _STAYS), str(OccurrenceState.EXPIRED)})
"""What the scheduler says of a run that it does not continue by itself."""

_SENDING: Final = frozenset({"send", "resume"})
"""The kinds of orders that send a whole run: one at a time."""

_SENDS: Final = _SENDING | {"test"}
"""The kinds that are complete only when what they send was sent."""

_CHANGES_RESULT: Final = _SENDS | {"cancel", "resolve"}
"""The kinds after which a run's workbook is written."""

_OPT_OUTS: Final = frozenset({"opt_out_add", "opt_out_import", "opt_out_remove", "opt_out_accept"})
"""The kinds that change the house's own opt-out list."""

_ERRANDS: Final = _OPT_OUTS | {"test", "schedule", "unschedule", "pause", "resolve", "reconcile"}
"""The kinds that are carried out while a run is sent."""

_DEEDS: Final[Mapping[str, Callable[[Sender, ToldOrder, engine.Journal | None], None]]] = {
    "send": Sender._send,  # noqa: SLF001 - the class's own
    "test": Sender._test,  # noqa: SLF001
    "resume": Sender._resume,  # noqa: SLF001
    "pause": Sender._pause,  # noqa: SLF001
    "cancel": Sender._cancel,  # noqa: SLF001
    "resolve": Sender._resolve,  # noqa: SLF001
    "schedule": Sender._schedule,  # noqa: SLF001
    "unschedule": Sender._unschedule,  # noqa: SLF001
    "opt_out_add": Sender._add_opt_out,  # noqa: SLF001
    "opt_out_import": Sender._import_opt_outs,  # noqa: SLF001
    "opt_out_remove": Sender._remove_opt_out,  # noqa: SLF001
    "opt_out_accept": Sender._accept_opt_outs,  # noqa: SLF001
    "reconcile": Sender._reconcile,  # noqa: SLF001
    "report": Sender._report,  # noqa: SLF001
    "purge": Sender._purge,  # noqa: SLF001
}

KINDS: Final = frozenset(_DEEDS)
"""The kinds of orders."""


def _schedule_options(told: ToldOrder) -> engine.ScheduleOptions:
    return engine.ScheduleOptions(
        freeze=bool(told.given.get("freeze")),
        again=bool(told.given.get("again")),
        order=told.order,
    )


_VERDICTS: Final = {
    Verdict.BY_NUMBER: N_("Request {no}: its number is in the history, with exactly its recipients. It was accepted."),
    Verdict.BY_RECIPIENTS: N_(
        "Request {no}: its recipients, sender, type and time are there, and nothing else fits. It was accepted."
    ),
    Verdict.NEEDS_NAMING: N_("Request {no}: probably accepted, but another program could have sent this."),
    Verdict.AMBIGUOUS: N_("Request {no}: several requests fit, so it stays unknown."),
    Verdict.STRANGER: N_("Request {no}: something else sends through this organisation, so it stays unknown."),
    Verdict.PARTLY: N_("Request {no}: only {seen:,} of its recipients are in the history, so it stays unknown."),
    Verdict.TOO_EARLY: N_("Request {no}: sent less than five minutes ago. Look again later."),
    Verdict.INCOMPLETE: N_("Request {no}: the history was not read to its end. Look again later."),
    Verdict.NO_CLOCK: N_("Request {no}: the gateway's clock is not known. Look again later."),
    Verdict.NOTHING: N_("Request {no}: not in the history, which proves nothing, so it stays unknown."),
    Verdict.NO_TRACE: N_("Request {no}: no trace in two readings, late enough. You may decide that it did not arrive."),
}
"""What the user reads about each verdict of the history."""


def _trace_in_words(trace: reconcile.Trace) -> str:
    return _(_VERDICTS[trace.verdict], no=trace.no, seen=trace.seen)


def _in_words(added: opt_outs.Added) -> str:
    return _("{new:,} added, {known:,} on the list before", new=added.new, known=added.known)


def _is_with_workers(record: engine.RunRecord) -> bool:
    """Whether workers send the run now: whatever is in flight is theirs."""
    return record.is_queued and record.state == RunState.RUNNING


def _require_recent(journal: engine.Journal, record: engine.RunRecord) -> None:
    """Refuse to go on by itself with a run that stood still for too long: its time may have passed.

    Raises:
        TooLate: it did.
    """
    signs = (record.ended_at, record.started_at, journal.requests.last_activity(record.id), record.created_at)
    last = max(sign for sign in signs if sign is not None)
    if engine.now() - last > GRACE:
        raise TooLate(
            _(
                "It was interrupted at {time} (Asia/Seoul), more than two hours ago, so it is not continued by itself. "
                "Continue it or cancel the rest.",
                time=format_time(last),
            )
        )


def _send_notice(notice: notify.Notice, settings: NotifySection) -> None:
    for trouble in notify.send(notice, settings):
        _Notes().note(trouble)


def _paused_by(who: str) -> str:
    """Why a user's pause ended the dispatch."""
    return encode(RunReason.PAUSED_BY, who=who) if who else encode(RunReason.PAUSED_ON_PAGE)


def _log() -> str:
    """Write the error that is being handled to standard error; returns its number there."""
    number = token_hex(4)
    sys.stderr.write(f"fault {number}\n{traceback.format_exc()}")
    sys.stderr.flush()
    return number


class _Notes:
    """The listener of the scheduler: its notes go to standard error, which the server passes on."""

    def note(self, words: str) -> None:
        """On standard error."""
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()

    def double_removed(self, schedule: ScheduleRecord) -> None:
        """On standard error."""
        self.note(_("schedule {schedule} was removed: its campaign has another one.", schedule=schedule.id))

    def graceful_shutdown(self, stop: engine.StopRequest) -> AbstractContextManager[None]:
        """No signal comes."""
        del stop  # the server closes standard input instead of sending signals
        return nullcontext()

    def error_in_words(self, problem: CampaignError) -> str:
        """As it is."""
        return str(problem)

    def summary_in_words(self, summary: engine.Summary) -> Sequence[str]:
        """The rows by status."""
        rows = ", ".join(f"{_(name)} {count:,}" for name, count in summary.totals["rows"].items())
        return [rows]

    def after_missed(self, schedule: ScheduleRecord) -> str:
        """Open the campaign."""
        del schedule
        return _("Open the campaign to send it now or to choose another time.")

    def after_expired(self, run: str) -> str:
        """Continue or cancel."""
        del run
        return _("Open it to continue it or to cancel the rest.")

    def after_failed(self, run: str) -> str:
        """Continue."""
        del run
        return _("Open it to continue it.")


def _give_memory_back() -> None:
    """Return what Python, Arrow and the C library hold for later use; call it on the thread that did the work.

    It takes some hundredths of a second, so it is for moments in which nobody waits.
    """
    gc.collect()
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # glibc has it, other C libraries need not
            ctypes.CDLL(None).malloc_trim(0)
