"""What is found of messages that would go in the hours of `night`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign.messages.advertising import Finding, Rule, Severity
from campaign.model import schema
from campaign.model.reasons import Reason, encode
from campaign.model.times import format_time
from campaign.timing import night

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def check_span(start: datetime, end: datetime | None = None) -> list[Finding]:
    """What is found of a sending that starts at `start` and is projected to be done at `end`, of any zones."""
    if night.is_night(start):
        return [
            _finding(encode(Reason.NIGHT_AT_START, start=format_time(start), next=format_time(night.next_day(start))))
        ]
    if end is not None and end >= night.next_night(start):
        return [
            _finding(encode(Reason.NIGHT_BEFORE_END, end=format_time(end), night=format_time(night.next_night(start))))
        ]
    return []


def reserved(dates: Sequence[str | None] | pd.Series) -> np.ndarray:
    """Which reservations, as the table holds them (yyyy-MM-dd HH:mm:ss in Asia/Seoul, or missing), lie in the night."""
    hours = pd.Series(dates, dtype=schema.TEXT).str.slice(11, 13)
    flags: np.ndarray = hours.isin(night.HOURS).to_numpy(dtype=bool)
    return flags


def check_reservations(dates: Sequence[str | None] | pd.Series) -> list[Finding]:
    """What is found of reservations, as `reserved` takes them."""
    flags = reserved(dates)
    return [_finding(encode(Reason.NIGHT_RESERVED), flags)] if flags.any() else []


def _finding(reason: str, texts: np.ndarray | None = None) -> Finding:
    return Finding(Rule.NIGHT, Severity.ERROR, reason, np.zeros(0, dtype=bool) if texts is None else texts)
