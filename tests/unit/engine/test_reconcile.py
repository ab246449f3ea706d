"""When an unknown request counts as found: rule by rule, on rows as the history might have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign.config.sections import DeliverySection
from campaign.engine import planning, reconcile
from campaign.engine.history_access import Access
from campaign.gateway.history import Reading, Row
from campaign.journal import Journal, Settlement, open_for_writing
from campaign.model import MsgType, State, schema
from campaign.model.times import Clock
from tests.support import runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SENT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
RESERVED = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # 18:00 in Seoul
SENDER = "0212345678"
ONE, TWO = "01020000000", "01020000001"


def row(number: str = "900", phone: str = ONE, **changed: Any) -> Row:
    usual = Row(request_no=number, phone=phone, sender=SENDER, msg_type=MsgType.SMS, code="06", words="", sent_at=SENT)
    return usual._replace(**changed)


@pytest.fixture(autouse=True)
def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "now", lambda _self: SENT + timedelta(hours=1))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with open_for_writing(f"sqlite:///{tmp_path / 'j.sqlite3'}") as journal:
        yield journal


def plan(journal: Journal, *, reserved: bool = False, own: str | None = None, together: bool = False) -> None:
    """A run of two recipients: both in one unknown request; or request 1 unknown and request 2 accepted as 500."""
    recipients = runs.recipients(2)
    table = recipients.table
    if together:
        table["text"] = pd.array(["글", "글"], dtype=schema.TEXT)
    if reserved:
        table["date"] = pd.array(["2026-12-01 18:00:00"] * 2, dtype=schema.TEXT)
    table["request"] = planning.assign_requests(table, table["number"].notna().to_numpy())
    outline = list(planning.Plan("run", table).outline())
    journal.runs.add(runs.record(created_at=SENT), recipients, outline, {})
    journal.requests.advance("run", "me", [], [no for no, _, _ in outline], SENT)
    done = [Settlement(no=2, attempt=1, state=State.ACCEPTED, code=0, request_no="500")] if not together else []
    lost = [Settlement(no=1, attempt=1, state=State.UNKNOWN, request_no=own)] if own else []
    journal.requests.advance("run", "me", [*done, *lost], [], SENT)
    journal.requests.mark_orphans_unknown("run", SENT)


def judge(
    journal: Journal,
    *rows: Row,
    exclusive: bool = True,
    offset: timedelta | None = timedelta(),
    incomplete: str | None = None,
    only: list[int] | None = None,
) -> reconcile.Traces:
    access = Access(gateway="g", company="c", section=DeliverySection(company="c", exclusive=exclusive))
    day = date(2026, 12, 1)
    question = reconcile.Question(record=journal.runs.get("run"), access=access, start=day, end=day)
    reading = Reading(rows=rows, calls=1, incomplete=incomplete)
    return reconcile.judge(journal, question, reconcile.Answer(reading=reading, offset=offset), only=only)


def verdict(journal: Journal, *rows: Row, **more: Any) -> str:
    [trace] = judge(journal, *rows, **more).traces
    return str(trace.verdict)


ours = row("500", TWO)  # request 2, whose answer came


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row()], "by_recipients"),
        ([row(), ours], "by_recipients"),
        ([row(code="WAIT"), row()], "by_recipients"),
        ([row(code="07")], "by_recipients"),  # the gateway accepted it, though no phone got it
        ([], "nothing"),
        ([ours], "nothing"),
        ([row("500", ONE)], "nothing"),  # a number that the journal knows
        ([row(), row("901")], "ambiguous"),
        ([row(), row(phone=TWO)], "partly"),
        ([row(), row("901", TWO)], "stranger"),
        ([row(), row("901", TWO, sender="0311234567")], "by_recipients"),  # of another sender
        ([row(sender="0311234567")], "nothing"),
        ([row(msg_type=MsgType.LMS)], "partly"),
        ([row(), row(msg_type=MsgType.LMS)], "partly"),
        ([row(sent_at=None)], "partly"),
        ([row(), row("901", TWO, sent_at=None)], "stranger"),
    ],
)
def test_the_rows_decide(journal: Journal, rows: list[Row], expected: str) -> None:
    plan(journal)
    assert verdict(journal, *rows) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-61, "nothing"), (-60, "by_recipients"), (345, "by_recipients"), (346, "nothing")],
)
def test_the_time_has_to_fit_on_the_gateways_clock(journal: Journal, seconds: int, expected: str) -> None:
    plan(journal)
    for offset in (timedelta(), timedelta(minutes=-20), timedelta(hours=3)):
        found = row(sent_at=SENT + offset + timedelta(seconds=seconds))
        assert verdict(journal, found, offset=offset) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"), [(-11, "nothing"), (-10, "by_recipients"), (10, "by_recipients"), (11, "nothing")]
)
def test_a_reservation_is_looked_for_at_its_time(journal: Journal, minutes: int, expected: str) -> None:
    plan(journal, reserved=True)
    assert verdict(journal, row(sent_at=RESERVED + timedelta(minutes=minutes))) == expected
    assert verdict(journal, row(sent_at=SENT)) == "nothing"


def test_all_recipients_have_to_be_there_and_no_others(journal: Journal) -> None:
    plan(journal, together=True)
    assert verdict(journal, row(), row(phone=TWO)) == "by_recipients"
    [partly] = judge(journal, row()).traces
    assert (partly.verdict, partly.seen, partly.recipients) == ("partly", 1, 2)
    assert verdict(journal, row(), row(phone=TWO), row(phone="01029999999")) == "partly"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"incomplete": "some rows are missing"}, "incomplete"),
        ({"offset": None}, "no_clock"),
        ({"exclusive": False}, "needs_naming"),
        ({"exclusive": False, "only": [1]}, "by_recipients"),
    ],
)
def test_what_else_is_needed(journal: Journal, more: dict[str, Any], expected: str) -> None:
    plan(journal)
    assert verdict(journal, row(), **more) == expected


def test_five_minutes_have_to_pass(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(journal)
    for seconds, expected in ((299, "too_early"), (300, "by_recipients")):
        monkeypatch.setattr(Clock, "now", lambda _self, by=seconds: SENT + timedelta(seconds=by))
        assert verdict(journal, row()) == expected


@pytest.mark.parametrize(
    ("rows", "more", "expected"),
    [
        ([row("77")], {}, "by_number"),
        ([row("77")], {"offset": None, "exclusive": False}, "by_number"),
        ([row("77"), row("901", TWO)], {"exclusive": False}, "by_number"),
        ([row("77"), row("77", TWO)], {}, "partly"),
        ([row("77", TWO)], {}, "partly"),
        ([row("78")], {}, "nothing"),
        ([row("77")], {"incomplete": "some"}, "incomplete"),
    ],
)
def test_the_number_decides_where_an_answer_had_one(
    journal: Journal, rows: list[Row], more: dict[str, Any], expected: str
) -> None:
    plan(journal, own="77")
    assert verdict(journal, *rows, **more) == expected


def test_a_number_that_is_none_finds_nothing(journal: Journal) -> None:
    plan(journal, own="7.7E+10")
    assert verdict(journal, row()) == "nothing"


def test_a_request_of_another_run_may_be_the_one_that_is_there(journal: Journal) -> None:
    plan(journal)
    recipients = runs.recipients(1)
    journal.runs.add(
        replace(runs.record(created_at=SENT), id="other"),
        recipients,
        list(planning.Plan("other", recipients.table).outline()),
        {},
    )
    assert verdict(journal, row()) == "by_recipients"  # it was not sent
    journal.requests.advance("other", "me", [], [1], SENT)
    assert verdict(journal, row()) == "ambiguous"  # it is on the wire
    journal.requests.mark_orphans_unknown("other", SENT)
    assert verdict(journal, row()) == "ambiguous"
    journal.requests.resolve("other", sent=False, now=SENT)
    journal.requests.cancel("other", SENT)
    assert verdict(journal, row()) == "ambiguous"  # a user's word is no proof


def test_what_is_accepted_is_exactly_what_was_found(journal: Journal) -> None:
    plan(journal)
    traces = judge(journal, row())
    assert reconcile.accept(journal, traces) == 1
    found = journal.requests.table("run").iloc[0]
    assert (found["state"], found["request_no"], pd.isna(found["code"])) == ("accepted", "900", True)
    assert journal.requests.counts("run") == {State.ACCEPTED: 2}
    assert judge(journal, row()).traces == ()
    with pytest.raises(reconcile.NothingFound):
        reconcile.accept(journal, judge(journal))


@pytest.mark.parametrize(
    ("hours", "control", "expected"),
    [
        ([0.1, 25.9], True, "nothing"),
        ([25, 25.9, 26], True, "no_trace"),
        ([0.1, 26.1], True, "no_trace"),
        ([25.5, 26.1], True, "nothing"),
        ([0.1, 27], False, "nothing"),
        ([27], True, "nothing"),
    ],
)
def test_no_trace_needs_two_late_readings_and_others_of_the_run(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, hours: list[float], control: bool, expected: str
) -> None:
    recipients = runs.recipients(3)
    journal.runs.add(
        runs.record(created_at=SENT), recipients, list(planning.Plan("run", recipients.table).outline()), {}
    )
    for no in (1, 2, 3):
        at = SENT + timedelta(minutes=no)
        journal.requests.advance("run", "me", [], [no], at)
        if no != 2:
            done = Settlement(no=no, attempt=1, state=State.ACCEPTED, code=0, request_no=f"50{no}")
            journal.requests.advance("run", "me", [done], [], at)
    journal.requests.mark_orphans_unknown("run", SENT)
    controls = [row("501", ONE), row("503", "01020000002")] if control else [row("501", ONE)]
    said = ""
    for each in hours:
        monkeypatch.setattr(Clock, "now", lambda _self, by=each: SENT + timedelta(minutes=2, hours=by))
        said = verdict(journal, *controls)
    assert said == expected
    assert journal.requests.counts("run")[State.UNKNOWN] == 1
