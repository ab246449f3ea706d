"""Decides what follows from the outcome of an attempt, for its request and for the whole run.

Pure: reads no clock, has no side effects. Source: gateway.md, the table of codes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.gateway.outcome import Fate
from campaign.gateway.result_codes import Code, Policy, describe, meaning
from campaign.model import State
from campaign.model.reasons import encode, message, nested
from campaign.model.run_reasons import RunReason
from campaign.model.text import parse_share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.gateway.outcome import Outcome
    from campaign.model.reasons import Parameter

IN_A_ROW: Final = 3
"""So many unknown outcomes, or requests answered with code 1, pause the run if nothing else comes between them."""

TRIES: Final = 3
"""Attempts at a request that the gateway cannot take for now (codes 1 and 33)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Waits before another attempt, in seconds."""

    again: tuple[float, ...] = (2, 5)  # a request answered with 1 or 33, before its second and third attempt
    back_off: tuple[float, ...] = (30, 60, 120, 300)  # the whole run, after code 12; the last one repeats
    give_up: float = 1_800  # since the first code 12 in a row
    unreachable: tuple[float, ...] = (1, 3, 10)  # the whole run, after requests that could not leave
    jitter: float = 0.1  # share by which a back-off varies, so that several senders do not return together


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from an outcome. Times are in seconds, on the clock that `decide` was given."""

    state: State
    cause: str | None = None  # as `reasons.encode` stores it, like `pause`
    again_at: float | None = None  # this request is not sent again before
    hold_until: float | None = None  # no request is sent before
    pause: str | None = None  # the run pauses, for this reason


@dataclass(slots=True)
class FailureShare:
    """Counts recipients, and finds when rejected and unknown ones exceed a share of those that were sent.

    A single recipient never does, unless the share is 0: among the first few, one is a large share.

    Args:
        limit: the share as the campaign file spells it; None for no limit.
    """

    limit: str | None
    reason: str | None = field(default=None, init=False)
    """Why the run pauses, once the share is exceeded."""

    _sent: int = 0
    _failed: int = 0

    def count(self, recipients: Mapping[State, int]) -> None:
        """Count recipients by the outcome of their requests."""
        failed = recipients.get(State.REJECTED, 0) + recipients.get(State.UNKNOWN, 0)
        self._failed += failed
        self._sent += failed + recipients.get(State.ACCEPTED, 0)
        share = parse_share(self.limit or "")
        if share is not None and self._failed > max(share * self._sent, 1 if share else 0):
            self.reason = encode(RunReason.STOP_ABOVE, failed=self._failed, sent=self._sent, limit=self.limit or "")


