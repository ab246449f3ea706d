"""The pairs, held against the client and, separately, against the sandbox."""

from __future__ import annotations

import email
import json
from typing import Any

import pytest
import requests

from campaign.gateway.client import Client, Keys
from campaign.gateway.outcome import Fate, read_answer
from campaign.gateway.result_codes import CODES as CLIENTS_CODES
from campaign.model.origin import VENDOR_URL
from tests.contract.pairs import CODES, JPG, KEYS, PAIRS, SECRET, Pair

EVERY = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.id)
SENT = pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.request], ids=lambda pair: pair.id)


def prepared(pair: Pair) -> requests.PreparedRequest:
    assert pair.request is not None
    with Client(VENDOR_URL, api=pair.edition, keys=Keys(*KEYS)) as client:
        return client.prepare(pair.request, JPG)


def fields_of(request: requests.PreparedRequest) -> list[tuple[str, Any]]:
    body = request.body
    assert isinstance(body, bytes)
    kind = request.headers["Content-Type"]
    if kind.startswith("application/json"):
        return list(json.loads(body).items())
    parts = list(email.message_from_bytes(b"Content-Type: %b\r\n\r\n" % kind.encode() + body).walk())[1:]
    return [(str(part.get_param("name", header="content-disposition")), _content(part)) for part in parts]


def _content(part: email.message.Message[str, str]) -> Any:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    if part.get_filename() is None:
        return content.decode()
    assert content == JPG
    return {"file": part.get_filename(), "type": part.get_content_type()}


@SENT
def test_the_client_sends_what_the_document_asks(pair: Pair) -> None:
    request = prepared(pair)
    left_out = pair.written.get("client_leaves_out", [])
    assert (request.method, request.url, request.headers["Secret"]) == ("POST", pair.url, SECRET)
    kind = request.headers["Content-Type"]
    assert kind == pair.written["content_type"] or kind.startswith("multipart/form-data; boundary=")
    assert fields_of(request) == [(name, value) for name, value in pair.fields if name not in left_out]


@EVERY
def test_the_client_understands_the_documents_answer(pair: Pair) -> None:
    outcome = read_answer(200, json.dumps(pair.answer, indent=4, ensure_ascii=False).encode())
    assert (outcome.fate, outcome.code, outcome.message, outcome.request_no, outcome.msg_type) == (
        Fate.ANSWERED,
        0,
        "전송 성공",
        "123456",
        pair.answer["msgType"],
    )


@EVERY
def test_the_sandbox_answers_the_documents_request_with_the_documents_answer(pair: Pair, strict: str) -> None:
    kind, body = pair.raw()
    headers = {"Content-Type": kind, "Secret": SECRET}
    answer = requests.post(strict + pair.path, data=body, headers=headers, timeout=10).json()
    assert list(answer) == list(pair.answer)
    assert {name: type(value) for name, value in answer.items()} == {n: type(v) for n, v in pair.answer.items()}
    assert answer["requestNo"].isdigit()
    assert answer | {"requestNo": ""} == pair.answer | {"requestNo": ""}


@SENT
def test_client_and_sandbox_agree_about_the_pair(pair: Pair, strict: str) -> None:
    assert pair.request is not None
    with Client(strict, api=pair.edition, keys=Keys(*KEYS)) as client:
        outcome = client.send(client.prepare(pair.request, JPG))
    assert (outcome.code, outcome.message, outcome.msg_type) == (0, "전송 성공", pair.answer["msgType"])


def test_the_pairs_cover_both_editions_and_all_types() -> None:
    sent = {(pair.edition, pair.answer["msgType"]) for pair in PAIRS if pair.request}
    assert sent == {
        ("v2", "SMS"),
        ("v2", "LMS"),
        ("v2", "MMS"),
        ("v2", "GSMS"),
        ("v1", "SMS"),
        ("v1", "LMS"),
        ("v1", "MMS"),
    }


def test_the_clients_table_of_codes_is_the_documents() -> None:
    assert {number: code.korean for number, code in CLIENTS_CODES.items()} == CODES
