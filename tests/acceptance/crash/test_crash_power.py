"""The power goes at every named point at which something may be on the wire: what was not on the disk is gone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.crash.points import Point
from tests.acceptance.crash.power import DURABLE, lose_power
from tests.acceptance.crash.rounds import SEND, states_in
from tests.acceptance.crash.test_crash_points import MIDDLE, OFTEN

if TYPE_CHECKING:
    from tests.acceptance.crash.rounds import Round

POINTS = [Point(name, side, passage) for name in OFTEN for side in ("before", "after") for passage in (1, MIDDLE)]


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_the_power_lost_at_a_named_point_doubles_and_loses_nothing(round_: Round, point: Point) -> None:
    journal = round_.desk.folder / "reports" / "journal.sqlite3"
    killed = round_.run(*SEND, point=asdict(point), durable=True)
    assert killed.was_killed, killed.done.err
    assert (journal.parent / DURABLE / "journal.sqlite3-wal").exists()
    lose_power(journal)
    round_.was_in_flight |= {no for no, state in states_in(journal).items() if state == "in_flight"}
    round_.assert_all_is_well(round_.end())
