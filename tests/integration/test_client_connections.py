"""Connections that are kept: used again when that is safe, and no request ever twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from urllib3.util.retry import Retry

from campaign.gateway import connection
from campaign.gateway.client import SANDBOX_KEYS, Client, Deadlines
from campaign.gateway.outcome import Fate
from tests.integration.wire import scripts
from tests.integration.wire.listener import AUTHORITY, Listener
from tests.integration.wire.messages import request
from tests.integration.wire.scripts import answer, chunked, over_tls

if TYPE_CHECKING:
    from tests.integration.wire.listener import Peer
    from tests.integration.wire.scripts import Script

SHORT = Deadlines(connect=0.5, read=0.5, overall=1)
BOTH = pytest.mark.parametrize("scheme", ["http", "https"])


def listen(script: Script, scheme: str) -> Listener:
    return Listener(over_tls(script) if scheme == "https" else script, scheme=scheme)


def client_of(listener: Listener, deadlines: Deadlines = SHORT) -> Client:
    return Client(listener.origin, keys=SANDBOX_KEYS, deadlines=deadlines, ca_file=AUTHORITY)


@BOTH
def test_one_connection_serves_many_requests_one_after_the_other(scheme: str) -> None:
    with listen(scripts.keeps_answering, scheme) as listener, client_of(listener) as client:
        outcomes = [client.send(client.prepare(request(text=str(place)))) for place in range(5)]
    assert [outcome.code for outcome in outcomes] == [0] * 5
    assert (len(listener.requests), listener.connections) == (5, 1)
    assert client.own_address == "127.0.0.1"  # the attempts on the connection that stood already kept it


@BOTH
def test_a_connection_that_the_server_closed_meanwhile_is_replaced(scheme: str) -> None:
    with listen(scripts.answers_one, scheme) as listener, client_of(listener) as client:
        first = client.send(client.prepare(request(text="1")))
        listener.await_closed()
        second = client.send(client.prepare(request(text="2")))
    assert (first.code, second.code) == (0, 0)
    assert [b'"text": "1"' in raw for raw in listener.requests] == [True, False]
    assert (len(listener.requests), listener.connections) == (2, 2)


@BOTH
def test_a_connection_that_breaks_under_the_second_request_leaves_it_unknown_and_unrepeated(scheme: str) -> None:
    with listen(scripts.resets_the_second, scheme) as listener, client_of(listener) as client:
        first = client.send(client.prepare(request(text="1")))
        second = client.send(client.prepare(request(text="2")))
    assert (first.code, second.fate) == (0, Fate.UNKNOWN)
    assert (len(listener.requests), listener.connections) == (1, 1)


@BOTH
def test_a_connection_idle_for_too_long_is_not_trusted_again(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connection.LONGEST_IDLE_S == 4.0
    monkeypatch.setattr(connection, "LONGEST_IDLE_S", 0.0)
    with listen(scripts.keeps_answering, scheme) as listener, client_of(listener) as client:
        assert [client.send(client.prepare(request())).code for _ in range(2)] == [0, 0]
    assert listener.connections == 2


@BOTH
def test_even_a_library_that_tries_again_sends_nothing_twice(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = scripts.reads_then_corrupts_tls if scheme == "https" else scripts.reads_then_closes
    with listen(script, scheme) as listener, client_of(listener) as client:
        again = Retry(total=3, read=3, other=3, allowed_methods=None, backoff_factor=0)
        monkeypatch.setattr(client._adapter, "max_retries", again)  # noqa: SLF001 - as a slip in the program would
        outcome = client.send(client.prepare(request()))
    assert (outcome.fate, len(listener.requests)) == (Fate.UNKNOWN, 1)


LEFT_OVER = answer() + answer(b'{"resultCode": 13}')
NOT_KEPT = {
    "a second answer behind the first": LEFT_OVER,
    "a byte behind the answer": answer() + b"\n",
    "Connection: close": answer(more="Connection: close\r\n"),
    "Connection: Close among others": answer(more="Connection: Upgrade, Close\r\n"),
    "HTTP/1.0": answer().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "an endless answer": answer(b"x" * 70_000),
    "bytes behind the last chunk": chunked(scripts.ACCEPTED) + b"x",
}


@pytest.mark.parametrize("raw", NOT_KEPT.values(), ids=NOT_KEPT)
def test_after_an_odd_answer_the_connection_is_not_used_again(raw: bytes) -> None:
    with listen(scripts.says_and_waits(raw), "http") as listener, client_of(listener) as client:
        for _ in range(2):
            assert client.send(client.prepare(request())).code in {0, None}
    assert (len(listener.requests), listener.connections) == (2, 2)


@BOTH
def test_after_a_failure_the_next_request_gets_a_connection_of_its_own(scheme: str) -> None:
    def fails_first(peer: Peer) -> None:
        if peer.place == 0:
            scripts.reads_then_is_silent(peer)
        scripts.keeps_answering(peer)

    with listen(fails_first, scheme) as listener, client_of(listener) as client:
        fates = [client.send(client.prepare(request())).fate for _ in range(3)]
    assert fates == [Fate.UNKNOWN, Fate.ANSWERED, Fate.ANSWERED]
    assert (len(listener.requests), listener.connections) == (3, 2)


@BOTH
def test_many_threads_share_a_client_and_each_gets_its_own_answer(scheme: str) -> None:
    def echoes(peer: Peer) -> None:
        while True:
            text = peer.read_request().rpartition(b'"text": "')[2][:-2]
            peer.send(answer(b'{"resultCode": 0, "requestNo": "%b"}' % text))

    patient = Deadlines(connect=5, read=5, overall=5)
    with listen(echoes, scheme) as listener, client_of(listener, patient) as client:
        got: dict[str, str | None] = {}

        def send(thread: int) -> None:
            for place in range(20):
                text = f"{thread}-{place}"
                got[text] = client.send(client.prepare(request(text=text))).request_no

        threads = [threading.Thread(target=send, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == len(listener.requests) == 160
    assert all(text == request_no for text, request_no in got.items())
    assert listener.connections <= 8


def test_closing_the_client_closes_its_connections() -> None:
    with listen(scripts.keeps_answering, "http") as listener:
        with client_of(listener) as client:
            client.send(client.prepare(request()))
        listener.await_closed()
        assert client.send(client.prepare(request())).fate == Fate.NOT_SENT
    assert (len(listener.requests), listener.connections) == (1, 1)
