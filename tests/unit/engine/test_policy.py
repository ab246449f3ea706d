"""What follows from every code, and from answers that never came."""

from __future__ import annotations

import random

import pytest

from campaign.engine.dispatch.policy import Decision, FailureShare, OutcomePolicy
from campaign.gateway.outcome import Fate, Outcome
from campaign.gateway.result_codes import CODES
from campaign.model import State, i18n
from campaign.model.reasons import decode
from campaign.model.sentences import sentence


def answered(code: int) -> Outcome:
    return Outcome(fate=Fate.ANSWERED, code=code)


UNKNOWN = Outcome(fate=Fate.UNKNOWN, detail="HTTP 200 with an empty body")
NOT_SENT = Outcome(fate=Fate.NOT_SENT, detail="refused")


def first(outcome: Outcome) -> Decision:
    return OutcomePolicy().decide(1, outcome, claimed_at=0, now=0)


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
    decision = first(answered(code))
    assert decision.state == state
    assert (decision.pause is not None) == pauses


def test_a_pause_says_the_vendors_words_and_what_to_do() -> None:
    pause = sentence(first(answered(13)).pause)
    assert pause is not None
    assert "등록되지 않은 발신번호입니다." in pause
    assert "register the sender number" in pause


def test_the_documents_codes_are_all_there() -> None:
    assert sorted(CODES) == [0, 1, 11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 41, 42, 43, 44, 50]


@pytest.mark.parametrize("code", [1, 33])
def test_a_request_that_is_refused_for_now_is_tried_twice_more_then_rejected(code: int) -> None:
    policy = OutcomePolicy()
    states = [policy.decide(7, answered(code), claimed_at=now, now=now) for now in (0, 2, 7)]
    assert [decision.state for decision in states] == [State.PLANNED, State.PLANNED, State.REJECTED]
    assert [decision.again_at for decision in states] == [2, 7, None]
    assert all(decision.pause is None for decision in states)


def test_three_requests_in_a_row_with_code_1_pause_the_run_and_wait() -> None:
    policy = OutcomePolicy()
    decisions = [policy.decide(no, answered(1), claimed_at=0, now=0) for no in (1, 2, 3)]
    assert [decision.pause is None for decision in decisions] == [True, True, False]
    assert {decision.state for decision in decisions} == {State.PLANNED}


def test_another_answer_between_breaks_the_row() -> None:
    policy = OutcomePolicy()
    for no, code in ((1, 1), (2, 1), (3, 0), (4, 1), (5, 1)):
        assert policy.decide(no, answered(code), claimed_at=0, now=0).pause is None


def test_three_unknown_in_a_row_pause_the_run() -> None:
    policy = OutcomePolicy()
    decisions = [policy.decide(no, UNKNOWN, claimed_at=0, now=0) for no in (1, 2, 3)]
    assert [decision.state for decision in decisions] == [State.UNKNOWN] * 3
    assert [decision.pause is None for decision in decisions] == [True, True, False]


def test_an_unknown_answer_that_says_something_to_those_who_know_it_pauses_at_the_first() -> None:
    guessed = Outcome(fate=Fate.UNKNOWN, detail="HTTP 200 with 202 as the whole answer", guess="Public clients saw it.")
    decision = OutcomePolicy().decide(7, guessed, claimed_at=0, now=0)
    assert decision.state == State.UNKNOWN
    assert sentence(decision.cause) == "HTTP 200 with 202 as the whole answer. Public clients saw it."
    assert sentence(decision.pause) == f"request 7 got no readable answer: {sentence(decision.cause)}"


def test_an_answer_between_unknowns_breaks_the_row() -> None:
    policy = OutcomePolicy()
    outcomes = [UNKNOWN, UNKNOWN, answered(0), UNKNOWN, UNKNOWN]
    assert all(policy.decide(no, one, claimed_at=0, now=0).pause is None for no, one in enumerate(outcomes))


def test_recharging_holds_the_whole_run_longer_each_time_and_pauses_after_half_an_hour() -> None:
    policy, now, waits = OutcomePolicy(), 0.0, []
    while (decision := policy.decide(1, answered(12), claimed_at=now, now=now)).pause is None:
        assert decision.hold_until is not None
        waits.append(decision.hold_until - now)
        now = decision.hold_until
    assert now >= 1_800
    for wait, expected in zip(waits, [30, 60, 120, 300, 300, 300, 300, 300], strict=False):
        assert wait == pytest.approx(expected, rel=0.1001)


