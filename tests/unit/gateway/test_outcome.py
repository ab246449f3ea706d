"""What an answer of the gateway means."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.gateway.outcome import Fate, Outcome, read_answer, sanitize
from campaign.model import i18n
from campaign.model.sentences import sentence


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
        '{"resultCode": "00"}',
        '{"resultCode": "+0"}',
        '{"resultCode": "-0"}',
        '{"resultCode": "٠"}',
        '{"resultCode": NaN}',
        '{"resultCode": 0, "balance": NaN}',
        '{"resultCode": 0, "balance": -Infinity}',
        '{"resultCode": 0, "resultCode": 13}',
        '{"resultCode": 13, "resultCode": 0}',
        '{"resultCode": 0, "resultCode": 0}',
        '{"resultCode": 0, "message": "a", "message": "b"}',
        '{"resultCode": 0, "data": {"a": 1, "a": 2}}',
        '{"result": {"resultCode": 0}}',
        '[{"resultCode": 0}]',
        '{"resultCode": 0} {"resultCode": 13}',
        '{"resultcode": 0}',
        '{"code": 0}',
        '{"resultCode": null, "code": 206}',
        '{"resultCode": ' + "9" * 5_000 + "}",
        '{"a":' * 5_000,
        "\udcff",
    ],
)
def test_anything_else_is_unknown(body: str) -> None:
    outcome = read_answer(200, body.encode("utf-8", "surrogateescape"))
    assert (outcome.fate, outcome.code) == (Fate.UNKNOWN, None)
    assert outcome.detail is not None
    assert sentence(outcome.detail).startswith("HTTP 200 with")
    assert outcome.guess is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("202", "keys were rejected"),
        ("202\n", "keys were rejected"),
        ('"202"', "keys were rejected"),
        ('{"code": 202}', "keys were rejected"),
        ('{"code": 206, "message": "등록하지 않은 IP"}', "IP address is not registered"),
        ('{"code": "206"}', "IP address is not registered"),
        ("206", "IP address is not registered"),
        ("00", "older edition"),
        (" 00 ", "older edition"),
    ],
)
def test_what_public_clients_have_seen_is_unknown_with_a_guess_that_says_whose_it_is(body: str, words: str) -> None:
    outcome = read_answer(200, body.encode())
    assert (outcome.fate, outcome.code) == (Fate.UNKNOWN, None)
    assert outcome.guess is not None
    assert words in outcome.guess
    assert "The vendor's document does not list it" in outcome.guess


@pytest.mark.parametrize("body", ["0", "203", "2020", "000", '{"code": 205}', '{"code": 206, "code": 0}', "[202]"])
def test_what_nobody_has_seen_is_not_guessed_at(body: str) -> None:
    outcome = read_answer(200, body.encode())
    assert (outcome.fate, outcome.guess) == (Fate.UNKNOWN, None)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"resultCode": "OK", "requestNo": "77"}', "77"),
        ('{"resultCode": NaN, "requestNo": 77}', "77"),
        ('{"resultCode": 0, "resultCode": 13, "requestNo": "77"}', "77"),
        ('{"code": 206, "requestNo": "77"}', "77"),
        ('{"resultCode": true, "requestNo": true}', None),
        ('{"resultCode": null, "requestNo": "77", "requestNo": "78"}', None),
        ('{"requestNo": 7.5}', None),
    ],
)
def test_a_request_number_beside_an_unreadable_code_is_kept(body: str, kept: str | None) -> None:
    outcome = read_answer(200, body.encode())
    assert (outcome.fate, outcome.request_no) == (Fate.UNKNOWN, kept)


@given(st.text(st.characters(), max_size=700))  # halves of surrogate pairs and control characters, too
def test_a_text_from_outside_can_be_stored_and_shown_whatever_it_is(text: str) -> None:
    body = json.dumps({"resultCode": 0, "message": text, "requestNo": text, "msgType": text}).encode()
    outcome = read_answer(200, body)
    assert (outcome.fate, outcome.code) == (Fate.ANSWERED, 0)
    lost = Outcome(fate=Fate.UNKNOWN, detail=text).detail
    for kept in (outcome.message, outcome.request_no, outcome.msg_type, lost):
        assert kept is None or kept.isprintable()
        assert len((kept or "").encode()) <= 4 * 500
    if text and text.isprintable() and len(text) <= 500:
        assert outcome.message == text


def test_what_cannot_be_printed_is_replaced_and_what_is_cut_shows_it() -> None:
    assert sanitize("a\ud83d\x1b[2J\u202e\0\tb\n\u3000c") == "a\ufffd\ufffd[2J\ufffd\ufffd b  c"
    assert sanitize("가" * 501) == "가" * 499 + "…"
    assert sanitize("가" * 500) == "가" * 500


def test_the_answers_words_are_kept() -> None:
    outcome = read_answer(200, '{"resultCode":0,"message":"전송 성공","requestNo":"77","msgType":"LMS"}'.encode())
    assert (outcome.message, outcome.request_no, outcome.msg_type, outcome.code) == ("전송 성공", "77", "LMS", 0)


@pytest.mark.parametrize(
    ("number", "fate"),
    [
        (999_999_999, Fate.ANSWERED),
        (1_000_000_000, Fate.UNKNOWN),
        (-999_999_999, Fate.ANSWERED),
        (-1_000_000_000, Fate.UNKNOWN),
    ],
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_code_has_nine_digits_at_most(number: int, fate: Fate, quote: str) -> None:
    assert read_answer(200, f'{{"resultCode": {quote}{number}{quote}}}'.encode()).fate == fate


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "HTTP 503 with an empty body"),
        (b" \n", "HTTP 503 with an empty body"),
        (b"<html>502</html>", "HTTP 503 with 16 bytes without a result code"),
        (b" " * 1_234 + b"x", "HTTP 503 with 1,235 bytes without a result code"),
        (b'{"a": 1, "a": 0}', "HTTP 503 with an ambiguous answer: it has 'a' twice"),
        (b'{"a": 1, "b": 2, "b": 3, "resultCode": 0}', "HTTP 503 with an ambiguous answer: it has 'b' twice"),
        (b'{"resultCode": NaN}', "HTTP 503 with an ambiguous answer: it has NaN, which is not JSON"),
        (b"202", "HTTP 503 with 202 as the whole answer"),
        (b'{"code": 206}', 'HTTP 503 with "code" 206 instead of a result code'),
    ],
)  # fmt: skip
def test_an_unreadable_answer_is_told_in_words(body: bytes, detail: str) -> None:
    assert sentence(read_answer(503, body).detail) == detail


@pytest.mark.parametrize("code", [200, 201, 203, 205, 207])
def test_only_the_two_codes_that_were_seen_are_guessed_at(code: int) -> None:
    assert read_answer(200, f'{{"code": {code}}}'.encode()).guess is None


@pytest.mark.parametrize("body", ['{"code": 206, "a": 1, "a": 2}', '{"code": 206, "balance": NaN}'])
def test_an_answer_that_can_be_read_in_two_ways_is_not_guessed_at(body: str) -> None:
    assert read_answer(200, body.encode()).guess is None


def test_of_a_key_that_occurs_twice_neither_value_is_kept() -> None:
    outcome = read_answer(200, b'{"requestNo": "1", "requestNo": "2", "requestNo": "3", "a": 1}')
    assert (outcome.fate, outcome.request_no) == (Fate.UNKNOWN, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [('"lms"', "LMS"), ('" mms "', "MMS"), ('"RCS"', "RCS"), ('""', None), ("null", None), ("7", "7")],
)  # fmt: skip
def test_a_message_type_is_spelled_as_the_vendor_does_and_an_unknown_one_is_kept(given: str, kept: str | None) -> None:
    assert read_answer(200, f'{{"resultCode": 0, "msgType": {given}}}'.encode()).msg_type == kept


@pytest.mark.parametrize(("given", "kept"), [("true", None), ("1.5", None), ("[1]", None), ("0", "0"), ('"a"', "a")])
def test_an_answers_message_is_a_text_or_a_whole_number(given: str, kept: str | None) -> None:
    assert read_answer(200, f'{{"resultCode": 0, "message": {given}}}'.encode()).message == kept


def test_a_long_text_is_cut_to_500_characters_though_it_can_be_printed() -> None:
    assert Outcome(fate=Fate.UNKNOWN, detail="가" * 500).detail == "가" * 500
    assert Outcome(fate=Fate.UNKNOWN, detail="가" * 501).detail == "가" * 499 + "…"
    assert Outcome(fate=Fate.ANSWERED, message="가" * 501).message == "가" * 499 + "…"
    assert Outcome(fate=Fate.UNKNOWN, detail="a\tb").detail == "a b"


def test_of_several_keys_that_occur_twice_the_first_is_named() -> None:
    detail = sentence(read_answer(200, b'{"a": 1, "b": 1, "a": 2, "b": 2}').detail)
    assert detail is not None
    assert detail.endswith("'a' twice")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "HTTP 503, 빈 응답"),
        (b" " * 1_234 + b"x", "HTTP 503, 결과 코드 없는 응답 1,235바이트"),
        (b'{"a": 1, "a": 0}', "HTTP 503, 모호한 응답: 'a' 값이 두 번 있음"),
        (b'{"resultCode": NaN}', "HTTP 503, 모호한 응답: JSON이 아닌 NaN 값이 있음"),
        (b"202", "HTTP 503, 응답 전체가 202"),
        (b'{"code": 206}', 'HTTP 503, 결과 코드 대신 "code" 206'),
    ],
)
def test_an_unreadable_answer_is_told_in_korean(body: bytes, detail: str) -> None:
    with i18n.in_language("ko"):
        assert sentence(read_answer(503, body).detail) == detail


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_what_the_gateway_said_stays_as_it_said_it(language: str) -> None:
    with i18n.in_language(language):
        outcome = read_answer(200, '{"resultCode": 13, "message": "발신번호 미등록"}'.encode())
    assert (outcome.code, outcome.message) == (13, "발신번호 미등록")
