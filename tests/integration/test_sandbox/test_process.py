"""The sandbox as a process: how it starts, ends, and what it remembers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

import campaign
from campaign.sandbox import SandboxError, start
from tests.integration.test_sandbox.caller import Caller, numbers, raw_request

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(campaign.__file__).parents[1]


def ask_for(seconds: float, caller: Caller) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        caller.stats()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """The sandbox as a terminal starts it, on any free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign.sandbox", "--port", "0"],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_quietly_and_at_once_whatever_is_still_waiting(
    process: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    assert process.stdout is not None
    greeting = process.stdout.readline().decode()
    assert greeting.startswith("sandbox listening on http://127.0.0.1:")
    caller = Caller(greeting.split()[-1])
    caller.set_faults("accept_then_stall", "drip")
    with caller.connect() as stalled, caller.connect() as dripping, caller.connect():
        stalled.sendall(b"".join(raw_request()))
        dripping.sendall(b"".join(raw_request(text="other")))
        while caller.stats()["accepted"] < 2:
            time.sleep(0.01)

        began = time.monotonic()
        process.send_signal(number)
        out, errors = process.communicate(timeout=5)

        assert time.monotonic() - began < 1
        assert (process.returncode, out, errors) == (0, b"", b"")
        assert stalled.recv(100) == b""  # closed, and not answered with an error at the last moment


def test_it_ends_when_its_standard_input_does() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign.sandbox", "--port", "0", "--until-stdin-closes"],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()

    process.communicate(timeout=5)  # closes its standard input

    assert process.returncode == 0


def test_it_does_not_outlive_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", "from campaign.sandbox import start; b = start(); print(b.url, flush=True); input()"],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().decode().strip()
    assert Caller(url).stats()["requests"] == 0

    parent.kill()
    parent.communicate()

    with pytest.raises(requests.ConnectionError):
        ask_for(5, Caller(url))


def test_it_is_in_a_process_group_of_its_own_and_stops_when_told() -> None:
    with start() as sandbox:
        assert os.getpgid(sandbox.pid) == sandbox.pid != os.getpgid(0)
        assert sandbox.stop() == 0
        assert sandbox.stop() == 0  # again: nothing more to do


def test_it_can_be_killed() -> None:
    with start() as sandbox:
        assert sandbox.kill() == -signal.SIGKILL


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_ledger_survives_the_end_and_is_gone_on_with(tmp_path: Path, end: str) -> None:
    ledger = tmp_path / "sandbox.sqlite3"
    with start(ledger=ledger, seed=3) as sandbox:
        caller = Caller(sandbox.url)
        first = [caller.send(to=numbers(3), text=text)["requestNo"] for text in ("one", "two")]
        caller.send_mms()
        caller.send(to=[])
        before = caller.get("deliveries"), caller.get("requests"), caller.stats()
        getattr(sandbox, end)()

    with start(ledger=ledger, seed=3) as sandbox:
        caller = Caller(sandbox.url)
        assert (caller.get("deliveries"), caller.get("requests"), caller.stats()) == before
        later = caller.send(to=numbers(5), text="two")["requestNo"]
        assert caller.stats() == {"requests": 5, "accepted": 4, "recipients": 12, "repeats": 3}
        assert int(later) > max(map(int, first))
        assert [one["number"] for one in caller.get("deliveries", offset=7)] == numbers(5)


def test_what_was_answered_is_in_the_ledger_even_if_it_is_killed_at_work(tmp_path: Path) -> None:
    ledger = tmp_path / "sandbox.sqlite3"
    answered: list[str] = []
    sandbox = start(ledger=ledger)
    caller = Caller(sandbox.url)

    def keep_sending(sender: int) -> None:
        with suppress(requests.RequestException):  # until the sandbox is gone
            answered.extend(caller.send(text=f"{sender} {turn}")["requestNo"] for turn in range(10_000))

    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(keep_sending, sender) for sender in range(4)]
        while len(answered) < 100:
            time.sleep(0.01)
        sandbox.kill()
        for task in tasks:
            task.result()

    with start(ledger=ledger) as again:
        kept = {one["requestNo"] for one in Caller(again.url).get("deliveries")}
    assert set(answered) <= kept