def test_requests_refused_together_count_as_one_recharging() -> None:
    policy = OutcomePolicy()
    holds = {policy.decide(no, answered(12), claimed_at=0, now=1).hold_until for no in range(8)}
    assert len(holds) == 1


def test_what_could_not_leave_is_planned_again_and_pauses_when_it_lasts() -> None:
    policy, now, pauses = OutcomePolicy(), 0.0, []
    for _ in range(4):
        decision = policy.decide(1, NOT_SENT, claimed_at=now, now=now)
        assert decision.state == State.PLANNED
        pauses.append(decision.pause)
        now = decision.hold_until or now
    assert [pause is None for pause in pauses] == [True, True, True, False]
    assert now == 14


class Extreme(random.Random):
    """Chance that always takes the largest value, or the smallest."""

    def __init__(self, *, largest: bool) -> None:
        super().__init__(0)
        self._largest = largest

    def uniform(self, a: float, b: float) -> float:
        return max(a, b) if self._largest else min(a, b)


@pytest.mark.parametrize(("largest", "waits"), [(True, [33, 66, 132, 330, 330]), (False, [27, 54, 108, 270, 270])])
def test_recharging_varies_by_a_tenth_so_that_not_all_come_back_at_once(largest: bool, waits: list[float]) -> None:
    policy, now, found = OutcomePolicy(jitter=Extreme(largest=largest)), 0.0, []
    for _ in waits:
        hold = policy.decide(1, answered(12), claimed_at=now, now=now).hold_until
        assert hold is not None
        found.append(hold - now)
        now = hold
    assert found == pytest.approx(waits)


def test_recharging_is_given_up_after_1800_seconds_to_the_second() -> None:
    policy = OutcomePolicy()
    assert policy.decide(1, answered(12), claimed_at=100, now=100).pause is None
    assert policy.decide(1, answered(12), claimed_at=1_899, now=1_899).pause is None
    assert policy.decide(1, answered(12), claimed_at=1_900, now=1_900).pause is not None


@pytest.mark.parametrize("between", [0, 21, 33])
def test_another_answer_ends_the_recharging(between: int) -> None:
    policy = OutcomePolicy(jitter=Extreme(largest=True))
    policy.decide(1, answered(12), claimed_at=0, now=0)
    policy.decide(2, answered(between), claimed_at=1_799, now=1_799)
    decision = policy.decide(1, answered(12), claimed_at=1_800, now=1_800)
    assert (decision.pause, decision.hold_until) == (None, 1_833)


def test_a_request_claimed_before_the_hold_does_not_lengthen_it() -> None:
    policy = OutcomePolicy(jitter=Extreme(largest=True))
    assert policy.decide(1, answered(12), claimed_at=10, now=10).hold_until == 43
    assert policy.decide(2, answered(12), claimed_at=10, now=30).hold_until == 43
    assert policy.decide(2, answered(12), claimed_at=42.9, now=50).hold_until == 43
    assert policy.decide(3, answered(12), claimed_at=43, now=50).hold_until == 116


def test_an_outcome_that_is_unknown_stays_unknown_even_with_a_code() -> None:
    assert first(Outcome(fate=Fate.UNKNOWN, code=0, detail="a lost answer")).state == State.UNKNOWN


def test_an_answer_without_a_code_is_unknown() -> None:
    assert first(Outcome(fate=Fate.ANSWERED, detail="no code")).state == State.UNKNOWN


