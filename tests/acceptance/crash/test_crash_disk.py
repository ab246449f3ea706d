"""The disk full at a claim and at a settlement; the journal damaged. Nothing is sent twice, and it says what is wrong.

The limit is a real one of the kernel: no file may grow any more, and a write
that would make it is refused in the middle of the journal's transaction.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.crash.points import Point
from tests.acceptance.crash.rounds import IN_FLIGHT, RESUME, SEND, SINGLES, TOGETHER, states_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.crash.launching import Ended
    from tests.acceptance.crash.rounds import Round


def full(name: str, side: str, passage: int = 1) -> dict[str, object]:
    return {"point": asdict(Point(name, side, passage, deed="fill the disk"))}


def assert_paused_for_the_disk(ended: Ended) -> None:
    assert ended.done.status == 3, ended.done.err
    assert ended.done.json["state"] == "paused"
    assert "journal.sqlite3: disk" in ended.done.json["why"]
    assert "then resume" in ended.done.json["why"]


def journal_of(round_: Round) -> Path:
    return round_.desk.folder / "reports" / "journal.sqlite3"


def test_a_disk_that_is_full_at_the_first_claim_sends_nothing_and_resume_sends_all(round_: Round) -> None:
    ended = round_.run(*SEND, **full("claim", "before"))
    assert_paused_for_the_disk(ended)
    assert round_.desk.ask("/sandbox/stats")["requests"] == 0
    assert set(states_in(journal_of(round_)).values()) == {"planned"}
    assert ended.done.json["rows"]["pending"] == SINGLES + TOGETHER
    round_.assert_all_is_well(round_.end())


def test_a_disk_that_is_full_at_a_later_claim_sends_no_more_and_settles_nothing_wrongly(round_: Round) -> None:
    ended = round_.run(*SEND, **full("claim", "before", 6))
    assert_paused_for_the_disk(ended)
    states = states_in(journal_of(round_))
    taken = round_.desk.ask("/sandbox/stats")["accepted"]
    assert list(states.values()).count("accepted") <= taken < len(states)
    assert taken <= len(states) - list(states.values()).count("planned")
    round_.was_in_flight |= {no for no, state in states.items() if state == "in_flight"}
    round_.assert_all_is_well(round_.end())


def test_a_disk_that_is_full_at_a_settlement_leaves_what_was_sent_unknown_and_it_is_not_sent_again(
    round_: Round,
) -> None:
    ended = round_.run(*SEND, **full("answer", "after"))
    assert_paused_for_the_disk(ended)
    left = {no for no, state in states_in(journal_of(round_)).items() if state == "in_flight"}
    assert len(left) == IN_FLIGHT
    assert round_.desk.ask("/sandbox/stats")["requests"] == IN_FLIGHT
    assert ended.done.json["rows"]["unknown"] == IN_FLIGHT
    round_.was_in_flight |= left
    ended = round_.end()
    round_.assert_all_is_well(ended)
    assert ended.done.json["requests"]["unknown"] == IN_FLIGHT


def test_a_disk_that_is_full_when_the_run_ends_says_so_and_resume_says_finished(round_: Round) -> None:
    ended = round_.run(*SEND, **full("stop", "before"))
    assert_paused_for_the_disk(ended)
    assert ended.done.json["rows"]["accepted"] == SINGLES + TOGETHER
    round_.assert_all_is_well(round_.end())


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_damaged_journal_stops_resume_before_anything_is_sent_and_its_copy_goes_on(
    round_: Round, share: float
) -> None:
    assert_paused_for_the_disk(round_.run(*SEND, **full("claim", "before")))
    journal = journal_of(round_)
    whole = journal.read_bytes()
    place = int(len(whole) * share)
    journal.write_bytes(whole[:place] + b"\xa5" * 8192 + whole[place + 8192 :])
    refused = round_.run(*RESUME)
    assert refused.done.status == 2
    assert str(journal.name) in refused.done.err
    assert "damaged" in refused.done.err
    assert round_.desk.ask("/sandbox/stats")["requests"] == 0
    journal.write_bytes(whole)
    round_.assert_all_is_well(round_.end())
