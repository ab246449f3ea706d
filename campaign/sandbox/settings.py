"""What the sandbox is started with."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from campaign.sandbox.faults import Fault
from campaign.sandbox.keys import Keys

DEFAULT_PORT = 8025

_LATENCY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s)")
_SEPARATORS = re.compile(r"[:,]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the sandbox behaves.

    Attributes:
        host: the address to listen on; a loopback address by default.
        port: the TCP port, 0 for any that is free.
        latency: seconds between a request's arrival and its answer, at least.
        seed: makes the numbering and the faults' chances repeatable.
        ledger: the SQLite file to record in; none for memory.
        rate: requests a second above which requests are refused; none for no limit.
        senders: the registered senders, digits only; none for any.
        faults: those set from the beginning.
        keys: what the `Secret` header has to show.
        until_stdin_closes: end when standard input does.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    latency: float = 0.0
    seed: int | None = None
    ledger: Path | None = None
    rate: float | None = None
    senders: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()
    keys: Keys = field(default_factory=Keys)
    until_stdin_closes: bool = False


def read_latency(written: str) -> float:
    """Read `50ms` or `0.05s` as seconds.

    Raises:
        ValueError: it is neither.
    """
    if not (match := _LATENCY.fullmatch(written.strip())):
        raise ValueError(f"a latency is written 50ms or 0.05s, not {written!r}")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def read_rate(written: str) -> float:
    """Read a number of requests a second.

    Raises:
        ValueError: it is not a number over 0.
    """
    rate = float(written)
    if not 0 < rate < float("inf"):
        raise ValueError(f"a rate is a number over 0, not {written!r}")
    return rate


def read_sender(written: str) -> str:
    """Read a sender's number, with or without hyphens, as digits.

    Raises:
        ValueError: it is not a number.
    """
    number = written.replace("-", "")
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"a sender is a number such as 02-1234-5678, not {written!r}")
    return number


def read_fault(written: str) -> Fault:
    """Read a fault as the command line spells it: `NAME[:code=13][,times=2][,after=1][,probability=0.1]`.

    Raises:
        ValueError: the words say what is wrong and what was expected.
    """
    name, *rest = _SEPARATORS.split(written)
    given: dict[str, object] = {"fault": name}
    for part in rest:
        key, separator, value = part.partition("=")
        if not separator:
            raise ValueError(f"expected NAME[:code=13][,times=n][,after=n], not {written!r}")
        given[key] = _number(value)
    return Fault.read(given)


def _number(written: str) -> object:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written
