"""The outcome of one attempt to send. What an answer means is decided here and nowhere else."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from campaign.gateway.result_codes import GUESSES
from campaign.model import MsgType
from campaign.model.reasons import decode, encode, is_encoded
from campaign.model.run_reasons import RunReason


class Fate(StrEnum):
    """What is known after an attempt."""

    NOT_SENT = "not_sent"  # not one byte of the request was handed to the socket
    ANSWERED = "answered"  # the gateway answered a whole-number code
    UNKNOWN = "unknown"  # anything else: the message may have been delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one attempt. Without a code, `detail` has what was seen instead, as `reasons.encode` stores it.

    `guess` is the probable meaning of an answer without a code, if public clients of the gateway have seen the same
    answer. It does not come from the vendor and decides nothing about the request. All texts are sanitized here.
    """

    fate: Fate
    code: int | None = None
    message: str | None = None
    request_no: str | None = None
    msg_type: str | None = None
    detail: str | None = None
    guess: str | None = None

    def __post_init__(self) -> None:
        if self.detail is not None:
            object.__setattr__(self, "detail", _sanitize_reason(self.detail))
        for name in ("message", "request_no", "msg_type"):
            text = getattr(self, name)
            if text is not None and not (text.isprintable() and len(text) <= LONGEST):
                object.__setattr__(self, name, sanitize(text))


LONGEST: Final = 500
"""Characters that are kept of a text from outside, at most. Those of a real answer are about 50."""

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,8}")
_BARE: Final = re.compile(rb'\s*"?(00|202|206)"?\s*')  # the keys of `GUESSES`


def sanitize(text: str) -> str:
    """`text` from outside, made safe to store and to show.

    Other spaces, line ends and tabs become spaces; halves of surrogate pairs and other unprintable characters become
    U+FFFD. A text longer than `LONGEST` is cut and ends in "…".
    """
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in cut)


def _sanitize_reason(reason: str) -> str:
    """A reason from `reasons.encode` with its texts made safe; as text, a sentence."""
    if not is_encoded(reason):
        return sanitize(reason)
    [(code, parameters)] = decode(reason)
    safe = {name: sanitize(value) if isinstance(value, str) else value for name, value in parameters.items()}
    return encode(RunReason(code), **safe)


def read_answer(status: int, body: bytes) -> Outcome:
    """The outcome that an answer of the gateway stands for.

    A whole-number `resultCode` decides, as a number or as a string of digits, with any HTTP status. Without one, or if
    the answer is ambiguous (a key occurs twice, a value is not JSON), the gateway may have accepted the request: the
    outcome is unknown. Source: gateway.md, "What it leaves open".
    """
    answer, doubt = _parse(status, body)
    code = _whole_number(answer.get("resultCode"))
    if code is None or doubt:
        return _unreadable(status, body, answer, doubt=doubt)
    return Outcome(
        fate=Fate.ANSWERED,
        code=code,
        message=_words(answer.get("message")),
        request_no=_words(answer.get("requestNo")),
        msg_type=_type(_words(answer.get("msgType"))),
    )


def _parse(status: int, body: bytes) -> tuple[dict[str, Any], str | None]:
    """The fields of the answer that occur once, and the reason why it is ambiguous, if it is."""
    doubts: list[str] = []

    def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(name for name, _ in pairs)
        twice = [name for name, count in counts.items() if count > 1]
        doubts.append(encode(RunReason.ANSWER_KEY_TWICE, status=status, name=twice[0]))
        return {name: value for name, value in found.items() if counts[name] == 1}

    def refuse_constant(word: str) -> None:
        doubts.append(encode(RunReason.ANSWER_NOT_JSON, status=status, word=word))

    try:
        answer = json.loads(body, object_pairs_hook=fields, parse_constant=refuse_constant)
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
    """A message type as the vendor spells it; any other word unchanged."""
    spelled = (word or "").strip().upper()
    return spelled if spelled in MsgType.__members__ else word


def _unreadable(status: int, body: bytes, answer: dict[str, Any], *, doubt: str | None) -> Outcome:
    """The outcome of an answer without a code; its request number is kept, for questions to the vendor."""
    bare = _BARE.fullmatch(body)
    word = bare[1].decode() if bare else None
    number = None if doubt or "resultCode" in answer else _whole_number(answer.get("code"))
    if word is not None:
        seen = encode(RunReason.ANSWER_WORD_ALONE, status=status, word=word)
    elif number in (202, 206):
        word = str(number)
        seen = encode(RunReason.ANSWER_OTHER_CODE, status=status, code=word)
    elif doubt is not None:
        seen = doubt
    elif body.strip():
        seen = encode(RunReason.ANSWER_WITHOUT_CODE, status=status, count=len(body))
    else:
        seen = encode(RunReason.ANSWER_EMPTY, status=status)
    return Outcome(
        fate=Fate.UNKNOWN,
        request_no=_words(answer.get("requestNo")),
        detail=seen,
        guess=None if word is None else GUESSES[word],
    )
