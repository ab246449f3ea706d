"""Shares, as a campaign file spells them: "3%"."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


def parse_share(words: str) -> float | None:
    """A share from "0%" to "100%" as a number from 0 to 1; None if it is written otherwise."""
    match = _WRITTEN.fullmatch(words)
    share = float(match[1]) / 100 if match else None
    return share if share is not None and share <= 1 else None
