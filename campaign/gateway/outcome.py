"""What one attempt to send came to. What an answer means is decided here and nowhere else."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Final

from campaign.gateway.result_codes import ACCEPTED, GUESSES
from campaign.model import MsgType


class Fate(StrEnum):
    """The three things that can be known after an attempt."""

    NOT_SENT = "not_sent"  # not one byte of the request was handed to the socket
    ANSWERED = "answered"  # a whole-number code came back
    UNKNOWN = "unknown"  # anything else: it may have been delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of one attempt; `detail` says in words what was seen where there is no code.

    `guess` is what an answer without a code probably means, where public clients of the gateway have seen the like:
    it is not the vendor's word, and decides nothing about the request. Texts are sanitized here, whoever made them.
    """

    fate: Fate
    code: int | None = None
    message: str | None = None
    request_no: str | None = None
    msg_type: str | None = None
    detail: str | None = None
    guess: str | None = None
    date: str | None = field(default=None, compare=False, repr=False)  # the answer's Date header, as it came

    def __post_init__(self) -> None:
        for name in ("message", "request_no", "msg_type", "detail"):
            text = getattr(self, name)
            if text is not None and not (text.isprintable() and len(text) <= LONGEST):
                object.__setattr__(self, name, sanitize(text))

    @property
    def accepted(self) -> bool:
        """Whether the gateway took the request."""
        return self.code == ACCEPTED

    @property
    def server_time(self) -> datetime | None:
        """The gateway's clock when it answered, in UTC, to the second; None where it did not tell."""
        try:
            time = parsedate_to_datetime(self.date or "")
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


LONGEST: Final = 500
"""Characters of a text from outside that are kept, at most. A real answer's words are about 50."""

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,8}")
_BARE: Final = re.compile(rb'\s*"?(00|202|206)"?\s*')  # the keys of `GUESSES`


def sanitize(text: str) -> str:
    """`text` from outside, so that it can be stored and shown anywhere.

    Other spaces, line ends and tabs become spaces; halves of surrogate pairs and what else cannot be printed become
    U+FFFD; what is longer than `LONGEST` is cut, and ends in "…" so that nobody takes it for the whole.
    """
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in cut)


def read_answer(status: int, body: bytes, date: str | None = None) -> Outcome:
    """What the gateway's answer means; `date` is its Date header.

    A whole-number `resultCode` decides, be it a number or its digits as a
    string, whatever the HTTP status is. Where there is none, or where the
    answer can be read in two ways (a key that occurs twice, what is no JSON),
    the request may or may not have been taken. Source: gateway.md, "What it
    leaves open".
    """
    answer, doubt = _parse(body)
    code = _whole_number(answer.get("resultCode"))
    if code is None or doubt:
        return _unreadable(status, body, answer, doubt=doubt, date=date)
    return Outcome(
        fate=Fate.ANSWERED,
        code=code,
        message=_words(answer.get("message")),
        request_no=_words(answer.get("requestNo")),
        msg_type=_type(_words(answer.get("msgType"))),
        date=date,
    )


def _parse(body: bytes) -> tuple[dict[str, Any], str | None]:
    """The fields of the answer without those that occur twice, and why it cannot be read in one way only."""
    doubts: list[str] = []

    def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(name for name, _ in pairs)
        twice = [name for name, count in counts.items() if count > 1]
        doubts.append(f"{twice[0]!r} twice")
        return {name: value for name, value in found.items() if counts[name] == 1}

    def no_number(word: str) -> None:
        doubts.append(f"{word}, which is not JSON")

    try:
        answer = json.loads(body, object_pairs_hook=fields, parse_constant=no_number)
    except (ValueError, RecursionError):
        return {}, None
    return (answer if isinstance(answer, dict) else {}), next(iter(doubts), None)


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(10**9) < value < 10**9 else None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


def _words(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _type(word: str | None) -> str | None:
    """A message type as the vendor spells it; what is none of them, as it came."""
    spelled = (word or "").strip().upper()
    return spelled if spelled in MsgType.__members__ else word


def _unreadable(status: int, body: bytes, answer: dict[str, Any], *, doubt: str | None, date: str | None) -> Outcome:
    """The outcome of an answer that gives no code; its request number is kept, to ask the vendor with."""
    bare = _BARE.fullmatch(body)
    word = bare[1].decode() if bare else None
    number = None if doubt or "resultCode" in answer else _whole_number(answer.get("code"))
    if word is not None:
        seen = f"{word} as the whole answer"
    elif number in (202, 206):
        word, seen = str(number), f'"code" {number} in place of a result code'
    elif doubt is not None:
        seen = f"an answer that is not clear: it has {doubt}"
    else:
        seen = f"{len(body):,} bytes without a result code" if body.strip() else "an empty body"
    return Outcome(
        fate=Fate.UNKNOWN,
        request_no=_words(answer.get("requestNo")),
        detail=f"HTTP {status} with {seen}",
        guess=None if word is None else GUESSES[word],
        date=date,
    )
