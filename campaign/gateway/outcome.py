"""What one attempt to send came to. What an answer means is decided here and nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from campaign.gateway.result_codes import ACCEPTED


class Fate(StrEnum):
    """The three things that can be known after an attempt."""

    NOT_SENT = "not_sent"  # not one byte of the request was handed to the socket
    ANSWERED = "answered"  # a whole-number code came back
    UNKNOWN = "unknown"  # anything else: it may have been delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of one attempt; `detail` says in words what was seen where there is no code."""

    fate: Fate
    code: int | None = None
    message: str | None = None
    request_no: str | None = None
    msg_type: str | None = None
    detail: str | None = None
    date: str | None = field(default=None, compare=False, repr=False)  # the answer's Date header, as it came

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


_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,9}")


def read_answer(status: int, body: bytes, date: str | None = None) -> Outcome:
    """What the gateway's answer means; `date` is its Date header.

    A whole-number `resultCode` decides, be it a number or its digits as a
    string, whatever the HTTP status is; without one the request may or may
    not have been taken. Source: gateway.md, "What it leaves open".
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return _unreadable(status, body, date)
    code = _whole_number(answer.get("resultCode")) if isinstance(answer, dict) else None
    if code is None:
        return _unreadable(status, body, date)
    return Outcome(
        fate=Fate.ANSWERED,
        code=code,
        message=_words(answer.get("message")),
        request_no=_words(answer.get("requestNo")),
        msg_type=_words(answer.get("msgType")),
        date=date,
    )


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(10**9) < value < 10**9 else None
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


def _words(value: object) -> str | None:
    return str(value)[:500] if isinstance(value, str | int) and value != "" else None


def _unreadable(status: int, body: bytes, date: str | None) -> Outcome:
    seen = "an empty body" if not body.strip() else f"{len(body):,} bytes without a result code"
    return Outcome(fate=Fate.UNKNOWN, detail=f"HTTP {status} with {seen}", date=date)
