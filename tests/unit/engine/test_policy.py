"""What follows from every code, and from answers that never came."""

from __future__ import annotations

import pytest

from campaign.engine.dispatch.policy import Judge, Verdict
from campaign.gateway.outcome import Fate, Outcome
from campaign.gateway.result_codes import CODES
from campaign.model import State


def answered(code: int) -> Outcome:
    return Outcome(fate=Fate.ANSWERED, code=code)


UNKNOWN = Outcome(fate=Fate.UNKNOWN, detail="HTTP 200 with an empty body")
NOT_SENT = Outcome(fate=Fate.NOT_SENT, detail="refused")


def first(outcome: Outcome) -> Verdict:
    return Judge().judge(1, outcome, claimed_at=0, now=0)


@pytest.mark.parametrize(
    ("code", "state", "pauses"),
    [
        (0, State.ACCEPTED, False),
        (1, State.PLANNED, False),
        (11, State.PLANNED, True),
        (12, State.PLANNED, False),
        (13, State.PLANNED, True),
        (14, State.PLANNED, True),
        (15, State.PLANNED, True),
        (21, State.REJECTED, False),
        (22, State.REJECTED, False),
        (23, State.REJECTED, False),
        (31, State.REJECTED, False),
        (32, State.REJECTED, False),
        (33, State.PLANNED, False),
        (41, State.PLANNED, True),
        (42, State.PLANNED, True),
        (43, State.PLANNED, True),
        (44, State.PLANNED, True),
        (50, State.PLANNED, True),
        (777, State.REJECTED, True),
        (-1, State.REJECTED, True),
    ],
)
def test_every_code_leads_where_the_table_says(code: int, state: State, pauses: bool) -> None:
    verdict = first(answered(code))
    assert verdict.state == state
    assert (verdict.pause is not None) == pauses


def test_a_pause_says_the_vendors_words_and_what_to_do() -> None:
    pause = first(answered(13)).pause
    assert pause is not None
    assert "등록되지 않은 발신번호입니다." in pause
    assert "register the sender number" in pause


def test_the_documents_codes_are_all_there() -> None:
    assert sorted(CODES) == [0, 1, 11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 41, 42, 43, 44, 50]


@pytest.mark.parametrize("code", [1, 33])
def test_a_request_that_is_refused_for_now_is_tried_twice_more_then_rejected(code: int) -> None:
    judge = Judge()
    states = [judge.judge(7, answered(code), claimed_at=now, now=now) for now in (0, 2, 7)]
    assert [verdict.state for verdict in states] == [State.PLANNED, State.PLANNED, State.REJECTED]
    assert [verdict.again_at for verdict in states] == [2, 7, None]
    assert all(verdict.pause is None for verdict in states)


def test_three_requests_in_a_row_with_code_1_pause_the_run_and_wait() -> None:
    judge = Judge()
    verdicts = [judge.judge(no, answered(1), claimed_at=0, now=0) for no in (1, 2, 3)]
    assert [verdict.pause is None for verdict in verdicts] == [True, True, False]
    assert {verdict.state for verdict in verdicts} == {State.PLANNED}


def test_another_answer_between_breaks_the_row() -> None:
    judge = Judge()
    for no, code in ((1, 1), (2, 1), (3, 0), (4, 1), (5, 1)):
        assert judge.judge(no, answered(code), claimed_at=0, now=0).pause is None


def test_three_unknown_in_a_row_pause_the_run() -> None:
    judge = Judge()
    verdicts = [judge.judge(no, UNKNOWN, claimed_at=0, now=0) for no in (1, 2, 3)]
    assert [verdict.state for verdict in verdicts] == [State.UNKNOWN] * 3
    assert [verdict.pause is None for verdict in verdicts] == [True, True, False]


def test_an_unknown_answer_that_says_something_to_those_who_know_it_pauses_at_the_first() -> None:
    guessed = Outcome(fate=Fate.UNKNOWN, detail="HTTP 200 with 202 as the whole answer", guess="Public clients saw it.")
    verdict = Judge().judge(7, guessed, claimed_at=0, now=0)
    assert verdict.state == State.UNKNOWN
    assert verdict.cause == "HTTP 200 with 202 as the whole answer. Public clients saw it."
    assert verdict.pause == f"request 7 got no readable answer: {verdict.cause}"


def test_an_answer_between_unknowns_breaks_the_row() -> None:
    judge = Judge()
    outcomes = [UNKNOWN, UNKNOWN, answered(0), UNKNOWN, UNKNOWN]
    assert all(judge.judge(no, one, claimed_at=0, now=0).pause is None for no, one in enumerate(outcomes))


def test_recharging_holds_the_whole_run_longer_each_time_and_pauses_after_half_an_hour() -> None:
    judge, now, waits = Judge(), 0.0, []
    while (verdict := judge.judge(1, answered(12), claimed_at=now, now=now)).pause is None:
        assert verdict.hold_until is not None
        waits.append(verdict.hold_until - now)
        now = verdict.hold_until
    assert now >= 1_800
    for wait, expected in zip(waits, [30, 60, 120, 300, 300, 300, 300, 300], strict=False):
        assert wait == pytest.approx(expected, rel=0.1001)


def test_requests_refused_together_count_as_one_recharging() -> None:
    judge = Judge()
    holds = {judge.judge(no, answered(12), claimed_at=0, now=1).hold_until for no in range(8)}
    assert len(holds) == 1


def test_what_could_not_leave_is_planned_again_and_pauses_when_it_lasts() -> None:
    judge, now, pauses = Judge(), 0.0, []
    for _ in range(4):
        verdict = judge.judge(1, NOT_SENT, claimed_at=now, now=now)
        assert verdict.state == State.PLANNED
        pauses.append(verdict.pause)
        now = verdict.hold_until or now
    assert [pause is None for pause in pauses] == [True, True, True, False]
    assert now == 14
