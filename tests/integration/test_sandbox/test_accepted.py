"""What the vendor's document allows is accepted, in both editions and all four types."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.test_sandbox.caller import JPEG, Caller, numbers

if TYPE_CHECKING:
    from collections.abc import Callable

SEOUL = timezone(timedelta(hours=9))
BOTH = pytest.mark.parametrize("edition", ["v1", "v2"])


@BOTH
@pytest.mark.parametrize(
    ("fields", "msg_type"),
    [
        ({}, "SMS"),
        ({"text": "가" * 45}, "SMS"),  # 90 bytes
        ({"text": "가" * 45 + "a"}, "LMS"),  # 91
        ({"text": "a" * 88 + "\nb"}, "SMS"),  # a newline is one byte
        ({"text": "뷁" * 45}, "SMS"),  # rare syllables are two bytes as well
        ({"text": "한글" * 500}, "LMS"),  # 2,000
        ({"title": "제목"}, "LMS"),
        ({"title": ""}, "SMS"),
        ({"title": "가" * 20}, "LMS"),  # 40 bytes
        ({"title": "[A] (b) <3> 한글"}, "LMS"),
        ({"to": ["01023456789", "010-2345-6780"]}, "SMS"),
        ({"to": numbers(1_000)}, "SMS"),
        ({"date": "null"}, "SMS"),
        ({"date": ""}, "SMS"),
        ({"sender": "15881234"}, "SMS"),
        ({"text": "😀"}, "SMS"),  # nobody knows what the gateway makes of it; it is not refused
        ({"text": "\ud800"}, "SMS"),
    ],
)
def test_a_message_within_the_limits_is_accepted_as_its_type(
    sandbox: Caller, edition: str, fields: dict[str, Any], msg_type: str
) -> None:
    answer = sandbox.send(edition, **fields)

    assert answer == {
        "resultCode": 0,
        "message": "전송 성공",
        "requestNo": answer["requestNo"],
        "msgType": msg_type,
    }
    assert answer["requestNo"].isdigit()


@BOTH
@pytest.mark.parametrize("to", ["0=01023456789&1=010-2345-6780", "0=01023456789&1=01023456780&", "01023456789"])
def test_an_mms_takes_its_recipients_as_php_writes_them(sandbox: Caller, edition: str, to: str) -> None:
    assert sandbox.send_mms(edition, to=to)["msgType"] == "MMS"
    assert sandbox.get("deliveries", number="01023456789")[0]["msgType"] == "MMS"


@BOTH
@pytest.mark.parametrize("name", ["poster.jpg", "poster.JPG", "a.b.jpeg", "포스터.jpg"])
def test_an_mms_takes_a_jpeg_of_100_000_bytes(sandbox: Caller, edition: str, name: str) -> None:
    answer = sandbox.send_mms(edition, image=(name, JPEG.ljust(100_000, b"x")))

    assert (answer["resultCode"], answer["msgType"]) == (0, "MMS")


def test_php_sends_null_in_a_form_as_nothing_and_that_is_no_reservation(sandbox: Caller) -> None:
    assert sandbox.send_mms(date="")["resultCode"] == 0
    assert sandbox.get("deliveries")[0]["date"] is None


@pytest.mark.parametrize("to", [["819012345678"], ["12025550123"], ["01000000001", "01000000002"]])
def test_an_international_message_is_accepted_by_v2(sandbox: Caller, to: list[str]) -> None:
    assert sandbox.send(to=to, msgType="GSMS", text="a" * 90)["msgType"] == "GSMS"


def test_the_older_edition_also_takes_a_single_number_that_is_not_in_an_array(sandbox: Caller) -> None:
    assert sandbox.send("v1", to="010-2345-6789")["resultCode"] == 0
    assert sandbox.send("v2", to="010-2345-6789")["resultCode"] == 41


@BOTH
@pytest.mark.parametrize("send", [Caller.send, Caller.send_mms])
@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(days=27, hours=23)])
def test_a_reservation_from_15_minutes_to_a_month_ahead_is_accepted(
    sandbox: Caller, edition: str, send: Callable[..., dict[str, Any]], ahead: timedelta
) -> None:
    date = f"{datetime.now(SEOUL) + ahead:%Y-%m-%d %H:%M:%S}"

    assert send(sandbox, edition, date=date)["resultCode"] == 0
    assert sandbox.get("deliveries")[0]["date"] == date


def test_request_numbers_differ_and_go_up(sandbox: Caller) -> None:
    given = [int(sandbox.send()["requestNo"]) for _ in range(5)]

    assert sorted(set(given)) == given
