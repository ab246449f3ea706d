"""Answers of the gateway's history and balance: what is taken from each, and what is refused."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from campaign.gateway.delivery_codes import classify, meaning
from campaign.gateway.history import HistoryDiffers, HistoryFailed, calls_for, read_balance, read_page, spans
from campaign.model import Delivery, MsgType

ROW: dict[str, Any] = {
    "requestNo": 241640246571,
    "companyid": "my-org",
    "msgType": "SMS",
    "phone": "010-2345-6789",
    "callback": "0212345678",
    "sendStatusCode": "06",
    "sendStatusMsg": "성공",
    "sendDate": "2026-02-01 15:22:40",
}
ANSWER: dict[str, Any] = {"resultCode": 0, "message": "데이터가 조회되었습니다.", "totalCount": 1, "list": [ROW]}


def answer(**changed: Any) -> bytes:
    return json.dumps(ANSWER | changed).encode()


def with_row(**changed: Any) -> bytes:
    """The answer with its row changed; None leaves a field out."""
    row = {name: value for name, value in (ROW | changed).items() if value is not None}
    return answer(list=[row])


def test_the_sample_that_two_clients_show_is_read() -> None:
    page = read_page(200, answer(), "my-org")

    assert page.total == 1
    [row] = page.rows
    assert row == (
        *("241640246571", "01023456789", "0212345678", MsgType.SMS, "06", "성공"),
        datetime(2026, 2, 1, 15, 22, 40, tzinfo=timezone(timedelta(hours=9))),
    )


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        (with_row(requestNo="0241"), "request_no", "0241"),
        (with_row(sendStatusCode=None, sendStatus="대기"), "code", "대기"),
        (with_row(sendStatusCode=None, sendStatus="대기"), "words", "성공"),
        (with_row(sendStatusCode=6), "code", "6"),
        (with_row(sendStatusMsg="a\nb\x00"), "words", "a b�"),
        (with_row(sendDate=""), "sent_at", None),
        (with_row(sendDate=None), "sent_at", None),
        (with_row(msgType="lms"), "msg_type", "LMS"),
        (with_row(msgType="GSMS", phone="14155550123"), "phone", "14155550123"),
        (with_row(callback="15881234"), "sender", "15881234"),
        (with_row(companyid=None), "phone", "01023456789"),
        (answer(resultCode="0", totalCount="1"), "code", "06"),
    ],
)
def test_forms_that_clients_have_seen_are_read(body: bytes, field: str, value: object) -> None:
    [row] = read_page(200, body, "my-org").rows
    assert getattr(row, field) == value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"resultCode": 0, "resultCode": 0}', "twice"),
        (b'{"resultCode": 0, "totalCount": NaN, "list": []}', "not JSON"),
        (json.dumps({"code": 0, "totalCount": 0, "list": []}).encode(), "`resultCode` is missing"),
        (answer(resultCode=14, message="인증\n실패"), r"code 14 \(인증 실패\)"),
        (answer(resultCode=True), "`resultCode`"),
        (answer(resultCode=0.0), "`resultCode`"),
        (answer(totalCount=-1), "`totalCount`"),
        (answer(totalCount=1.0), "`totalCount`"),
        (answer(list=None), "`list`"),
        (answer(list={"0": ROW}), "`list`"),
        (answer(list=["x"]), "`list`"),
        (with_row(requestNo=None), "`requestNo`"),
        (with_row(requestNo=2.4e11), "`requestNo`"),
        (with_row(requestNo="2.4E+11"), "`requestNo`"),
        (with_row(requestNo="²41"), "`requestNo`"),
        (with_row(requestNo=-1), "`requestNo`"),
        (with_row(phone=None), "`phone`"),
        (with_row(phone=1023456789), "`phone`"),
        (with_row(phone="1023456789"), "`phone`"),
        (with_row(phone="1.0e11"), "`phone`"),
        (with_row(phone="010****6789"), "`phone`"),
        (with_row(callback=None), "`callback`"),
        (with_row(callback="212345678"), "`callback`"),
        (with_row(sendStatusCode=None, sendStatusMsg=None), "`sendStatusCode`"),
        (with_row(sendStatusCode=""), "`sendStatusCode`"),
        (with_row(sendStatusCode=["06"]), "`sendStatusCode`"),
        (with_row(msgType="RCS"), "`msgType`"),
        (with_row(msgType=None), "`msgType`"),
        (with_row(sendDate="2026-02-01T15:22:40"), "`sendDate`"),
        (with_row(sendDate=1769926960), "`sendDate`"),
        (with_row(companyid="other"), "another organisation"),
    ],
)
def test_an_answer_of_another_shape_is_refused_whole(body: bytes, words: str) -> None:
    with pytest.raises(HistoryDiffers, match=words) as caught:
        read_page(200, body, "my-org")
    assert "Nothing was changed" in str(caught.value)


@pytest.mark.parametrize("status", [404, 500, 502, 301])
def test_another_status_is_a_failure_of_the_moment(status: int) -> None:
    with pytest.raises(HistoryFailed, match=str(status)):
        read_page(status, answer(), "my-org")
    with pytest.raises(HistoryFailed, match=str(status)):
        read_balance(status, b"{}")


@pytest.mark.parametrize(
    ("body", "won"),
    [
        ({"resultCode": 0, "charge": 120_000}, 120_000),
        ({"code": 0, "charge": "120000.5"}, 120_000.5),
        ({"resultCode": "0", "charge": -40.0}, -40),
    ],
)
def test_the_balance_is_read(body: dict[str, Any], won: float) -> None:
    assert read_balance(200, json.dumps(body).encode()) == won


@pytest.mark.parametrize(
    "body",
    [
        {"charge": 1},
        {"resultCode": 14, "charge": 1},
        {"resultCode": 0},
        {"resultCode": 0, "charge": "12,000"},
        {"resultCode": 0, "charge": "1e5"},
        {"resultCode": 0, "charge": True},
        {"resultCode": 0, "charge": None},
        {"resultCode": 0, "charge": 1e999},
    ],
)
def test_a_balance_of_another_shape_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(HistoryDiffers):
        read_balance(200, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("msg_type", "code", "result"),
    [
        ("SMS", "06", "delivered"),
        ("SMS", "1000", "unclear"),
        ("LMS", "1000", "delivered"),
        ("MMS", "1000", "delivered"),
        ("LMS", "06", "unclear"),
        ("GSMS", "06", "unclear"),
        ("SMS", "WAIT", "waiting"),
        ("LMS", "0", "waiting"),
        ("SMS", "00", "waiting"),
        ("SMS", "대기", "waiting"),
        ("SMS", "처리중", "waiting"),
        ("SMS", "01", "unclear"),
        ("SMS", "07", "failed"),
        ("SMS", "7", "unclear"),
        ("SMS", "93", "failed"),
        ("LMS", "9013", "failed"),
        ("MMS", "3003", "failed"),
        ("SMS", "77", "unclear"),
        ("SMS", "성공", "unclear"),
    ],
)
def test_a_code_has_its_class(msg_type: str, code: str, result: str) -> None:
    assert classify(MsgType(msg_type), code) == Delivery(result)


def test_failures_are_explained_in_groups() -> None:
    assert meaning("07") == meaning("2001") == "the number is not in service or wrong"
    assert meaning("93") == meaning("9013") == "the number is on the refusal list"
    assert meaning("06") is None


def test_days_are_cut_into_spans_that_the_gateway_takes() -> None:
    days = list(spans(date(2026, 1, 1), date(2026, 7, 1)))

    assert days == [
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), date(2026, 6, 29)),
        (date(2026, 6, 30), date(2026, 7, 1)),
    ]
    assert all((last - first).days <= 90 for first, last in days)
    assert list(spans(date(2026, 1, 1), date(2026, 1, 1))) == [(date(2026, 1, 1), date(2026, 1, 1))]


def test_the_cost_of_reading_is_known_before() -> None:
    assert calls_for(100_000) == (101, 6_667)
    assert calls_for(0) == (1, 1)
