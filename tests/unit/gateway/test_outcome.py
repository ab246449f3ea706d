"""What an answer of the gateway means."""

from __future__ import annotations

import pytest

from campaign.gateway.outcome import Fate, read_answer


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, '{"resultCode": 0, "message": "전송 성공", "requestNo": "123456", "msgType": "SMS"}', 0),
        (200, '{"resultCode": "0", "message": "전송 성공", "requestNo": 123456, "msgType": "SMS"}', 0),
        (200, '{"resultCode": " 14 "}', 14),
        (403, '{"resultCode": 15}', 15),
        (500, '{"resultCode": 0}', 0),
        (200, '{"resultCode": 999}', 999),
        (200, '{"resultCode": -1}', -1),
    ],
)
def test_a_whole_number_code_decides_whatever_the_http_status(status: int, body: str, code: int) -> None:
    outcome = read_answer(status, body.encode())
    assert (outcome.fate, outcome.code) == (Fate.ANSWERED, code)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "Forbidden",
        "<html>502</html>",
        "[]",
        "0",
        "null",
        "{}",
        '{"resultCode": null}',
        '{"resultCode": true}',
        '{"resultCode": 0.0}',
        '{"resultCode": 1.5}',
        '{"resultCode": "0.0"}',
        '{"resultCode": ""}',
        '{"resultCode": "OK"}',
        '{"resultCode": [0]}',
        '{"resultCode": 0',
        '{"resultCode": 99999999999999}',
        "\udcff",
    ],
)
def test_anything_else_is_unknown(body: str) -> None:
    outcome = read_answer(200, body.encode("utf-8", "surrogateescape"))
    assert (outcome.fate, outcome.code) == (Fate.UNKNOWN, None)
    assert outcome.detail is not None
    assert outcome.detail.startswith("HTTP 200 with")


def test_the_answers_words_are_kept() -> None:
    outcome = read_answer(200, '{"resultCode":0,"message":"전송 성공","requestNo":"77","msgType":"LMS"}'.encode())
    assert (outcome.message, outcome.request_no, outcome.msg_type, outcome.accepted) == ("전송 성공", "77", "LMS", True)