def test_three_unknown_in_a_row_pause_after_an_answer_too_and_a_fourth_pauses_again() -> None:
    policy = OutcomePolicy()
    outcomes = [UNKNOWN, answered(0), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    pauses = [policy.decide(no, one, claimed_at=0, now=0).pause for no, one in enumerate(outcomes)]
    assert [pause is None for pause in pauses] == [True, True, True, True, False, False]
    assert pauses[-2] is not None
    assert sentence(pauses[-2]).startswith("3 requests in a row")


def test_what_could_not_leave_does_not_break_a_row_of_unknown_outcomes() -> None:
    policy = OutcomePolicy()
    outcomes = [UNKNOWN, NOT_SENT, UNKNOWN, NOT_SENT, UNKNOWN]
    assert policy.decide(9, outcomes[0], claimed_at=0, now=0).pause is None
    pauses = [policy.decide(no, one, claimed_at=0, now=0).pause for no, one in enumerate(outcomes[1:])]
    assert [pause is None for pause in pauses] == [True, True, True, False]


def test_code_1_of_one_request_alone_does_not_pause_the_run() -> None:
    policy = OutcomePolicy()
    decisions = [policy.decide(1, answered(1), claimed_at=0, now=0) for _ in range(3)]
    assert [decision.pause for decision in decisions] == [None, None, None]
    assert decisions[-1].state == State.REJECTED
    assert sentence(decisions[-1].cause) == "tried 3 times"


def test_after_a_pause_for_code_1_three_more_requests_are_needed_for_the_next() -> None:
    policy = OutcomePolicy()
    pauses = [policy.decide(no, answered(1), claimed_at=0, now=0).pause for no in range(1, 7)]
    assert [pause is None for pause in pauses] == [True, True, False, True, True, False]


@pytest.mark.parametrize("other", [0, 33, 12])
def test_another_code_breaks_the_row_of_code_1(other: int) -> None:
    policy = OutcomePolicy()
    codes = [1, 1, other, 1, 1]
    assert all(policy.decide(no, answered(code), claimed_at=0, now=0).pause is None for no, code in enumerate(codes))


def test_requests_that_failed_to_leave_together_count_once() -> None:
    policy = OutcomePolicy()
    assert policy.decide(1, NOT_SENT, claimed_at=10, now=10).hold_until == 11
    for no in range(2, 9):
        decision = policy.decide(no, NOT_SENT, claimed_at=10.9, now=11)
        assert (decision.hold_until, decision.pause) == (11, None)
    assert policy.decide(1, NOT_SENT, claimed_at=11, now=11).hold_until == 14


def test_the_waits_for_an_unreachable_gateway_begin_anew_after_any_answer_and_after_a_pause() -> None:
    policy = OutcomePolicy()
    assert policy.decide(1, NOT_SENT, claimed_at=0, now=0).hold_until == 1
    assert policy.decide(1, UNKNOWN, claimed_at=1, now=1).state == State.UNKNOWN
    held = [policy.decide(1, NOT_SENT, claimed_at=now, now=now).hold_until for now in (10, 20, 30)]
    assert held == [11, 23, 40]
    assert policy.decide(1, NOT_SENT, claimed_at=40, now=40).pause is not None
    again = policy.decide(1, NOT_SENT, claimed_at=50, now=50)
    assert (again.pause, again.hold_until) == (None, 51)


def test_a_code_that_the_document_lacks_is_said_without_the_vendors_words() -> None:
    pause = sentence(first(answered(777)).pause)
    assert pause is not None
    assert pause.startswith("code 777: ")
    assert "None" not in pause
    assert "()" not in pause


def test_a_pause_is_explained_in_korean() -> None:
    policy = OutcomePolicy()
    with i18n.in_language("ko"):
        unread = [sentence(policy.decide(no, UNKNOWN, claimed_at=0, now=0).pause) for no in range(3)]
        unreachable = [sentence(first(NOT_SENT).cause), sentence(first(answered(13)).pause)]
    assert unread[2] is not None
    assert unread[2].startswith("요청 3건이 연달아 알아볼 수 있는 응답을 받지 못했습니다. 마지막 응답: HTTP 200")
    assert unreachable[0] == "발송하지 못했습니다: refused"
    # Only in the vendor's words: ours would say the same again.
    assert str(unreachable[1]).startswith("코드 13: 등록되지 않은 발신번호입니다. 할 일: ")


@pytest.mark.parametrize(
    ("limit", "accepted", "rejected", "unknown", "pauses"),
    [
        (None, 0, 100, 0, False),
        ("3%", 97, 3, 0, False),
        ("3%", 96, 2, 2, True),
        ("3%", 0, 1, 0, False),
        ("3%", 0, 1, 1, True),
        ("0%", 99, 0, 1, True),
        ("100%", 0, 50, 50, False),
    ],
)
def test_rejected_and_unknown_recipients_exceed_a_share(
    limit: str | None, accepted: int, rejected: int, unknown: int, pauses: bool
) -> None:
    share = FailureShare(limit)
    share.count({State.ACCEPTED: accepted, State.REJECTED: rejected})
    share.count({State.UNKNOWN: unknown, State.PLANNED: 1_000})
    assert (share.reason is not None) is pauses


def test_an_exceeded_share_is_told_with_what_failed_and_what_was_sent() -> None:
    share = FailureShare("10%")
    share.count({State.ACCEPTED: 17})
    share.count({State.UNKNOWN: 1})
    share.count({State.REJECTED: 2})
    assert decode(share.reason or "") == [("stop_above", {"failed": 3, "sent": 20, "limit": "10%"})]
