"""The history's client against the sandbox's history, with each of its faults."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from campaign.gateway.client import SANDBOX_KEYS, Deadlines
from campaign.gateway.history import History, HistoryDiffers, HistoryFailed, calls_for
from campaign.sandbox import start
from tests.integration.test_sandbox.caller import Caller
from tests.support.clocks import SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = datetime.now(timezone(timedelta(hours=9))).date()
DAYS = (TODAY - timedelta(days=1), TODAY + timedelta(days=1))
NUMBERS = [f"0100{2_000_000 + place:07d}" for place in range(1_000)]


@pytest.fixture(scope="module")
def started() -> Iterator[Caller]:
    with start(seed=1, history="my-org") as sandbox:
        yield Caller(sandbox.url)


@pytest.fixture
def gateway(started: Caller) -> Caller:
    started.empty()
    return started


@pytest.fixture
def history(gateway: Caller) -> Iterator[History]:
    with history_at(gateway.url) as client:
        yield client


def history_at(url: str, company: str = "my-org") -> History:
    return History(url, keys=SANDBOX_KEYS, company=company, clock=SetClock(), deadlines=Deadlines.within(1))


def test_all_rows_are_read_within_the_calls_that_were_named(gateway: Caller, history: History) -> None:
    for start_at in range(0, 45, 3):
        gateway.send(to=NUMBERS[start_at : start_at + 3])

    reading = history.read(*DAYS)

    assert [row.phone for row in reading.rows] == NUMBERS[:45]
    assert (reading.incomplete, reading.calls) == (None, 1)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [("history_page_size_ignored", 4), ("history_page_size_refused", 5), ("history_numbers", 1)],
)
def test_what_a_client_can_live_with(gateway: Caller, history: History, fault: str, calls: int) -> None:
    gateway.send(to=NUMBERS[:45])
    gateway.set_faults(fault)

    reading = history.read(*DAYS)

    assert [row.phone for row in reading.rows] == NUMBERS[:45]
    assert (reading.incomplete, reading.calls) == (None, calls)
    assert len({row.request_no for row in reading.rows}) == 1


def test_rows_that_come_twice_are_both_read(gateway: Caller, history: History) -> None:
    gateway.send(to=NUMBERS[:20])
    gateway.set_faults("history_double_rows", "history_page_size_ignored")

    reading = history.read(*DAYS)

    assert [row.code for row in reading.rows] == ["WAIT", "06"] * 20
    assert reading.incomplete is None


@pytest.mark.parametrize("fault", ["history_code_key", "history_no_phone"])
def test_another_shape_ends_the_reading(gateway: Caller, history: History, fault: str) -> None:
    gateway.send()
    gateway.set_faults(fault)

    with pytest.raises(HistoryDiffers):
        history.read(*DAYS)


@pytest.mark.parametrize("fault", ["history_html_502", "history_hang"])
def test_a_gateway_that_does_not_answer_ends_the_reading(gateway: Caller, history: History, fault: str) -> None:
    gateway.set_faults(fault)

    with pytest.raises(HistoryFailed):
        history.read(*DAYS)
    with pytest.raises(HistoryFailed):
        history.balance()


@pytest.mark.parametrize("fault", ["history_total_wrong", "history_total_moves"])
def test_a_total_that_does_not_fit_makes_the_reading_incomplete(gateway: Caller, history: History, fault: str) -> None:
    gateway.send(to=NUMBERS[:20])
    gateway.set_faults(fault, "history_page_size_ignored")

    reading = history.read(*DAYS)

    assert reading.incomplete is not None
    assert reading.calls <= 6
    assert {row.phone for row in reading.rows} <= set(NUMBERS[:20])


def test_another_organisation_is_refused_in_the_gateways_words(gateway: Caller) -> None:
    with history_at(gateway.url, "other") as client, pytest.raises(HistoryDiffers, match="아이디"):
        client.read(*DAYS)


def test_one_request_is_read_in_one_call_if_its_rows_are_counted(gateway: Caller, history: History) -> None:
    gateway.send(to=NUMBERS[:20])
    number = gateway.send(to=NUMBERS)["requestNo"]

    reading = history.read(*DAYS, request_no=number, enough=1_000)

    assert (len(reading.rows), reading.calls, reading.incomplete) == (1_000, 1, None)
    assert history.read(*DAYS, request_no=number).calls == 2  # to see that a full page is the last one


def test_calls_keep_their_distance(gateway: Caller) -> None:
    clock = SetClock()
    with History(gateway.url, keys=SANDBOX_KEYS, company="my-org", rate=0.5, clock=clock) as client:
        for _ in range(4):
            client.balance()

    assert clock.passed == pytest.approx(6)


def test_an_answer_over_four_mebibytes_is_not_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = history_at(f"http://127.0.0.1:{server.getsockname()[1]}")
        server.settimeout(10)
        import threading

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n")
                connection.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        with client, pytest.raises(HistoryDiffers, match="4,194,304 bytes"):
            client.balance()
        thread.join()


def test_a_hundred_thousand_rows_take_the_calls_that_were_named(gateway: Caller, history: History) -> None:
    for place in range(100):
        gateway.send(to=[f"0100{2_000_000 + place * 1_000 + one:07d}" for one in range(1_000)])

    reading = history.read(*DAYS)

    assert (len(reading.rows), reading.incomplete) == (100_000, None)
    assert reading.calls == calls_for(100_000)[0] == 101
    gateway.empty()
    for start_at in range(0, 150, 50):
        gateway.send(to=NUMBERS[start_at : start_at + 50])
    gateway.set_faults("history_page_size_ignored")
    assert history.read(*DAYS).calls == calls_for(150)[1] == 11