@dataclass(slots=True)
class OutcomePolicy:
    """Decides about the outcomes of one run, in the order in which they come."""

    waits: Waits = field(default_factory=Waits)
    jitter: random.Random = field(default_factory=random.Random)
    _unknown: int = 0
    _failing: set[int] = field(default_factory=set)
    _tries: dict[int, int] = field(default_factory=dict)
    _recharging_since: float | None = None
    _back_offs: int = 0
    _unreachable: int = 0
    _held_until: float = 0

    def decide(self, no: int, outcome: Outcome, *, claimed_at: float, now: float) -> Decision:
        """What follows from the outcome of an attempt at request `no`, claimed at `claimed_at`."""
        if outcome.fate == Fate.NOT_SENT:
            return self._not_sent(outcome, claimed_at, now)
        self._unreachable = 0
        if outcome.fate == Fate.UNKNOWN or outcome.code is None:
            return self._no_answer(no, outcome)
        self._unknown = 0
        return self._answered(no, describe(outcome.code), claimed_at, now)

    def _not_sent(self, outcome: Outcome, claimed_at: float, now: float) -> Decision:
        cause = encode(RunReason.NOT_SENT, detail=_detail(outcome))
        if claimed_at < self._held_until:
            # One of several that were in flight together: one failure, not many.
            return Decision(state=State.PLANNED, cause=cause, hold_until=self._held_until)
        if self._unreachable >= len(self.waits.unreachable):
            self._unreachable = 0
            pause = encode(RunReason.GATEWAY_UNREACHABLE, detail=_detail(outcome))
            return Decision(state=State.PLANNED, cause=cause, pause=pause)
        self._held_until = now + self.waits.unreachable[self._unreachable]
        self._unreachable += 1
        return Decision(state=State.PLANNED, cause=cause, hold_until=self._held_until)

    def _no_answer(self, no: int, outcome: Outcome) -> Decision:
        self._unknown += 1
        cause, pause = outcome.detail, None
        if outcome.guess is not None:  # the next requests would most likely get the same
            cause = encode(RunReason.GUESSED, detail=_detail(outcome), guess=message(outcome.guess))
            pause = encode(RunReason.UNREADABLE_ANSWER, no=no, detail=nested(cause))
        elif self._unknown >= IN_A_ROW:
            pause = encode(RunReason.UNREADABLE_ANSWERS, count=self._unknown, detail=_detail(outcome))
        return Decision(state=State.UNKNOWN, cause=cause, pause=pause)

    def _answered(self, no: int, code: Code, claimed_at: float, now: float) -> Decision:
        if code.policy != Policy.RETRY_THEN_PAUSE:
            self._failing.clear()
        if code.policy != Policy.BACK_OFF:
            self._recharging_since, self._back_offs = None, 0
        match code.policy:
            case Policy.RETRY_THEN_REJECT:
                return self._again(no, now)
            case Policy.RETRY_THEN_PAUSE:
                return self._again_or_pause(no, code, now)
            case Policy.BACK_OFF:
                return self._back_off(code, claimed_at, now)
            case _:
                return _FINAL[code.policy](code)

    def _again(self, no: int, now: float) -> Decision:
        tried = self._tries[no] = self._tries.get(no, 0) + 1
        if tried >= TRIES:
            return Decision(state=State.REJECTED, cause=encode(RunReason.TRIED, count=tried))
        wait = self.waits.again[tried - 1]
        cause = encode(RunReason.TRIED_AGAIN_IN, seconds=wait)
        return Decision(state=State.PLANNED, cause=cause, again_at=now + wait)

    def _again_or_pause(self, no: int, code: Code, now: float) -> Decision:
        self._failing.add(no)
        if len(self._failing) >= IN_A_ROW:
            self._failing.clear()
            pause = encode(RunReason.GATEWAY_CODE_IN_A_ROW, code=nested(_pause_reason(code)))
            return Decision(state=State.PLANNED, cause=meaning(code), pause=pause)
        return self._again(no, now)

    def _back_off(self, code: Code, claimed_at: float, now: float) -> Decision:
        if self._recharging_since is None:
            self._recharging_since = now
        if now - self._recharging_since >= self.waits.give_up:
            return Decision(state=State.PLANNED, cause=meaning(code), pause=_pause_reason(code))
        if claimed_at >= self._held_until:
            wait = self.waits.back_off[min(self._back_offs, len(self.waits.back_off) - 1)]
            spread = wait * self.waits.jitter
            self._held_until = now + wait + self.jitter.uniform(-spread, spread)
            self._back_offs += 1
        return Decision(state=State.PLANNED, cause=meaning(code), hold_until=self._held_until)


_FINAL: Final[dict[Policy, Callable[[Code], Decision]]] = {
    Policy.ACCEPT: lambda _code: Decision(state=State.ACCEPTED),
    Policy.REJECT: lambda _: Decision(state=State.REJECTED),
    Policy.PAUSE: lambda code: Decision(state=State.PLANNED, cause=meaning(code), pause=_pause_reason(code)),
    Policy.REJECT_AND_PAUSE: lambda code: Decision(state=State.REJECTED, pause=_pause_reason(code)),
}
"""Decisions that do not depend on earlier outcomes."""


def _pause_reason(code: Code) -> str:
    """The code with its meaning, the vendor's words, and what to do about it."""
    words, todo = message(code.english), message(code.todo)
    if code.korean:
        return encode(RunReason.GATEWAY_CODE, number=code.number, words=words, vendor=code.korean, todo=todo)
    return encode(RunReason.GATEWAY_CODE_UNLISTED, number=code.number, words=words, todo=todo)


def _detail(outcome: Outcome) -> Parameter:
    return nested(outcome.detail or "")
