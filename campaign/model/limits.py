"""The gateway's limits, each with its unit. Source: the vendor's document, api.ko.txt, and gateway.md beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

RECIPIENTS: Final = 1_000
"""Recipients of a request, at most (code 44)."""

SMS_BYTES: Final = 90
"""CP949 bytes of an SMS or GSMS text, at most; a longer text goes as LMS."""

LMS_BYTES: Final = 2_000
"""CP949 bytes of an LMS or MMS text, at most (code 21)."""

TITLE_BYTES: Final = 40
"""CP949 bytes of a title, at most (code 23)."""

TITLE_MARKS: Final = "[]()<> "
"""Characters of a title besides Hangul, English letters and digits (code 22). The space is our reading: gateway.md."""

IMAGE_BYTES: Final = 100_000
"""Bytes of a JPG, at most (code 31): the smaller reading of "100 KB", which holds for both."""

RESERVE_FROM: Final = timedelta(minutes=15)
"""The earliest reservation, from now (code 42). The latest is `timing.reservation.a_month_after`."""
