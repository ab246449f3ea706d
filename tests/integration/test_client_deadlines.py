"""Deadlines hold in every phase, and a look-up of a name that hangs holds nobody."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from campaign.config.environment import Environment
from campaign.gateway import attempt
from campaign.gateway.attempt import Deadlines
from campaign.gateway.client import SANDBOX_KEYS, Client
from campaign.gateway.dialing import Resolver, Unreachable, dial
from campaign.gateway.outcome import Fate
from campaign.model.sentences import sentence
from tests.integration.wire import scripts
from tests.integration.wire.listener import PATIENCE, Listener
from tests.integration.wire.messages import request


class Slow:
    """A look-up that waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = 0

    def find(self, host: str, port: int) -> list[tuple[Any, ...]]:
        self.asked += 1
        assert self.go.wait(PATIENCE)
        return socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM) if host else []


def test_a_look_up_that_hangs_ends_with_the_time_to_connect() -> None:
    slow = Slow()
    resolver = Resolver(slow.find)
    attempt.begin(Deadlines(connect=0.2, read=5, overall=5)).start_connecting()
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        dial("gateway.example", 80, (), resolver)
    assert time.monotonic() - started < 2
    slow.go.set()


def test_a_name_is_looked_up_once_for_all_who_ask_at_the_same_time() -> None:
    slow = Slow()
    resolver = Resolver(slow.find)
    got: list[int] = []

    def ask() -> None:
        got.append(len(resolver.addresses("gateway.example", 80, PATIENCE)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    slow.go.set()
    for thread in threads:
        thread.join()
    assert got == [1] * 8
    assert slow.asked <= 8
    before = slow.asked
    assert resolver.addresses("gateway.example", 80, PATIENCE)
    assert slow.asked == before + 1, "an answer of the name service is not kept: the address may move"


def test_look_ups_under_way_are_shared() -> None:
    slow = Slow()
    resolver = Resolver(slow.find)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            resolver.addresses("gateway.example", 80, 0.01)
    assert slow.asked == 1
    slow.go.set()


def test_numbers_need_no_name_service() -> None:
    def never(*_: object) -> list[tuple[Any, ...]]:
        raise AssertionError

    assert Resolver(never).addresses("127.0.0.1", 80, 1)[0][4] == ("127.0.0.1", 80)


def test_a_failed_look_up_says_so() -> None:
    def find(*_: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unreachable, match=r"gateway\.example: no address found"):
        Resolver(find).addresses("gateway.example", 80, 1)


def test_an_address_that_answers_not_leaves_time_for_the_next() -> None:
    with Listener(scripts.keeps_answering) as listener, socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        both = [
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", full.getsockname()),
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", listener.port)),
        ]
        attempt.begin(Deadlines(connect=0.6, read=5, overall=5)).start_connecting()
        with dial("gateway.example", 80, (), Resolver(lambda *_: both)) as sock:
            assert sock.getpeername() == ("127.0.0.1", listener.port)
        for filler in fillers:
            filler.close()


def test_the_deadline_over_all_cuts_the_time_to_connect() -> None:
    with Listener(scripts.is_silent, scheme="https") as listener:
        deadlines = Deadlines(connect=30, read=30, overall=0.3)
        with Client(listener.origin, keys=SANDBOX_KEYS, deadlines=deadlines) as client:
            outcome = client.send(client.prepare(request()))
    assert (outcome.fate, sentence(outcome.detail)) == (Fate.NOT_SENT, "no connection within 0.3 s")


def test_connections_are_for_attempts_only() -> None:
    def use() -> None:
        with pytest.raises(RuntimeError):
            attempt.current()

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("words", "deadlines"),
    [("", (10, 30, 45)), ("5", (5, 5, 5)), ("600", (10, 600, 600)), ("1.5", (1.5, 1.5, 1.5))],
)
def test_the_environment_can_name_another_deadline(
    words: str, deadlines: tuple[float, float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_DEADLINE", words)
    given = Deadlines.within(Environment().deadline_s)
    assert (given.connect, given.read, given.overall) == deadlines


@pytest.mark.parametrize("words", ["0", "0.9", "601", "soon", "nan", "-5", "inf"])
def test_a_deadline_that_is_none_is_refused(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from campaign.model.errors import SettingsError

    monkeypatch.setenv("CAMPAIGN_DEADLINE", words)
    with pytest.raises(SettingsError, match=r"expected seconds, from 1 to 600"):
        Deadlines.within(Environment().deadline_s)
