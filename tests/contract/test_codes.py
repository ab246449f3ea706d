"""Every code of the document: provoked by a request that really breaks its rule, sent by the client, and judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.engine.dispatch.policy import OutcomePolicy
from campaign.gateway.client import Client, Keys
from campaign.gateway.outcome import Fate
from campaign.model import Message, MsgType, Request, State
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from tests.contract.pairs import CODES, JPG, KEYS, SENDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.engine.dispatch.policy import Decision
    from campaign.gateway.outcome import Outcome

GOOD = Message(sender=SENDER, text="내용", msg_type=MsgType.SMS)
LMS = replace(GOOD, title="제목", msg_type=MsgType.LMS)
MMS = replace(LMS, msg_type=MsgType.MMS, image="0" * 64)
SOON = format_time(datetime.now(UTC) + timedelta(minutes=5))


@dataclass(frozen=True)
class Breach:
    """A request that breaks one rule."""

    code: int
    message: Message = GOOD
    numbers: tuple[str, ...] = ("01020000000",)
    keys: tuple[str, str] = KEYS
    image: bytes = JPG
    instead: Mapping[str, object] = field(default_factory=dict)  # put into the body, for what the client never builds


BREACHES = (
    Breach(0),
    Breach(1, instead={"text": ""}),
    Breach(13, replace(GOOD, sender="0299999999")),
    Breach(14, keys=("API Key", "another")),
    Breach(21, replace(LMS, text="가" * 1_000 + "a")),
    Breach(22, replace(LMS, title="50% 할인!")),
    Breach(23, replace(LMS, title="가" * 20 + "a")),
    Breach(31, MMS, image=JPG.ljust(100_001, b"\x00")),
    Breach(32, MMS, image=b"\x89PNG\r\n\x1a\n" + b"\x00" * 90),
    Breach(33, MMS, image=b""),
    Breach(41, instead={"to": []}),
    Breach(42, replace(GOOD, date=SOON)),
    Breach(43, replace(GOOD, date="2026/12/01 10:00")),
    Breach(44, numbers=tuple(f"0102{place:07d}" for place in range(1_001))),
    # What an account or an address has to be, no request can break: the sandbox's magic recipients say it.
    *(Breach(code, numbers=("01020000000", f"0100000{1_000 + code}")) for code in (11, 12, 15, 50, 99)),
)
POLICY = {  # gateway.md, the table of codes: state, tried again after so many seconds, whole run held, run paused
    0: (State.ACCEPTED, None, None, False),
    1: (State.PLANNED, 2, None, False),
    11: (State.PLANNED, None, None, True),
    12: (State.PLANNED, None, 30, False),
    13: (State.PLANNED, None, None, True),
    14: (State.PLANNED, None, None, True),
    15: (State.PLANNED, None, None, True),
    21: (State.REJECTED, None, None, False),
    22: (State.REJECTED, None, None, False),
    23: (State.REJECTED, None, None, False),
    31: (State.REJECTED, None, None, False),
    32: (State.REJECTED, None, None, False),
    33: (State.PLANNED, 2, None, False),
    41: (State.PLANNED, None, None, True),
    42: (State.PLANNED, None, None, True),
    43: (State.PLANNED, None, None, True),
    44: (State.PLANNED, None, None, True),
    50: (State.PLANNED, None, None, True),
    99: (State.REJECTED, None, None, True),
}
EVERY = pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: str(breach.code))
BOTH = pytest.mark.parametrize("api", ["v2", "v1"])


def send(strict: str, api: str, breach: Breach) -> Outcome:
    with Client(strict, api=api, keys=Keys(*breach.keys)) as client:
        request = Request(id="r", no=1, message=breach.message, numbers=breach.numbers)
        prepared = client.prepare(request, breach.image)
        if breach.instead:
            prepared.body = json.dumps({**json.loads(prepared.body or b""), **breach.instead}).encode()
            prepared.headers["Content-Length"] = str(len(prepared.body))
        return client.send(prepared)


@BOTH
@EVERY
def test_a_broken_rule_is_answered_with_its_code_in_the_documents_words(strict: str, api: str, breach: Breach) -> None:
    outcome = send(strict, api, breach)
    assert (outcome.fate, outcome.code) == (Fate.ANSWERED, breach.code)
    assert outcome.message == CODES.get(breach.code, outcome.message)


@EVERY
def test_the_sender_does_about_a_code_what_the_table_says(strict: str, breach: Breach) -> None:
    decision = OutcomePolicy().decide(1, send(strict, "v2", breach), claimed_at=100, now=100)
    state, again, held, paused = POLICY[breach.code]
    assert decision.state == state
    assert decision.again_at == (None if again is None else 100 + again)
    if held is None:
        assert decision.hold_until is None
    else:
        assert decision.hold_until == pytest.approx(100 + held, abs=held * 0.1)
    assert (decision.pause is not None) == paused
    if paused and breach.code in CODES:
        assert CODES[breach.code] in (sentence(decision.pause) or "")


def judged(strict: str, code: int, times: int) -> list[Decision]:
    """The decisions on one request that gets the same code again and again."""
    breach = next(breach for breach in BREACHES if breach.code == code)
    policy = OutcomePolicy()
    return [policy.decide(1, send(strict, "v2", breach), claimed_at=place, now=place) for place in range(times)]


def test_a_failed_upload_is_tried_three_times_and_then_rejected(strict: str) -> None:
    assert [decision.state for decision in judged(strict, 33, 3)] == [State.PLANNED, State.PLANNED, State.REJECTED]


def test_three_requests_in_a_row_that_were_not_sent_pause_the_run(strict: str) -> None:
    policy = OutcomePolicy()
    decisions = [policy.decide(no, send(strict, "v2", BREACHES[1]), claimed_at=no, now=no) for no in (1, 2, 3)]
    assert [decision.pause is not None for decision in decisions] == [False, False, True]


def test_every_code_of_the_document_is_provoked() -> None:
    assert {breach.code for breach in BREACHES} - {99} == set(CODES) == set(POLICY) - {99}
