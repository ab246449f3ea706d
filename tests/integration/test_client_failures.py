"""Every way in which an attempt can fail, on bare sockets: what is known of it, and that nothing goes out twice."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from campaign.gateway.client import SANDBOX_KEYS, Client, Deadlines
from campaign.gateway.outcome import Fate
from campaign.model import i18n
from campaign.model.errors import SettingsError
from campaign.model.sentences import sentence
from tests.integration.wire import scripts
from tests.integration.wire.listener import AUTHORITY, Listener
from tests.integration.wire.messages import JPG, largest_lms, largest_mms, request
from tests.integration.wire.scripts import ACCEPTED, ENDLESS, answer, chunked, over_tls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign.gateway.outcome import Outcome
    from tests.integration.wire.scripts import Script

NOT_SENT, ANSWERED, UNKNOWN = Fate.NOT_SENT, Fate.ANSWERED, Fate.UNKNOWN
SHORT = Deadlines(connect=0.4, read=0.4, overall=0.6)
LATEST = 3.0  # seconds: an attempt that takes longer has no deadline


@dataclass(frozen=True)
class Case:
    """A failure: how the gateway behaves, what is known then, and how many complete requests it saw."""

    name: str
    script: Script
    fate: Fate
    complete: int
    words: str  # part of what is said about it
    message: str = "sms"


BEFORE = (  # the connection never stands
    Case("closes in the handshake", scripts.hangs_up, NOT_SENT, 0, ""),
    Case("is silent in the handshake", scripts.is_silent, NOT_SENT, 0, "no connection within 0.4 s"),
    Case("drips the handshake", scripts.drips_the_handshake, NOT_SENT, 0, "no connection within 0.4 s"),
    Case("resets the handshake", scripts.resets_the_handshake, NOT_SENT, 0, "the other side closed the connection"),
    Case("speaks no TLS", scripts.speaks_no_tls, NOT_SENT, 0, "SSL"),
    Case(
        "self-signed certificate",
        over_tls(scripts.keeps_answering, "selfsigned"),
        NOT_SENT,
        0,
        "self-signed certificate",
    ),
    Case("another's certificate", over_tls(scripts.keeps_answering, "elsewhere"), NOT_SENT, 0, "is not valid for"),
    Case("expired certificate", over_tls(scripts.keeps_answering, "expired"), NOT_SENT, 0, "has expired"),
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
AFTER = (  # in plain HTTP and over TLS alike
    Case("hangs up before reading", scripts.hangs_up_before_reading, UNKNOWN, 0, ""),
    Case("reads half of a long text", scripts.reads_half(1_000), UNKNOWN, 0, "", "lms"),
    Case("reads half of an image", scripts.reads_half(60_000), UNKNOWN, 0, "", "mms"),
    Case("reads all, closes", scripts.reads_then_closes, UNKNOWN, 1, "closed before it answered"),
    Case("reads all, closes: image", scripts.reads_then_closes, UNKNOWN, 1, "closed before it answered", "mms"),
    Case("reads all, resets", scripts.reads_then_resets, UNKNOWN, 1, ""),
    Case("reads all, silent", scripts.reads_then_is_silent, UNKNOWN, 1, "nothing was received or sent for 0.4 s"),
    Case("reads nothing, silent", scripts.is_silent, UNKNOWN, 0, "0.4 s", "mms"),
    Case("cut head", scripts.says(b"HTTP/1.1 200 OK\r\nContent-Le"), UNKNOWN, 1, "cut off"),
    Case("cut body", scripts.says(answer(length=500)), UNKNOWN, 1, "cut off"),
    Case("no body", scripts.says(answer(b"", length=90)), UNKNOWN, 1, "closed before"),
    Case("silent in the body", scripts.says_and_waits(answer(length=500)), UNKNOWN, 1, "for 0.4 s"),
    Case("cut chunk", scripts.says(chunked(end=b"5a\r\n" + ACCEPTED[:40])), UNKNOWN, 1, "cut off"),
    Case("cut between chunks", scripts.says(chunked(ACCEPTED, end=b"")), UNKNOWN, 1, "closed before"),
    Case("cut trailers", scripts.says(chunked(ACCEPTED, end=b"0\r\n")), UNKNOWN, 1, "closed before"),
    Case("wrong chunk", scripts.says(chunked(end=b"zz\r\n")), UNKNOWN, 1, "no HTTP answer could be read"),
    Case("wrong end of chunk", scripts.says(chunked(end=b"2\r\n{}xx0\r\n\r\n")), UNKNOWN, 1, "no HTTP answer"),
    Case("drips the head", scripts.drips(HEAD, b"X: y\r\n" * 500), UNKNOWN, 1, "no complete answer within 0.6 s"),
    Case("drips the body", scripts.drips(answer(b"", length=600), b" " * 600), UNKNOWN, 1, "within 0.6 s"),
    Case("drips chunks", scripts.drips(chunked(end=b""), b"1\r\n \r\n" * 200), UNKNOWN, 1, "within 0.6 s"),
    Case("drips trailers", scripts.drips(chunked(ACCEPTED, end=b"0\r\n"), b"X: y\r\n" * 99), UNKNOWN, 1, "0.6 s"),
    Case("endless head", scripts.repeats(HEAD, b"X-Again: yes\r\n" * 500), UNKNOWN, 1, "over 32,768 bytes"),
    Case("endless line", scripts.repeats(HEAD + b"X: ", ENDLESS), UNKNOWN, 1, "over 32,768 bytes"),
    Case("endless body", scripts.repeats(HEAD + b"\r\n", ENDLESS), UNKNOWN, 1, "HTTP 200 with an endless answer"),
    Case("endless chunks", scripts.repeats(chunked(end=b""), b"ffff\r\n%b\r\n" % ENDLESS[1:]), UNKNOWN, 1, "endless"),
    Case("endless chunk line", scripts.repeats(chunked(end=b"1;"), ENDLESS), UNKNOWN, 1, "over 32,768 bytes"),
    Case("endless trailers", scripts.repeats(chunked(end=b"0\r\n"), b"X: y\r\n" * 999), UNKNOWN, 1, "trailers"),
    Case("too long by its own word", scripts.says(answer(length=10**12)), UNKNOWN, 1, "endless"),
    Case("gzip bomb", scripts.says(scripts.gzip_bomb()), UNKNOWN, 1, "without a result code"),
    Case("nested too deeply", scripts.says(answer(b"[" * 60_000)), UNKNOWN, 1, "without a result code"),
    Case("no HTTP, a line", scripts.says(b"220 smtp.example\r\n\r\n"), UNKNOWN, 1, "no HTTP answer"),
    Case("no HTTP, bytes", scripts.says(b"\x00\xff\x16" * 300), UNKNOWN, 1, "no HTTP answer"),
    Case("HTTP/0.9", scripts.says(ACCEPTED), UNKNOWN, 1, "no HTTP answer"),
    Case("HTTP/2", scripts.says(b"HTTP/2 200\r\n\r\n" + ACCEPTED), UNKNOWN, 1, "no HTTP answer"),
    Case("no status", scripts.says(b"HTTP/1.1 OK\r\n\r\n"), UNKNOWN, 1, "no HTTP answer"),
    Case("no header", scripts.says(b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n" + ACCEPTED), UNKNOWN, 1, "no HTTP answer"),
    Case("two lengths", scripts.says(answer(more="Content-Length: 3\r\n")), UNKNOWN, 1, "Content-Length"),
    Case("length and chunks", scripts.says(answer(more="Transfer-Encoding: chunked\r\n")), UNKNOWN, 1, "Encoding"),
    Case("unasked coding", scripts.says(HEAD + b"Transfer-Encoding: gzip\r\n\r\n"), UNKNOWN, 1, "how long it is"),
    Case("another protocol", scripts.says(b"HTTP/1.1 101 Switching\r\n\r\n"), UNKNOWN, 1, "another protocol"),
    Case("100, then closes", scripts.says(b"HTTP/1.1 100 Continue\r\n\r\n"), UNKNOWN, 1, "closed before"),
    Case("100 for ever", scripts.repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), UNKNOWN, 1, "over 32,768 bytes"),
    Case("204", scripts.says(b"HTTP/1.1 204 No Content\r\n\r\n"), UNKNOWN, 1, "HTTP 204 with an empty body"),
    Case("empty", scripts.says(answer(b"")), UNKNOWN, 1, "HTTP 200 with an empty body"),
    Case("403", scripts.says(answer(b"Forbidden", status="403 Forbidden")), UNKNOWN, 1, "HTTP 403 with 9 bytes"),
    Case("502", scripts.says(answer(b"<html>", status="502 Bad Gateway")), UNKNOWN, 1, "HTTP 502 with 6 bytes"),
    Case("503, Retry-After", scripts.says(answer(b"", status="503 x", more="Retry-After: 0\r\n")), UNKNOWN, 1, "503"),
    Case("401", scripts.says(answer(b"", status="401 x", more="WWW-Authenticate: Basic\r\n")), UNKNOWN, 1, "401"),
    Case("408", scripts.says(answer(b"", status="408 Request Timeout")), UNKNOWN, 1, "408"),
    Case("100, then the answer", scripts.says(b"HTTP/1.1 100 Continue\r\n\r\n" + answer()), ANSWERED, 1, ""),
    Case("103, then the answer", scripts.says(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + answer()), ANSWERED, 1, ""),
    Case("in chunks", scripts.says(chunked(ACCEPTED[:9], ACCEPTED[9:])), ANSWERED, 1, ""),
    Case("until it closes", scripts.says(HEAD + b"\r\n" + ACCEPTED), ANSWERED, 1, ""),
    Case("HTTP/1.0", scripts.says(b"HTTP/1.0 200 OK\r\n\r\n" + ACCEPTED), ANSWERED, 1, ""),
    Case("byte by byte", scripts.says_byte_by_byte(answer()), ANSWERED, 1, ""),
    Case("500 with a code", scripts.says(answer(status="500 Error")), ANSWERED, 1, ""),
    Case("with a byte order mark", scripts.says(answer(b"\xef\xbb\xbf" + ACCEPTED)), ANSWERED, 1, ""),
    Case("refuses unread", scripts.refuses_unread, ANSWERED, 1, "", "lms"),
)  # fmt: skip


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Listener]:
    """Another host, which nothing may ever reach."""
    with Listener(scripts.keeps_answering) as listener:
        yield listener


def attempt(origin: str, message: str = "sms", deadlines: Deadlines = SHORT) -> Outcome:
    with Client(origin, keys=SANDBOX_KEYS, deadlines=deadlines, ca_file=AUTHORITY) as client:
        prepared = {
            "sms": lambda: client.prepare(request()),
            "lms": lambda: client.prepare(largest_lms()),
            "mms": lambda: client.prepare(largest_mms(), JPG),
        }[message]()
        started = time.monotonic()
        outcome = client.send(prepared)
        assert time.monotonic() - started < LATEST
    return outcome


def check(case: Case, scheme: str, script: Script) -> None:
    with Listener(script, scheme=scheme) as listener:
        outcome = attempt(listener.origin, case.message)
    assert outcome.fate == case.fate, outcome
    assert len(listener.requests) == case.complete <= 1
    assert listener.connections == 1
    assert case.words in (sentence(outcome.detail) or "")
    assert (outcome.code is not None) == (case.fate == ANSWERED)


@pytest.mark.parametrize("case", BEFORE, ids=lambda case: case.name)
def test_what_fails_in_the_handshake_was_not_sent(case: Case) -> None:
    check(case, "https", case.script)


def test_a_corrupt_tls_record_after_the_request_is_unknown_and_not_answered_by_sending_again() -> None:
    case = Case("corrupt record", scripts.reads_then_corrupts_tls, UNKNOWN, 1, "SSL")
    check(case, "https", over_tls(case.script))


@pytest.mark.parametrize("case", AFTER, ids=lambda case: case.name)
def test_what_fails_after_a_byte_left_is_unknown_and_only_a_code_answers(case: Case) -> None:
    check(case, "http", case.script)


@pytest.mark.parametrize("case", AFTER, ids=lambda case: case.name)
def test_over_tls_the_same_failures_come_to_the_same(case: Case) -> None:
    check(case, "https", over_tls(case.script))


def test_a_name_that_does_not_exist_was_not_sent() -> None:
    outcome = attempt("https://gateway.invalid", deadlines=Deadlines(connect=2, read=2, overall=2))
    assert outcome.fate == NOT_SENT


def test_a_name_that_cannot_exist_was_not_sent() -> None:
    assert attempt(f"https://{'a' * 64}.example").fate == NOT_SENT
    with pytest.raises(SettingsError, match="this is not a host name"):
        attempt("https://not\u00ad.valid")


def test_a_refused_connection_was_not_sent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, and never listening
        place = f"https://127.0.0.1:{held.getsockname()[1]}"
        outcome = attempt(place)
        with i18n.in_language("ko"):
            in_korean = sentence(attempt(place).detail) or ""
    assert outcome.fate == NOT_SENT
    assert (sentence(outcome.detail) or "") == "the connection was refused"
    assert in_korean == "연결이 거부되었습니다"


def test_a_full_queue_of_connections_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        place = server.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(place)
        outcome = attempt(f"http://127.0.0.1:{place[1]}")
        for filler in fillers:
            filler.close()
    assert (outcome.fate, sentence(outcome.detail)) == (NOT_SENT, "no connection within 0.4 s")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_redirect_is_not_followed_and_the_secret_stays(status: str, scheme: str, elsewhere: Listener) -> None:
    script = scripts.says(answer(b"", status=status, more=f"Location: {elsewhere.origin}/api/v2/send/\r\n"))
    with Listener(over_tls(script) if scheme == "https" else script, scheme=scheme) as listener:
        outcome = attempt(listener.origin)
    assert (outcome.fate, len(listener.requests)) == (UNKNOWN, 1)
    assert f"HTTP {status[:3]}" in (sentence(outcome.detail) or "")
    assert (elsewhere.connections, elsewhere.seen) == (0, [])


def test_a_redirect_that_carries_a_code_is_answered_by_the_code(elsewhere: Listener) -> None:
    script = scripts.says(answer(status="302 Found", more=f"Location: {elsewhere.origin}/\r\n"))
    with Listener(script) as listener:
        assert attempt(listener.origin).code == 0
    assert elsewhere.connections == 0
