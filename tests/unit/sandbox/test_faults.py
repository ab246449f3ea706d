"""Injected faults: which request they strike."""

from __future__ import annotations

from random import Random

from campaign.sandbox.faults import KINDS, Fault, Faults
from campaign.sandbox.server.answers import WAYS


def drawn(faults: Faults, requests: int) -> list[str | None]:
    return [fault.kind.name if (fault := faults.draw()) else None for _ in range(requests)]


def test_faults_take_turns() -> None:
    faults = Faults(Random(1))
    faults.add([Fault.read({"fault": "drip", "after": 2}), Fault.read({"fault": "not_json", "after": 2, "times": 2})])

    assert drawn(faults, 6) == [None, None, "drip", "not_json", "not_json", None]


def test_a_chance_is_about_what_was_asked_for() -> None:
    faults = Faults(Random(1))
    faults.add([Fault.read({"fault": "drip", "times": 10_000, "probability": 0.1})])

    assert 80 < 1_000 - drawn(faults, 1_000).count(None) < 120


def test_every_fault_has_a_way_to_be_answered() -> None:
    assert set(WAYS) == set(KINDS)
    assert set(KINDS) == {
        "code",
        "hang_up_before_read",
        "hang_up_after_read",
        "accept_then_hang_up",
        "accept_then_reset",
        "accept_then_stall",
        "drip",
        "html_502",
        "forbidden_403",
        "empty_body",
        "not_json",
        "string_code",
        "redirect_307",
        "huge_answer",
    }
