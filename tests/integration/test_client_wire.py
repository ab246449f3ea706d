"""The exact bytes of every kind of request, as a bare socket got them, against the vendor's document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.gateway.client import Client, Keys
from campaign.model import MsgType, Request
from campaign.model.origin import VENDOR_URL
from tests.integration.wire import scripts
from tests.integration.wire.listener import Listener
from tests.integration.wire.messages import DIGEST, JPG, request

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = Keys("API Key", "인증 Key")  # base64 of `API Key&인증 Key`, as the document's sample has it
SECRET = "QVBJIEtleSbsnbjspp0gS2V5"  # noqa: S105 - the document's own words
PATHS = {"v2": "/api/v2/send/", "v1": "/api/send/"}
BOTH = pytest.mark.parametrize("api", ["v2", "v1"])
TO = '["01020000000", "01020000001"]'
DATE = "2026-12-01 10:00:00"

SMS = request(2)
LMS = request(2, msg_type=MsgType.LMS, title="제목")
GSMS = Request(id="r", no=1, message=request(msg_type=MsgType.GSMS).message, numbers=("819012345678", "14155550100"))
JSON = {
    "SMS": (SMS, f'{{"version": "1.0", "from": "0212345678", "to": {TO}, "text": "내용"}}'),
    "SMS, reserved": (
        request(2, date=DATE),
        f'{{"version": "1.0", "from": "0212345678", "to": {TO}, "text": "내용", "date": "{DATE}"}}',
    ),
    "SMS to one": (request(1), '{"version": "1.0", "from": "0212345678", "to": ["01020000000"], "text": "내용"}'),
    "SMS, marks": (
        request(1, text='"따옴표" \\ \n두 줄 </a> ₩'),
        '{"version": "1.0", "from": "0212345678", "to": ["01020000000"], "text": "\\"따옴표\\" \\\\ \\n두 줄 </a> ₩"}',
    ),
    "LMS": (LMS, f'{{"version": "1.0", "from": "0212345678", "to": {TO}, "title": "제목", "text": "내용"}}'),
    "LMS, reserved": (
        request(2, msg_type=MsgType.LMS, title="제목", date=DATE),
        f'{{"version": "1.0", "from": "0212345678", "to": {TO}, "title": "제목", "text": "내용", "date": "{DATE}"}}',
    ),
}  # fmt: skip


@pytest.fixture
def wire() -> Iterator[Listener]:
    with Listener(scripts.keeps_answering) as listener:
        yield listener


def sent(wire: Listener, api: str, what: Request, image: bytes | None = None) -> bytes:
    with Client(wire.origin, api=api, keys=KEYS) as client:
        assert client.send(client.prepare(what, image)).code == 0
    (raw,) = wire.requests
    assert raw == b"".join(wire.seen), "nothing else went over the wire"
    return raw


def json_request(wire: Listener, api: str, body: str) -> bytes:
    raw = body.encode()
    head = (
        f"POST {PATHS[api]} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{wire.port}\r\n"
        "Accept: application/json\r\n"
        "Accept-Encoding: identity\r\n"
        "User-Agent: campaign\r\n"
        f"Secret: {SECRET}\r\n"
        "Content-Type: application/json;charset=UTF-8\r\n"
        f"Content-Length: {len(raw)}\r\n"
        "\r\n"
    )
    return head.encode() + raw


@BOTH
@pytest.mark.parametrize(("what", "body"), JSON.values(), ids=JSON)
def test_a_text_is_the_documents_json_byte_for_byte(wire: Listener, api: str, what: Request, body: str) -> None:
    assert sent(wire, api, what) == json_request(wire, api, body)


def test_an_international_text_names_its_type(wire: Listener) -> None:
    body = (
        '{"version": "1.0", "from": "0212345678", "to": ["819012345678", "14155550100"], "text": "내용", '
        '"msgType": "GSMS"}'
    )
    assert sent(wire, "v2", GSMS) == json_request(wire, "v2", body)


def test_the_older_edition_refuses_an_international_text_before_anything_is_sent(wire: Listener) -> None:
    with Client(wire.origin, api="v1", keys=KEYS) as client, pytest.raises(ValueError, match="no international"):
        client.prepare(GSMS)
    assert wire.connections == 0


def multipart(wire: Listener, api: str, boundary: str, *parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n".encode()
        + (b"Content-Type: image/jpeg\r\n" if "filename" in named else b"")
        + b"\r\n"
        + content
        + b"\r\n"
        for named, content in parts
    )
    body += f"--{boundary}--\r\n".encode()
    head = (
        f"POST {PATHS[api]} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{wire.port}\r\n"
        "Accept: application/json\r\n"
        "Accept-Encoding: identity\r\n"
        "User-Agent: campaign\r\n"
        f"Secret: {SECRET}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n"
        "\r\n"
    )
    return head.encode() + body


@BOTH
@pytest.mark.parametrize("date", [None, DATE])
def test_a_picture_is_the_documents_multipart_byte_for_byte(wire: Listener, api: str, date: str | None) -> None:
    mms = request(2, msg_type=MsgType.MMS, title="제목", image=DIGEST, date=date)
    raw = sent(wire, api, mms, JPG)
    found = re.search(rb"; boundary=([0-9a-f]{32})\r\n", raw)
    assert found
    assert raw == multipart(
        wire,
        api,
        found[1].decode(),
        ('name="version"', b"1.0"),
        ('name="from"', b"0212345678"),
        ('name="to"', b"0=01020000000&1=01020000001"),
        ('name="title"', "제목".encode()),
        ('name="text"', "내용".encode()),
        ('name="image"; filename="image.jpg"', JPG),
        *([('name="date"', DATE.encode())] if date else []),
    )


def test_every_picture_has_a_boundary_of_its_own(wire: Listener) -> None:
    mms = request(1, msg_type=MsgType.MMS, title="제목", image=DIGEST)
    with Client(wire.origin, keys=KEYS) as client:
        kinds = {client.prepare(mms, JPG).headers["Content-Type"] for _ in range(5)}
    assert len(kinds) == 5


def test_the_vendors_own_host_is_named_without_a_port() -> None:
    with Client(VENDOR_URL, keys=KEYS) as client:
        prepared = client.prepare(SMS)
    assert prepared.url == "https://sms.bizservice.iwinv.kr/api/v2/send/"
    assert prepared.headers["Host"] == "sms.bizservice.iwinv.kr"


def test_a_request_goes_out_in_one_piece(wire: Listener) -> None:
    sent(wire, "v2", SMS)
    assert len(wire.seen) == 1
