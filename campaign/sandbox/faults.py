"""Faults: failures that are injected into send requests, by name, in the order in which they were set."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what the client sees, and whether the gateway accepted the request.

    Attributes:
        name: the name in commands and scripts.
        accepts: the message is accepted (if the rules allow it) although the answer is faulty: a client that sends
            it again has sent it twice, and `repeats` shows that.
        tells: the answer has a result code.
        meaning: what happens, in English.
    """

    name: str
    accepts: bool
    tells: bool
    meaning: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("code", True, True, "answered with the code given as `code`; 0 leaves the answer to the rules"),
        Kind("hang_up_before_read", False, False, "closed before the body is read; not recorded as received"),
        Kind("hang_up_after_read", False, False, "read completely, not accepted, closed without an answer"),
        Kind("accept_then_hang_up", True, False, "accepted, closed without an answer"),
        Kind("accept_then_reset", True, False, "accepted, then the connection is reset (TCP RST)"),
        Kind("accept_then_stall", True, False, "accepted, never answered, the connection stays open"),
        Kind("drip", True, True, "accepted; the answer comes a byte a second, for ten minutes"),
        Kind("html_502", True, False, "accepted, but a proxy answers 502 with a page of HTML"),
        Kind("forbidden_403", False, False, "not accepted; 403 with the plain text `Forbidden`"),
        Kind("empty_body", True, False, "accepted; 200 with nothing in it"),
        Kind("not_json", True, False, "accepted; 200 with a PHP warning where the JSON should be"),
        Kind("string_code", True, True, "accepted; the answer has its resultCode as a string"),
        Kind("redirect_307", False, False, "not accepted; redirected to the same sandbox under another host name"),
        Kind("huge_answer", True, True, "accepted; the answer is a JSON string of 256 MiB"),
    )
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """A fault that is set.

    Attributes:
        kind: the kind of fault.
        times: number of requests that it will still affect.
        after: number of send requests that come first; every send request that arrives counts.
        code: the result code, only for the kind `code`.
        probability: the probability that a request is affected; 1 by default.
    """

    kind: Kind
    times: int = 1
    after: int = 0
    code: int | None = None
    probability: float = 1.0

    @classmethod
    def read(cls, given: object) -> "Fault":
        """Read `{"fault": NAME, "times": n, "after": n, "code": n, "probability": p}`; only the name is required.

        Raises:
            ValueError: the message says what is wrong and what was expected.
        """
        name = given.get("fault") if isinstance(given, Mapping) else None
        if name is None or not isinstance(given, Mapping):
            raise ValueError(f'a fault must be an object with at least a name, {{"fault": NAME}}, not {given!r}')
        if unknown := given.keys() - {"fault", "times", "after", "code", "probability"}:
            raise ValueError(f"unknown keys in a fault: {', '.join(sorted(map(str, unknown)))}")
        if not isinstance(name, str) or name not in KINDS:
            raise ValueError(f"no such fault: {name!r}; expected one of {', '.join(KINDS)}")
        return cls(
            kind=KINDS[name],
            times=_whole(given, "times", default=1, least=1),
            after=_whole(given, "after", default=0, least=0),
            code=_code(given),
            probability=_probability(given),
        )

    def describe(self) -> dict[str, Any]:
        """Return the fault in the form of `read`, with the remaining `times` and `after`."""
        described: dict[str, Any] = {"fault": self.kind.name, "times": self.times, "after": self.after}
        if self.code is not None:
            described["code"] = self.code
        if self.probability < 1:
            described["probability"] = self.probability
        return described


def _whole(given: Mapping[str, Any], key: str, *, default: int, least: int) -> int:
    value = given.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f'"{key}" must be a whole number of at least {least}, not {value!r}')
    return value


def _code(given: Mapping[str, Any]) -> int | None:
    if given["fault"] == "code":
        if "code" not in given:
            raise ValueError('the fault "code" needs a "code": the result code to answer with')
        return _whole(given, "code", default=0, least=0)
    if "code" in given:
        raise ValueError(f'"code" is allowed only for the fault "code", not for {given["fault"]!r}')
    return None


def _probability(given: Mapping[str, Any]) -> float:
    value = given.get("probability", 1.0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
        raise ValueError(f'"probability" must be a number above 0 and up to 1, not {value!r}')
    return float(value)


class Faults:
    """The faults that are set, oldest first."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._set: list[Fault] = []

    def add(self, faults: list[Fault]) -> None:
        """Add faults after those that are set."""
        self._set.extend(faults)

    def clear(self) -> None:
        """Remove all faults."""
        self._set.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults that are still set, in the form of `Fault.read`."""
        return [fault.describe() for fault in self._set]

    def draw(self) -> Fault | None:
        """Return the fault that affects the send request that has just arrived, or None; a request gets at most one."""
        drawn = next((fault for fault in self._set if self._affects(fault)), None)
        for fault in self._set:
            fault.after = max(0, fault.after - 1)
        if drawn is not None:
            drawn.times -= 1
            self._set = [fault for fault in self._set if fault.times]
        return drawn

    def _affects(self, fault: Fault) -> bool:
        return not fault.after and (fault.probability == 1 or self._random.random() < fault.probability)
