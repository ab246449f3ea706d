"""The sandbox's settings, and how the command line and the environment spell them."""

import re
from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path

from campaign.sandbox.faults import Fault

DEFAULT_PORT = 8025

_LATENCY = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s)")
_SEPARATORS = re.compile(r"[:,]")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that the `Secret` header must contain: base64 of the API key, `&` and the auth key.

    Without expected keys, every header of that form is accepted.
    """

    expected: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Keys":
        """Return the keys in SANDBOX_API_KEY and SANDBOX_AUTH_KEY.

        Raises:
            ValueError: only one of the two is set.
        """
        api, auth = environment.get("SANDBOX_API_KEY", ""), environment.get("SANDBOX_AUTH_KEY", "")
        if bool(api) != bool(auth):
            raise ValueError("only one of SANDBOX_API_KEY and SANDBOX_AUTH_KEY is set; set both or neither")
        return cls(f"{api}&{auth}".encode() if api else None)

    def match(self, secret: bytes | None) -> bool:
        """Whether a `Secret` header (None if there is none) is accepted."""
        shown = _decode(secret or b"")
        if self.expected is not None:
            return compare_digest(shown, self.expected)
        api, separator, auth = shown.partition(b"&")
        return bool(api and separator and auth) and b"&" not in auth


def _decode(secret: bytes) -> bytes:
    try:
        return b64decode(secret, validate=True)
    except (NotBase64Error, ValueError):
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the sandbox behaves.

    Attributes:
        host: the address to listen on; a loopback address by default.
        port: the TCP port; 0 for any free port.
        latency: minimum number of seconds between a request's arrival and its answer.
        seed: makes the numbering and the probabilities of faults repeatable.
        ledger: the SQLite file for the received requests; None keeps them in memory.
        rate: requests a second above which requests are refused; None for no limit.
        senders: the registered senders, digits only; empty accepts any sender.
        faults: the faults that are set at the start.
        keys: the keys that the `Secret` header must contain.
        until_stdin_closes: end when standard input is closed.
        history: the organisation whose history and balance are served; None serves neither.
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
    history: str | None = None


def read_latency(written: str) -> float:
    """Read `50ms` or `0.05s` as seconds.

    Raises:
        ValueError: the text has another form.
    """
    if not (match := _LATENCY.fullmatch(written.strip())):
        raise ValueError(f"write a latency as 50ms or 0.05s, not as {written!r}")
    return float(match[1]) / (1000 if match[2] == "ms" else 1)


def read_rate(written: str) -> float:
    """Read a number of requests a second.

    Raises:
        ValueError: the text is not a number above 0.
    """
    rate = float(written)
    if not 0 < rate < float("inf"):
        raise ValueError(f"a rate must be a number above 0, not {written!r}")
    return rate


def read_sender(written: str) -> str:
    """Read a sender's number, with or without hyphens, as digits.

    Raises:
        ValueError: the text is not a phone number.
    """
    number = written.replace("-", "")
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"a sender must be a phone number such as 02-1234-5678, not {written!r}")
    return number


def read_fault(written: str) -> Fault:
    """Read a fault as the command line spells it: `NAME[:code=13][,times=2][,after=1][,probability=0.1]`.

    Raises:
        ValueError: the message says what is wrong and what was expected.
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
