"""What earlier runs sent already: refused as the same, told as nearly the same, or left out of this one."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from campaign.cli import remedies
from campaign.config import campaign_file
from campaign.engine import history, planning
from campaign.engine.checking.checked import Checked
from campaign.engine.history import AlreadySent
from campaign.journal import Journal, Settlement, open_for_writing
from campaign.model import Column, Recipients, RunState, Source, State, schema
from campaign.model.errors import CampaignError
from campaign.model.sentences import sentence
from tests.support import runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
VENDOR = "https://sms.example.test"


def number(place: int) -> str:
    return f"0100000{place:04}"


def recipients(rows: Sequence[tuple[int, str]], out: Sequence[int] = ()) -> Recipients:
    """A row for each number and text; the rows at the places `out` do not go."""
    texts: dict[str, list[str | None]] = {
        "number": [number(one) for one, _ in rows],
        "text": [text for _, text in rows],
        "sender": ["0212345678"] * len(rows),
        "msgType": ["SMS"] * len(rows),
        "status": ["opted_out" if place in out else None for place in range(len(rows))],
    }
    texts |= {name: [None] * len(rows) for name in ("title", "image", "date", "reason", "note")}
    table = pd.DataFrame({name: pd.array(column, dtype=schema.TEXT) for name, column in texts.items()})
    table["bytes"] = pd.array([4] * len(rows), dtype=schema.INT)
    table["row"] = pd.array(range(2, len(rows) + 2), dtype=schema.INT)
    table["request"] = planning.assign_requests(table, table["status"].isna().to_numpy(dtype=bool), 2)
    return Recipients(
        table=table,
        columns=(Column(name="number", heading="휴대폰"),),
        phone="number",
        sources=(Source(file="r.xlsx"),),
    )


@dataclass
class Bench:
    """A journal, and campaigns that may have been sent before."""

    folder: Path
    url: str
    journal: Journal

    def checked(
        self,
        rows: Sequence[tuple[int, str]],
        *,
        name: str = "봄맞이",
        once: bool = False,
        out: Sequence[int] = (),
        often: str = "",
        excepted: str | None = None,
    ) -> Checked:
        facts: dict[str, Any] = {
            "name": name,
            "sender": "02-1234-5678",
            "recipients": {"files": ["r.xlsx"]},
            "message": {"text": "가"},
        }
        if excepted is not None:
            facts["recipients"]["except_run"] = excepted
        if often:
            facts["message"]["advertisement"] = True
            facts["sending"] = {"frequency": often}
        if once:
            facts["schedule"] = {"every": "0 10 * * *", "once_per_recipient": True}
        campaign = campaign_file.build(facts, folder=self.folder, place="here")
        made = recipients(rows, out)
        return Checked(
            campaign=campaign,
            recipients=made,
            images={},
            notes=(),
            night_consent=np.zeros(len(rows), dtype=bool),
            fix=pd.Series([None] * len(rows)),
        )

    def run(self, run: str, rows: Sequence[tuple[int, str]], *states: State, **facts: Any) -> None:
        """An earlier run, its requests in these states (accepted, where no more are given)."""
        self.add(run, recipients(rows, facts.pop("out", ())), *states, **facts)

    def add(self, run: str, made: Recipients, *states: State, **facts: Any) -> None:
        """The same, of a finished table."""
        gateway = facts.pop("gateway", VENDOR)
        plan = planning.Plan(run, made.table)
        digest = planning.digest_plan(made.table, gateway)
        record = runs.record(id=run, gateway=gateway, created_at=NOW, plan_digest=digest, **{"name": "봄맞이", **facts})
        self.journal.runs.add(record, made, plan.outline(), {})
        for no in range(1, len(plan) + 1):
            state = states[no - 1] if no <= len(states) else State.ACCEPTED
            if state is State.PLANNED:
                continue
            self.journal.requests.advance(run, "me", [], [no], NOW)
            settled = Settlement(no=no, attempt=1, state=state, code=None, message=None, request_no=None, msg_type=None)
            if state is not State.IN_FLIGHT:
                self.journal.requests.advance(run, "me", [settled], [], NOW)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    url = f"sqlite:///{tmp_path}/journal.sqlite3"
    with open_for_writing(url) as journal:
        yield Bench(tmp_path, url, journal)


ROWS = [(1, "가"), (2, "가"), (3, "나"), (4, "나")]  # two requests of two


def test_the_same_plan_to_the_same_gateway_is_refused_with_the_run_that_sent_it(bench: Bench) -> None:
    bench.run("first", ROWS)
    with pytest.raises(AlreadySent, match="first"):
        history.refuse_resend(bench.journal, bench.checked(ROWS), VENDOR)
    with pytest.raises(AlreadySent):  # whatever the campaign is called
        history.refuse_resend(bench.journal, bench.checked(ROWS, name="또"), VENDOR.upper().replace("HTTPS", "https"))


def test_another_plan_or_another_gateway_or_practice_is_not_refused(bench: Bench) -> None:
    bench.run("first", ROWS)
    bench.run("practice", ROWS, gateway="sandbox")
    history.refuse_resend(bench.journal, bench.checked(ROWS[:3]), VENDOR)
    history.refuse_resend(bench.journal, bench.checked(ROWS), "https://another.example.test")
    history.refuse_resend(bench.journal, bench.checked(ROWS), "sandbox")


def test_a_plan_that_reached_nobody_may_be_sent(bench: Bench) -> None:
    bench.run("first", ROWS, State.REJECTED, State.REJECTED)
    history.refuse_resend(bench.journal, bench.checked(ROWS), VENDOR)


def test_of_several_runs_of_the_same_plan_the_newest_is_named(bench: Bench) -> None:
    bench.run("first", ROWS)
    bench.run("second", ROWS)
    with pytest.raises(AlreadySent, match="second"):
        history.refuse_resend(bench.journal, bench.checked(ROWS), VENDOR)


def test_a_finished_run_is_not_resumed_and_one_that_may_still_go_is(bench: Bench) -> None:
    bench.run("done", ROWS, state=RunState.FINISHED)
    bench.run("open", ROWS[:2], State.PLANNED)
    refusals = []
    for rows in (ROWS, ROWS[:2]):
        with pytest.raises(AlreadySent) as caught:
            history.refuse_resend(bench.journal, bench.checked(rows), VENDOR)
        refusals.append(caught.value)
    assert [(refusal.run, refusal.state) for refusal in refusals] == [
        ("done", RunState.FINISHED),
        ("open", RunState.INTERRUPTED),
    ]
    assert ["`campaign resume " in remedies.in_words(refusal) for refusal in refusals] == [False, True]


def going(checked: Checked) -> list[str]:
    table = checked.table
    return table.loc[table["request"].notna(), "number"].tolist()


def test_whom_an_earlier_run_reached_is_left_out_where_nobody_may_get_it_twice(bench: Bench) -> None:
    bench.run("first", [(1, "가"), (2, "가"), (3, "나"), (4, "나"), (5, "다")], State.ACCEPTED, State.REJECTED)
    rows = [(place, "새 글") for place in range(1, 7)]
    left = history.leave_out_reached(bench.journal, bench.checked(rows, once=True), VENDOR)
    assert going(left) == [number(3), number(4), number(6)]
    assert left.table["status"].fillna("").tolist() == ["duplicate", "duplicate", "", "", "duplicate", ""]


@pytest.mark.parametrize("state", [State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN])
def test_whom_a_run_may_have_reached_or_may_reach_yet_counts_as_reached(bench: Bench, state: State) -> None:
    bench.run("first", [(1, "가"), (2, "가")], state)
    assert going(history.leave_out_reached(bench.journal, bench.checked([(1, "x"), (9, "x")], once=True), VENDOR)) == [
        number(9)
    ]


def test_all_earlier_runs_of_the_campaign_count(bench: Bench) -> None:
    bench.run("first", [(1, "가")])
    bench.run("second", [(2, "가")])
    rows = [(1, "x"), (2, "x"), (3, "x")]
    assert going(history.leave_out_reached(bench.journal, bench.checked(rows, once=True), VENDOR)) == [number(3)]


def test_runs_of_another_campaign_or_another_gateway_leave_nobody_out(bench: Bench) -> None:
    bench.run("first", [(1, "가")], name="다른 것")
    bench.run("second", [(1, "가")], gateway="https://another.example.test")
    checked = bench.checked([(1, "x")], once=True)
    assert history.leave_out_reached(bench.journal, checked, VENDOR) is checked


def test_where_it_is_not_asked_for_nobody_is_left_out(bench: Bench) -> None:
    bench.run("first", [(1, "가")])
    checked = bench.checked([(1, "x")])
    assert history.leave_out_reached(bench.journal, checked, VENDOR) is checked
    assert not history.is_once_per_recipient(checked.campaign)
    assert history.is_once_per_recipient(bench.checked([(1, "x")], once=True).campaign)


def test_a_schedule_alone_does_not_leave_anybody_out(bench: Bench) -> None:
    facts = {"name": "a", "sender": "02-1234-5678", "recipients": {"files": ["r.xlsx"]}, "message": {"text": "가"}}
    facts |= {"schedule": {"every": "0 10 * * *"}}
    assert not history.is_once_per_recipient(campaign_file.build(facts, folder=bench.folder, place="here"))


def test_a_run_whose_numbers_were_removed_stops_a_campaign_that_nobody_may_get_twice(bench: Bench) -> None:
    bench.run("first", ROWS)
    bench.journal.runs.purge("first", NOW)
    with pytest.raises(CampaignError, match="first"):
        history.leave_out_reached(bench.journal, bench.checked(ROWS, once=True), VENDOR)


def test_a_name_is_the_same_however_its_hangul_is_put_together(bench: Bench) -> None:
    bench.run("first", [(1, "가")], name=unicodedata.normalize("NFD", "봄맞이"))
    assert going(history.leave_out_reached(bench.journal, bench.checked([(1, "x"), (2, "x")], once=True), VENDOR)) == [
        number(2)
    ]


def test_nothing_is_told_without_an_earlier_run_of_the_campaign(bench: Bench) -> None:
    assert history.describe_similar_run(bench.journal, bench.checked(ROWS), VENDOR) is None
    bench.run("first", ROWS, name="다른 것")
    assert history.describe_similar_run(bench.journal, bench.checked(ROWS), VENDOR) is None


def test_the_very_same_messages_are_told_as_such(bench: Bench) -> None:
    bench.run("first", ROWS)
    told = history.describe_similar_run(bench.journal, bench.checked(ROWS), VENDOR)
    assert told is not None
    assert "first" in told
    assert " of these " not in told


def shares(told: str | None) -> list[int]:
    """The counts in a sentence on nearly the same messages: the same, all, new numbers, other messages."""
    assert told is not None
    return [int(word.replace(",", "")) for word in told.split() if word.replace(",", "").isdigit()]


def test_of_nearly_the_same_messages_it_is_told_how_many_are_the_same_new_or_other_than_then(bench: Bench) -> None:
    bench.run("first", [(1, "가"), (2, "가"), (3, "가"), (4, "가"), (7, "가")], out=[4])
    rows = [(1, "가"), (2, "가"), (3, "가"), (4, "다른 글"), (5, "가"), (7, "가"), (8, "가")]
    told = history.describe_similar_run(bench.journal, bench.checked(rows, out=[6]), VENDOR)
    assert shares(told) == [3, 6, 2, 1]  # 7 did not go then, so it is new; 8 does not go now


@pytest.mark.parametrize(("same", "all_", "is_told"), [(1, 2, True), (2, 4, True), (1, 3, False), (2, 5, False)])
def test_it_is_told_from_half_of_the_messages_on(bench: Bench, same: int, all_: int, is_told: bool) -> None:
    bench.run("first", [(place, "가") for place in range(1, same + 1)])
    rows = [(place, "가") for place in range(1, all_ + 1)]
    assert (history.describe_similar_run(bench.journal, bench.checked(rows), VENDOR) is not None) is is_told


def test_the_last_run_is_compared_and_not_the_ones_before(bench: Bench) -> None:
    bench.run("first", [(1, "가"), (2, "가"), (3, "가")])
    bench.run("last", [(9, "나")])
    assert history.describe_similar_run(bench.journal, bench.checked([(1, "가"), (2, "가")]), VENDOR) is None


def test_nothing_is_told_where_nothing_goes_or_the_numbers_were_removed(bench: Bench) -> None:
    bench.run("first", ROWS)
    assert history.describe_similar_run(bench.journal, bench.checked(ROWS, out=[0, 1, 2, 3]), VENDOR) is None
    bench.journal.runs.purge("first", NOW)
    assert history.describe_similar_run(bench.journal, bench.checked(ROWS[:3]), VENDOR) is None


def test_an_older_run_whose_numbers_were_removed_does_not_hide_the_last_one(bench: Bench) -> None:
    bench.run("first", ROWS)
    bench.journal.runs.purge("first", NOW)
    bench.run("last", ROWS[:3])
    told = history.describe_similar_run(bench.journal, bench.checked(ROWS), VENDOR)
    assert shares(told) == [3, 4, 1, 0]


ADVERTISEMENT = {"advertisement": True, "name": "다른 광고"}


def went_too_often(bench: Bench, often: str, at: datetime = NOW, gateway: str = VENDOR) -> list[str]:
    """The numbers that are left out of an advertisement to 1, 2 and 3, with what is said of them."""
    checked = bench.checked([(1, "x"), (2, "x"), (3, "x")], often=often)
    table = history.leave_out_reached(bench.journal, checked, gateway, at).table
    out = table[table["status"] == "duplicate"]
    return [f"{number[-1]}: {sentence(reason)}" for number, reason in zip(out["number"], out["reason"], strict=True)]


def test_advertisements_of_all_campaigns_count_for_a_number(bench: Bench) -> None:
    bench.run("a", [(1, "가"), (2, "가")], **ADVERTISEMENT)
    bench.run("b", [(1, "나")], **ADVERTISEMENT)
    bench.run("no advertisement", [(2, "가"), (3, "나")])
    bench.run("practice", [(3, "나")], gateway="sandbox", **ADVERTISEMENT)
    said = "`frequency` allows 2 every 7 days, and the number has 2 already, sent or planned"
    assert went_too_often(bench, "2 every 7 days") == [f"1: {said}"]
    assert [line[0] for line in went_too_often(bench, "1 every 7 days")] == ["1", "2"]
    assert went_too_often(bench, "1 every 7 days", gateway="https://another.example.test") == []


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (State.ACCEPTED, True),
        (State.UNKNOWN, True),
        (State.IN_FLIGHT, True),
        (State.PLANNED, True),
        (State.REJECTED, False),
    ],
)
def test_what_was_sent_or_may_have_been_or_may_yet_be_counts(bench: Bench, state: State, counts: bool) -> None:
    bench.run("a", [(1, "가")], state, **ADVERTISEMENT)
    assert bool(went_too_often(bench, "1 every 7 days")) is counts


def test_after_the_days_a_number_may_get_one_again_but_not_while_one_is_planned(bench: Bench) -> None:
    bench.run("a", [(1, "가"), (2, "가"), (3, "나")], State.ACCEPTED, State.PLANNED, **ADVERTISEMENT)
    late = NOW + timedelta(days=7, seconds=1)
    assert [line[0] for line in went_too_often(bench, "1 every 7 days", late - timedelta(seconds=2))] == ["1", "2", "3"]
    assert [line[0] for line in went_too_often(bench, "1 every 7 days", late)] == ["3"]


def test_a_reservation_counts_when_the_gateway_sends_it(bench: Bench) -> None:
    made = recipients([(1, "가")])
    made.table["date"] = pd.array(["2026-12-20 10:00:00"], dtype=schema.TEXT)
    bench.add("a", made, **ADVERTISEMENT)
    assert went_too_often(bench, "1 every 7 days", NOW + timedelta(days=25)) != []
    assert went_too_often(bench, "1 every 7 days", NOW + timedelta(days=27)) == []


def test_the_rows_of_this_campaign_count_too(bench: Bench) -> None:
    bench.run("a", [(2, "가")], **ADVERTISEMENT)
    checked = bench.checked([(1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y")], often="2 every 7 days")
    left = history.leave_out_reached(bench.journal, checked, VENDOR, NOW)
    assert left.table["status"].isna().tolist() == [True, True, False, True, False]
    assert left.table["request"].notna().tolist() == [True, True, False, True, False]
    again = history.leave_out_reached(bench.journal, left, VENDOR, NOW)
    assert again.table["status"].isna().tolist() == left.table["status"].isna().tolist()


def test_a_purged_advertisement_of_these_days_makes_it_unknown_who_got_it(bench: Bench) -> None:
    bench.run("gone", [(1, "가")], **ADVERTISEMENT)
    bench.journal.runs.purge("gone", NOW)
    with pytest.raises(history.ReachUnknown, match="the numbers of run gone were removed"):
        went_too_often(bench, "1 every 7 days")
    assert went_too_often(bench, "1 every 7 days", NOW + timedelta(days=60)) == []


def test_a_run_through_another_gateway_does_not_hide_those_after_it(bench: Bench) -> None:
    bench.run("a", [(1, "가")], gateway="https://another.example.test", **ADVERTISEMENT)
    bench.run("b", [(2, "가")], **ADVERTISEMENT)
    bench.run("c", [(3, "가")], gateway="https://another.example.test", **ADVERTISEMENT)
    assert [line[0] for line in went_too_often(bench, "1 every 7 days")] == ["2"]


def test_what_went_exactly_so_many_days_ago_counts(bench: Bench) -> None:
    bench.run("a", [(1, "가")], **ADVERTISEMENT)
    assert [line[0] for line in went_too_often(bench, "1 every 7 days", NOW + timedelta(days=7))] == ["1"]


def test_a_reservation_is_looked_for_in_what_went_out_up_to_32_days_before(bench: Bench) -> None:
    made = recipients([(1, "가")])
    made.table["date"] = pd.array(["2027-06-01 10:00:00"], dtype=schema.TEXT)
    bench.add("a", made, **ADVERTISEMENT)
    latest = NOW + timedelta(days=7 + 32)
    assert went_too_often(bench, "1 every 7 days", latest) != []
    assert went_too_often(bench, "1 every 7 days", latest + timedelta(seconds=1)) == []


def test_who_is_on_the_houses_opt_out_list_is_left_out_and_nobody_else(bench: Bench) -> None:
    checked = bench.checked(ROWS)
    bench.journal.opt_outs.add([number(9)], "command", NOW)
    assert history.leave_out_reached(bench.journal, checked, VENDOR) is checked
    bench.journal.opt_outs.add([number(2), number(4)], "command", NOW)
    left = history.leave_out_reached(bench.journal, checked, VENDOR)
    assert going(left) == [number(1), number(3)]
    assert left.table["status"].fillna("").tolist() == ["", "opted_out", "", "opted_out"]


def test_who_got_the_same_message_in_the_run_that_is_named_is_left_out(bench: Bench) -> None:
    bench.run("first", ROWS, State.ACCEPTED, State.REJECTED)
    checked = bench.checked([(1, "가"), (2, "다른 글"), (3, "나"), (5, "가")], excepted="first")
    assert going(history.leave_out_reached(bench.journal, checked, VENDOR)) == [number(2), number(3), number(5)]


def test_a_named_run_that_is_not_there_or_was_purged_stops_the_campaign(bench: Bench) -> None:
    with pytest.raises(history.NoRunToExcept, match="'first': there is no such run"):
        history.leave_out_reached(bench.journal, bench.checked(ROWS, excepted="first"), VENDOR)
    bench.run("first", ROWS)
    bench.journal.runs.purge("first", NOW)
    with pytest.raises(history.ReachUnknown, match="except_run: the numbers of run first were removed"):
        history.leave_out_reached(bench.journal, bench.checked(ROWS, excepted="first"), VENDOR)


def missing_journal(bench: Bench) -> str:
    return f"sqlite:///{bench.folder}/none.sqlite3"


def test_where_there_is_no_journal_yet_nothing_was_sent_and_nobody_is_left_out(bench: Bench) -> None:
    checked = bench.checked(ROWS, once=True)
    assert history.leave_out_reached_before(missing_journal(bench), checked, VENDOR) is checked
    with pytest.raises(history.NoRunToExcept, match="'first'"):
        history.leave_out_reached_before(missing_journal(bench), bench.checked(ROWS, excepted="first"), VENDOR)
    assert history.look_back(missing_journal(bench), checked, VENDOR, again=False) is None


def test_a_journal_that_is_opened_for_it_leaves_out_whom_it_reached(bench: Bench) -> None:
    bench.run("first", [(1, "가")])
    rows = [(1, "x"), (2, "x")]
    left = history.leave_out_reached_before(bench.url, bench.checked(rows, once=True), VENDOR)
    assert going(left) == [number(2)]
    left = history.leave_out_reached_before(bench.url, bench.checked([(1, "가"), (2, "가")], excepted="first"), VENDOR)
    assert going(left) == [number(2)]
    left = history.leave_out_reached_before(bench.url, bench.checked(rows, often="1 every 7 days"), VENDOR)
    assert left.table["status"].isna().all()  # it was no advertisement


def test_a_journal_is_opened_for_the_houses_opt_outs_alone(bench: Bench) -> None:
    checked = bench.checked(ROWS)
    assert history.leave_out_reached_before(bench.url, checked, VENDOR) is checked
    bench.journal.opt_outs.add([number(1)], "command", NOW)
    left = history.leave_out_reached_before(bench.url, checked, VENDOR)
    assert going(left) == [number(2), number(3), number(4)]


def test_where_it_is_not_asked_for_no_journal_is_opened(bench: Bench) -> None:
    checked = bench.checked(ROWS)
    assert history.leave_out_reached_before("sqlite:////dev/null/none", checked, VENDOR) is checked
    with closing(sqlite3.connect(bench.folder / "no journal.sqlite3")) as connection:  # opening it would fail
        connection.execute("CREATE TABLE opt_outs (number TEXT)")
    assert history.leave_out_reached_before(f"sqlite:///{bench.folder}/no journal.sqlite3", checked, VENDOR) is checked


def test_looking_back_refuses_the_same_plan_unless_it_is_to_be_sent_again(bench: Bench) -> None:
    bench.run("first", ROWS)
    with pytest.raises(AlreadySent, match="first"):
        history.look_back(bench.url, bench.checked(ROWS), VENDOR, again=False)
    told = history.look_back(bench.url, bench.checked(ROWS), VENDOR, again=True)
    assert told is not None
    assert "first" in told


def test_looking_back_tells_of_nearly_the_same_messages(bench: Bench) -> None:
    bench.run("first", ROWS[:3])
    assert shares(history.look_back(bench.url, bench.checked(ROWS), VENDOR, again=False)) == [3, 4, 1, 0]
