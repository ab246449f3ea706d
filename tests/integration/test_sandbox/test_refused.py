"""Every limit of the vendor's document, broken by a request that really breaks it."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.integration.test_sandbox.caller import JPEG, REFUSED, Caller, numbers

SEOUL = timezone(timedelta(hours=9))
BOTH = pytest.mark.parametrize("edition", ["v1", "v2"])


def ahead(**time: float) -> str:
    return f"{datetime.now(SEOUL) + timedelta(**time):%Y-%m-%d %H:%M:%S}"


@BOTH
@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"version": None}, 1, "메시지가 전송되지 않았습니다."),
        ({"version": 1.0}, 1, "메시지가 전송되지 않았습니다."),
        ({"text": None}, 1, "메시지가 전송되지 않았습니다."),
        ({"text": 3}, 1, "메시지가 전송되지 않았습니다."),
        ({"sender": None}, 13, "등록되지 않은 발신번호입니다."),
        ({"sender": "1234"}, 13, "등록되지 않은 발신번호입니다."),
        ({"text": "가" * 1000 + "a"}, 21, "장문 메시지는 2000 Bytes까지만 입력이 가능합니다."),
        ({"text": "😀" + "a" * 1999}, 21, "장문 메시지는 2000 Bytes까지만 입력이 가능합니다."),
        (
            {"title": "50% 할인"},
            22,
            "제목 입력 가능 문자 : 한글, 영어, 숫자 허용된 특수문자는 [ ] ( ) < > 입니다.",
        ),
        (
            {"title": "두 줄\n제목"},
            22,
            "제목 입력 가능 문자 : 한글, 영어, 숫자 허용된 특수문자는 [ ] ( ) < > 입니다.",
        ),
        ({"title": "가" * 20 + "a"}, 23, "제목은 40 Byte까지만 입력이 가능합니다."),
        ({"to": None}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": []}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": [""]}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": ["01023456789", ""]}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": [1023456789]}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": ["1023456789"]}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": ["01023456789\n01023456780"]}, 41, "수신 번호를 입력하여 주세요."),
        ({"to": {"0": "01023456789"}}, 41, "수신 번호를 입력하여 주세요."),
        ({"date": "2026-12-01"}, 43, "날짜와 시간 표현 형식(예: 2015-09-02 14:17:03)에 맞춰 입력하여 주십시오."),
        (
            {"date": "2026-02-30 10:00:00"},
            43,
            "날짜와 시간 표현 형식(예: 2015-09-02 14:17:03)에 맞춰 입력하여 주십시오.",
        ),
        ({"date": 20261201}, 43, "날짜와 시간 표현 형식(예: 2015-09-02 14:17:03)에 맞춰 입력하여 주십시오."),
        ({"to": numbers(1_001)}, 44, "최대 1000건 전송 가능합니다."),
    ],
)
def test_what_breaks_a_rule_is_answered_with_its_code_in_the_vendors_words(
    sandbox: Caller, edition: str, fields: dict[str, Any], code: int, words: str
) -> None:
    assert sandbox.send(edition, **fields) == {"resultCode": code, "message": words, **REFUSED}
    assert sandbox.stats() == {"requests": 1, "accepted": 0, "recipients": 0, "repeats": 0}


@BOTH
@pytest.mark.parametrize(
    "date", [{"minutes": 14}, {"days": 32}, {"days": -1}], ids=["too soon", "over a month", "in the past"]
)
def test_a_reservation_outside_15_minutes_to_a_month_is_42(
    sandbox: Caller, edition: str, date: dict[str, float]
) -> None:
    answer = sandbox.send(edition, date=ahead(**date))

    assert answer["resultCode"] == 42
    assert answer["message"] == "예약 전송은 현재 시간 15분 이후 한달 이전까지만 가능"


@BOTH
@pytest.mark.parametrize(
    ("image", "code", "words"),
    [
        (("poster.jpg", JPEG.ljust(100_001, b"x")), 31, "파일 업로드는 100KB까지 가능합니다."),
        (("poster.png", JPEG), 32, "허용되지 않는 파일 확장자입니다."),
        (("poster.jpg", b"\x89PNG\r\n\x1a\n"), 32, "허용되지 않는 파일 확장자입니다."),
        (("poster.jpg", b""), 33, "이미지 업로드에 실패했습니다."),
        (None, 33, "이미지 업로드에 실패했습니다."),
    ],
    ids=["100,001 bytes", "png by name", "png by content", "empty", "missing"],
)
def test_an_image_that_breaks_a_rule_is_refused(
    sandbox: Caller, edition: str, image: tuple[str, bytes] | None, code: int, words: str
) -> None:
    assert sandbox.send_mms(edition, image=image) == {"resultCode": code, "message": words, **REFUSED}


@BOTH
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": None}, 22),  # the document marks the title of an MMS as required
        ({"title": "가" * 20 + "a"}, 23),
        ({"text": "가" * 1000 + "a"}, 21),
        ({"to": None}, 41),
        ({"to": ""}, 41),
        ({"to": "0=01023456789&1="}, 41),
        ({"to": "&".join(f"{place}={number}" for place, number in enumerate(numbers(1_001)))}, 44),
        ({"date": "tomorrow"}, 43),
        ({"version": None}, 1),
    ],
)
def test_an_mms_keeps_the_same_limits(sandbox: Caller, edition: str, fields: dict[str, Any], code: int) -> None:
    assert sandbox.send_mms(edition, **fields)["resultCode"] == code


@pytest.mark.parametrize(
    ("edition", "fields", "code"),
    [
        ("v2", {"text": "a" * 91}, 21),  # there is no international LMS
        ("v2", {"to": ["+819012345678"]}, 41),
        ("v2", {"title": "Title"}, 1),
        ("v1", {}, 1),  # not offered there
    ],
)
def test_an_international_message_has_limits_of_its_own(
    sandbox: Caller, edition: str, fields: dict[str, Any], code: int
) -> None:
    given = {"to": ["819012345678"], "msgType": "GSMS"} | fields

    assert sandbox.send(edition, **given)["resultCode"] == code


@pytest.mark.parametrize(
    "secret",
    [None, "", "not base64!", b64encode(b"no-separator").decode(), b64encode(b"&auth").decode(), "=="],
)
def test_a_secret_that_is_missing_or_malformed_is_14(sandbox: Caller, secret: str | None) -> None:
    answer = Caller(sandbox.url, secret).send(text="")

    assert answer == {"resultCode": 14, "message": "인증 요청이 올바르지 않습니다.", **REFUSED}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b'"text"', "application/json"),
        (b"{}", "text/plain"),
        (b"version=1.0", "application/x-www-form-urlencoded"),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
    ],
)
def test_a_body_that_cannot_be_read_is_1_and_is_on_record_with_the_reason(
    sandbox: Caller, content: bytes, content_type: str
) -> None:
    assert sandbox.post(content, content_type=content_type).json()["resultCode"] == 1
    (request,) = sandbox.get("requests")
    assert request["code"] == 1
    assert request["why"]


@pytest.mark.parametrize("code", [1, 11, 12, 13, 15, 21, 50, 99])
def test_a_magic_recipient_decides_the_code_each_time(sandbox: Caller, code: int) -> None:
    to = ["01023456789", f"010-0000-1{code:03}"]

    assert [sandbox.send(to=to)["resultCode"] for _ in range(2)] == [code, code]
    assert sandbox.send_mms(to=f"0=01023456789&1=0100000{1000 + code}")["resultCode"] == code
    assert sandbox.stats()["accepted"] == 0


def test_a_magic_recipient_of_0_and_numbers_beside_it_are_ordinary(sandbox: Caller) -> None:
    assert sandbox.send(to=["010-0000-1000", "010-0000-0013", "010-0000-2013"])["resultCode"] == 0


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v2/send/"), ("POST", "/api/v2/send"), ("POST", "/other")])
def test_only_a_post_to_the_vendors_paths_is_a_send_request(sandbox: Caller, method: str, path: str) -> None:
    import requests

    assert requests.request(method, sandbox.url + path, timeout=5).status_code in (404, 405)
    assert sandbox.stats()["requests"] == 0
