"""The gateway's clock, as the `Date` header tells it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from campaign.gateway.server_time import read_date

ONE = datetime(2026, 12, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul"])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Tue, 01 Dec 2026 01:00:00 GMT", ONE),
        ("Tue, 01 Dec 2026 10:00:00 +0900", ONE),
        ("Tue, 01 Dec 2026 01:00:00 -0000", ONE),
        ("yesterday", None),
        ("Tue, 99 Dec 2026 01:00:00 GMT", None),
        ("Tue, 01 Dec 99999999999 01:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_the_date_header_is_read_as_utc_in_any_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, zone: str, header: str | None, expected: datetime | None
) -> None:
    with monkeypatch.context() as machine:
        machine.setenv("TZ", zone)
        time.tzset()
        assert read_date(header) == expected
    time.tzset()
