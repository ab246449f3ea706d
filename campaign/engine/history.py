"""What earlier runs already sent: the same plan, a similar one, or this campaign to the same recipients."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.config.environment import Environment
from campaign.engine import planning, preflight, results
from campaign.engine.checking.check import leave_out
from campaign.engine.results import SANDBOX
from campaign.model import State, Status
from campaign.model.errors import CampaignError, NoSuchRun
from campaign.model.i18n import _, ngettext
from campaign.model.origin import gateway_identity
from campaign.model.reasons import Reason, encode
from campaign.model.times import Clock, format_time
from campaign.timing import frequency

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.checked import Checked
    from campaign.engine.checking.reselect import EarlierRun
    from campaign.journal import Reader, RunRecord
    from campaign.model import RunState
    from campaign.timing.frequency import Frequency

REACHED: Final = (State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN)
"""The states of requests that count as having reached their recipients, for `once_per_recipient`."""


class AlreadySent(CampaignError):
    """The same plan was sent before, and sending it again was not allowed.

    Attributes:
        run: the earlier run.
        state: how that run stands.
        at: when it was planned.
    """

    def __init__(self, run: str, state: RunState, at: datetime) -> None:
        super().__init__(
            _(
                "the same messages to the same numbers were sent before: run {run}, {time} (Asia/Seoul), {state}. "
                "Nothing was sent now.",
                run=run,
                time=format_time(at),
                state=_(state),
            )
        )
        self.run = run
        self.state = state
        self.at = at


class ReachUnknown(preflight.NotReady):
    """Whom the earlier run `run` reached matters, but its numbers were removed."""

    def __init__(self, run: str, words: str) -> None:
        super().__init__(words)
        self.run = run


def _once_unknown(run: str) -> ReachUnknown:
    return ReachUnknown(
        run,
        _(
            "once_per_recipient: the numbers of run {run} were removed (purged), so it is not known whom it "
            "reached. Nothing was sent; remove once_per_recipient, or rename the campaign.",
            run=run,
        ),
    )


def is_once_per_recipient(campaign: Campaign) -> bool:
    """Whether no recipient may get the campaign a second time."""
    return campaign.schedule is not None and campaign.schedule.once_per_recipient


def leave_out_reached(journal: Reader, checked: Checked, gateway: str, at: datetime | None = None) -> Checked:
    """The check without the house's opt-outs, and without what earlier runs through `gateway` sent too often already.

    With `except_run`, whoever got the same message in that run is left out as well. With `once_per_recipient`, those
    are runs of this campaign; with `frequency`, advertisements of any campaign.

    Args:
        journal: open for reading at least.
        checked: what the check found.
        gateway: where the campaign goes.
        at: when it goes; now by default.

    Raises:
        ReachUnknown: an earlier run's numbers were removed, so it is not known whom it reached.
        NoRunToExcept: `except_run` names a run that there is not.
    """
    checked = _leave_out_opted_out(journal, checked)
    if (run := checked.campaign.recipients.except_run) is not None:
        checked = _leave_out_got(journal, checked, run)
    if is_once_per_recipient(checked.campaign):
        checked = _leave_out_reached_once(journal, checked, gateway)
    if (words := checked.campaign.sending.frequency) is not None:
        checked = _leave_out_too_often(journal, checked, gateway, frequency.parse(words), at or Clock().now())
    return checked


def _leave_out_opted_out(journal: Reader, checked: Checked) -> Checked:
    numbers = journal.opt_outs.numbers()
    out = checked.table["number"].isin(numbers).to_numpy(dtype=bool) if numbers else np.zeros(0, dtype=bool)
    return leave_out(checked, out, encode(Reason.HOUSE_OPT_OUT), Status.OPTED_OUT) if out.any() else checked


def _leave_out_got(journal: Reader, checked: Checked, run: str) -> Checked:
    """The check without messages that went to the same number in a run, or may have."""
    from campaign.engine.checking.reselect import EarlierRun

    try:
        record = journal.runs.get(run)
    except NoSuchRun:
        raise NoRunToExcept(run) from None
    if record.purged_at is not None:
        raise _except_unknown(record.id)
    reasons = EarlierRun(results.of_run(journal, record)).leave_out(checked, ())
    return leave_out(checked, reasons.notna().to_numpy(dtype=bool), reasons.dropna())


class NoRunToExcept(preflight.NotReady):
    """`recipients.except_run` names a run that the journal does not have."""

    def __init__(self, run: str) -> None:
        super().__init__(_("recipients.except_run = {run!r}: there is no such run. Nothing was sent.", run=run))


def _except_unknown(run: str) -> ReachUnknown:
    return ReachUnknown(
        run,
        _(
            "recipients.except_run: the numbers of run {run} were removed (purged), so it is not known whom it "
            "reached. Nothing was sent; remove `except_run` if nobody of this list can have got the message.",
            run=run,
        ),
    )


def _leave_out_reached_once(journal: Reader, checked: Checked, gateway: str) -> Checked:
    numbers = []
    for run in _runs_of(journal, checked, gateway):
        if run.purged_at is not None:
            raise _once_unknown(run.id)
        requests = journal.requests.table(run.id)
        counting = requests.loc[requests["state"].isin(map(str, REACHED)), "no"]
        table = journal.runs.recipients(run.id).table
        numbers.append(table.loc[table["request"].isin(counting), "number"])
    if not numbers:
        return checked
    out = checked.table["number"].isin(pd.concat(numbers)).to_numpy(dtype=bool)
    return leave_out(checked, out, encode(Reason.ALREADY_REACHED))


def _leave_out_too_often(journal: Reader, checked: Checked, gateway: str, allowed: Frequency, at: datetime) -> Checked:
    """The check without the advertisements by which a number would get more than `allowed`."""
    going = checked.table["status"].isna().to_numpy(dtype=bool)
    numbers = checked.table["number"][going]
    earlier = _advertised(journal, gateway, numbers, at - allowed.period)
    count = numbers.map(earlier).fillna(0).astype(int) + numbers.groupby(numbers).cumcount()
    too_many = count[count >= allowed.count]
    if not len(too_many):
        return checked
    reasons = too_many.map(
        {
            already: encode(Reason.TOO_OFTEN, already=already, allowed=checked.campaign.sending.frequency or "")
            for already in too_many.unique().tolist()
        }
    )
    return leave_out(checked, checked.table.index.isin(too_many.index), reasons)


def _advertised(journal: Reader, gateway: str, numbers: pd.Series, since: datetime) -> pd.Series:
    """How many advertisements each of these numbers got since then, or may get yet; by number, where it is not 0."""
    identity = gateway_identity(gateway)
    wanted = pa.array(numbers.unique(), pa.string())
    found: list[pa.Array] = []
    for run, requests in journal.requests.advertised(since - RESERVED_AHEAD).items():
        record = journal.runs.get(run)
        if gateway_identity(record.gateway) != identity:
            continue
        if record.purged_at is not None:
            raise _frequency_unknown(run)
        rows = journal.runs.columns(run, ("number", "request", "date"))
        # What goes later, by a reservation or when the run is continued, counts as well.
        counting = [no for no, sent in requests.items() if sent is None or sent >= since]
        goes = pc.is_in(rows["request"], value_set=pa.array(counting, pa.int32()))
        reserved = pc.fill_null(pc.greater_equal(rows["date"], format_time(since)), False)
        reserved = pc.and_(reserved, pc.is_in(rows["request"], value_set=pa.array(list(requests), pa.int32())))
        chosen = rows["number"].filter(pc.or_(goes, reserved))
        found.append(chosen.filter(pc.is_in(chosen, value_set=wanted)).combine_chunks())
    counts = pc.value_counts(pa.chunked_array(found, pa.string()))
    return pd.Series(counts.field("counts").to_pylist(), index=counts.field("values").to_pylist(), dtype="int64")


RESERVED_AHEAD: Final = timedelta(days=32)
"""The gateway sends a reserved message so much later than it took it, at most."""


def _frequency_unknown(run: str) -> ReachUnknown:
    return ReachUnknown(
        run,
        _(
            "sending.frequency: the numbers of run {run} were removed (purged), so it is not known who got its "
            "advertisement. Nothing was sent; wait until it is older than that, or remove `frequency`.",
            run=run,
        ),
    )


def _asks_for_runs(campaign: Campaign) -> bool:
    """Whether earlier runs decide who gets the campaign."""
    asked = (campaign.recipients.except_run, campaign.sending.frequency)
    return is_once_per_recipient(campaign) or asked != (None, None)


def leave_out_reached_before(journal_url: str, checked: Checked, gateway: str) -> Checked:
    """As `leave_out_reached`, for a check that has not opened the journal; there may be none yet."""
    from campaign.journal import may_have_opt_outs

    path = Environment().journal_file(journal_url)
    excepted = checked.campaign.recipients.except_run
    if path is not None and not _asks_for_runs(checked.campaign) and not may_have_opt_outs(path):
        return checked
    from campaign.journal import open_for_reading  # only now: it loads SQLAlchemy

    try:
        journal = open_for_reading(journal_url)
    except NoSuchRun:
        if excepted is not None:
            raise NoRunToExcept(excepted) from None
        return checked
    with journal:
        return leave_out_reached(journal, checked, gateway)


def earlier_run(journal_url: str, run: str) -> EarlierRun:
    """A run whose rows are chosen again; `run` is its id, or `last`.

    Raises:
        NoSuchRun: there is no such run.
    """
    from campaign.engine.checking.reselect import EarlierRun
    from campaign.journal import open_for_reading

    with open_for_reading(journal_url) as journal:
        return EarlierRun(results.of_run(journal, journal.runs.get(run)))


def look_back(journal_url: str, checked: Checked, gateway: str, *, again: bool) -> str | None:
    """What was already sent of these messages, as `describe_similar_run`, before the user is asked.

    Raises:
        AlreadySent: all of it, and `again` is not set.
    """
    from campaign.journal import open_for_reading

    try:
        journal = open_for_reading(journal_url)
    except NoSuchRun:
        return None
    with journal:
        if not again:
            refuse_resend(journal, checked, gateway)
        return describe_similar_run(journal, checked, gateway)


def _runs_of(journal: Reader, checked: Checked, gateway: str) -> list[RunRecord]:
    """The runs of this campaign through that gateway, however its origin was written then; the newest first."""
    name, identity = _composed(checked.campaign.name), gateway_identity(gateway)
    return [
        run for run in journal.runs.all() if _composed(run.name) == name and gateway_identity(run.gateway) == identity
    ]


def _composed(name: str) -> str:
    """A name with Hangul in whole syllables: macOS takes them apart, and both look the same."""
    return unicodedata.normalize("NFC", name)


def _digests(journal: Reader, checked: Checked, gateway: str) -> list[str]:
    """The digests that this plan may have in the journal: runs of older programs have the origin as it was written."""
    identity = gateway_identity(gateway)
    spellings = {identity, *(one for one in journal.runs.gateways() if gateway_identity(one) == identity)}
    return planning.digests_of_plan(checked.table, sorted(spellings))


def refuse_resend(journal: Reader, checked: Checked, gateway: str) -> None:
    """Refuse a plan that went to that gateway before, or may still go. Practice in the sandbox may be repeated.

    Raises:
        AlreadySent: naming the earlier run, its date and its state.
    """
    if gateway == SANDBOX or not (earlier := journal.runs.same_plan(*_digests(journal, checked, gateway))):
        return
    run = earlier[0]
    raise AlreadySent(run.id, run.state, run.created_at)


NEARLY: Final = 0.5
"""The share of messages that an earlier run must have in common with this one to be mentioned."""


def describe_similar_run(journal: Reader, checked: Checked, gateway: str) -> str | None:
    """What the last run of this campaign already sent of these messages, and what differs; None if too little."""
    earlier = _runs_of(journal, checked, gateway)
    if not earlier or earlier[0].purged_at is not None:
        return None
    run = earlier[0]
    if run.plan_digest in _digests(journal, checked, gateway):
        return _(
            "these are exactly the messages of run {run}, {time} (Asia/Seoul), {state}",
            run=run.id,
            time=format_time(run.created_at),
            state=_(run.state),
        )
    table = journal.runs.recipients(run.id).table
    now_going, then_going = planning.fingerprints(checked.table), planning.fingerprints(table)
    same = int(np.isin(now_going, then_going).sum())
    if not len(now_going) or same < NEARLY * len(now_going):
        return None
    known = table.loc[table["request"].notna(), "number"]
    going = checked.table.loc[checked.table["request"].notna(), "number"]
    fresh = int((~going.isin(known)).sum())
    changed = len(now_going) - same - fresh
    return _(
        "{same:,} of these {count:,} messages were in run {run}, {time} (Asia/Seoul), {state}, to the same numbers; "
        "{new}, {changed}",
        same=same,
        count=len(now_going),
        run=run.id,
        time=format_time(run.created_at),
        state=_(run.state),
        new=ngettext("1 new number", "{count:,} new numbers", fresh),
        changed=ngettext("1 number with a different message", "{count:,} numbers with a different message", changed),
    )
