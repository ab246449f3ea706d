"""Killed at every named point of `send` and of `resume`, once before it and once after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.crash.points import Point
from tests.acceptance.crash.rounds import RESUME, SEND

if TYPE_CHECKING:
    from tests.acceptance.crash.rounds import Round

MIDDLE = 7
"""A passage at which some requests are settled, some on the wire and some still to send."""

ONCE = ("start", "stop", "report", "noting the report")
OFTEN = ("claim", "submit", "answer", "settle")
BOTH = [
    *(Point(name, side) for name in ONCE for side in ("before", "after")),
    *(Point(name, side, MIDDLE) for name in OFTEN for side in ("before", "after")),
    *(Point("commit", "before", passage) for passage in (2, 3, MIDDLE)),
]
OF_SEND = [
    *(Point("plan", side) for side in ("before", "after")),
    *(Point(name, side) for name in OFTEN for side in ("before", "after")),
    *(Point("commit", "before", passage) for passage in (1, 4, 5)),
    *BOTH,
]
OF_RESUME = [*(Point("orphans", side) for side in ("before", "after")), *BOTH]


@pytest.mark.parametrize("point", OF_SEND, ids=str)
def test_send_killed_at_a_named_point_doubles_and_loses_nothing(round_: Round, point: Point) -> None:
    killed = round_.run(*SEND, point=asdict(point))
    assert killed.was_killed, killed.done.err
    round_.assert_all_is_well(round_.end())


@pytest.mark.parametrize("point", OF_RESUME, ids=str)
def test_resume_killed_at_a_named_point_doubles_and_loses_nothing(round_: Round, point: Point) -> None:
    assert round_.run(*SEND, point=asdict(Point("answer", "before", 3))).was_killed
    killed = round_.run(*RESUME, point=asdict(point))
    assert killed.was_killed, killed.done.err
    round_.assert_all_is_well(round_.end())


def test_after_a_death_the_same_campaign_is_not_begun_anew_and_resume_ends_it_once(round_: Round) -> None:
    assert round_.run(*SEND, point=asdict(Point("settle", "before", MIDDLE))).was_killed
    refused = round_.run(*SEND)
    assert refused.done.status == 2
    assert "campaign resume" in refused.done.err
    ended = round_.end()
    round_.assert_all_is_well(ended)
    assert round_.run(*RESUME).done.json["rows"] == ended.done.json["rows"]
    round_.assert_all_is_well(ended)