def test_the_same_seed_gives_the_same_numbers_and_the_same_chances() -> None:
    runs = []
    for _ in range(2):
        with start(seed=7, faults=["code:code=1,probability=0.5,times=1000"]) as sandbox:
            runs.append([Caller(sandbox.url).send() for _ in range(20)])

    assert runs[0] == runs[1]
    assert {answer["resultCode"] for answer in runs[0]} == {0, 1}


def test_latency_delays_each_answer_and_no_other_request() -> None:
    with start(latency="300ms") as sandbox:
        caller = Caller(sandbox.url)
        began = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda turn: caller.send(text=str(turn)), range(20)))
        took = time.monotonic() - began

    assert {answer["resultCode"] for answer in answers} == {0}
    assert 0.3 <= took < 2


def test_a_message_counts_as_soon_as_it_is_taken_not_when_it_is_answered() -> None:
    with start(latency="10s") as sandbox, Caller(sandbox.url).connect() as connection:
        connection.sendall(b"".join(raw_request()))
        deadline = time.monotonic() + 5
        while Caller(sandbox.url).stats()["accepted"] == 0:
            assert time.monotonic() < deadline


def test_above_the_rate_requests_are_refused_with_1() -> None:
    with start(rate=5) as sandbox:
        caller = Caller(sandbox.url)
        answers = [caller.send(text=str(turn))["resultCode"] for turn in range(10)]

        assert answers[:5] == [0] * 5
        assert 1 in answers[5:]
        assert "5 requests a second" in caller.get("requests")[answers.index(1)]["why"]


def test_senders_are_checked_when_they_are_given() -> None:
    with start(senders=["02-1234-5678", "15881234"]) as sandbox:
        caller = Caller(sandbox.url)

        assert caller.send(sender="0212345678")["resultCode"] == 0
        assert caller.send(sender="1588-1234")["resultCode"] == 0
        assert caller.send(sender="0212345679")["resultCode"] == 13


def test_keys_are_checked_when_they_are_given() -> None:
    with start(env={"SANDBOX_API_KEY": "one", "SANDBOX_AUTH_KEY": "two"}) as sandbox:
        good, bad = (Caller(sandbox.url, b64encode(secret).decode()) for secret in (b"one&two", b"two&one"))

        assert good.send()["resultCode"] == 0
        assert bad.send()["resultCode"] == 14
        assert Caller(sandbox.url, None).send()["resultCode"] == 14


def test_faults_can_be_set_from_the_beginning() -> None:
    with start(faults=["code:code=13,times=2", "code,code=50,after=3"]) as sandbox:
        assert [Caller(sandbox.url).send()["resultCode"] for _ in range(4)] == [13, 13, 0, 50]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"latency": "soon"}, "50ms"),
        ({"faults": ["unheard_of"]}, "no such fault"),
        ({"faults": ["drip:often"]}, "NAME"),
        ({"senders": ["me"]}, "02-1234-5678"),
        ({"rate": 0}, "above 0"),
        ({"env": {"SANDBOX_API_KEY": "one"}}, "only one of SANDBOX_API_KEY and SANDBOX_AUTH_KEY"),
    ],
)
def test_a_wrong_option_is_refused_in_plain_words(options: dict[str, object], words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        start(**options)  # type: ignore[arg-type]  # wrong on purpose


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with start() as first, pytest.raises(SandboxError, match="in use"):
        start(port=int(first.url.rpartition(":")[2]))


@pytest.mark.parametrize("content", [b"not a database, " * 100, None], ids=["another file", "a directory"])
def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "precious"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    with pytest.raises(SandboxError, match="ledger"):
        start(ledger=path)

    assert content is None or path.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "precious.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE journal (id INTEGER)")

    with pytest.raises(SandboxError, match="not a sandbox's ledger"):
        start(ledger=path)
