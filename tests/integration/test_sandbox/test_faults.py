"""Each fault as the client sees it on a bare connection, and what became of the message."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.test_sandbox.caller import Caller, raw_request

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

RESET = b"(reset)"
OPEN = b"(still open)"


def until_the_end(connection: socket.socket, patience: float = 5.0) -> bytes:
    """Everything that comes, and how it ended: closed, reset, or still open after `patience` seconds."""
    connection.settimeout(patience)
    heard = b""
    try:
        while piece := connection.recv(65536):
            heard += piece
    except ConnectionResetError:
        heard += RESET
    except TimeoutError:
        heard += OPEN
    return heard


def exchange(sandbox: Caller, patience: float = 5.0, **fields: object) -> bytes:
    """Send one request and hear what comes."""
    with sandbox.connect() as connection:
        connection.sendall(b"".join(raw_request(**fields)))
        return until_the_end(connection, patience)


def became(sandbox: Caller) -> tuple[int, int]:
    """How many requests were received, and how many accepted."""
    counts = sandbox.stats()
    return counts["requests"], counts["accepted"]


def test_hang_up_before_read_closes_before_the_body_is_sent(sandbox: Caller) -> None:
    sandbox.set_faults("hang_up_before_read")
    with sandbox.connect() as connection:
        connection.sendall(raw_request()[0])

        assert until_the_end(connection) == b""

    assert became(sandbox) == (0, 0)


@pytest.mark.parametrize(
    ("fault", "heard", "accepted"),
    [("hang_up_after_read", b"", 0), ("accept_then_hang_up", b"", 1), ("accept_then_reset", RESET, 1)],
)
def test_a_request_that_was_read_can_end_without_an_answer(
    sandbox: Caller, fault: str, heard: bytes, accepted: int
) -> None:
    sandbox.set_faults(fault)

    assert exchange(sandbox) == heard

    assert became(sandbox) == (1, accepted)
    (request,) = sandbox.get("requests")
    assert (request["fault"], request["code"], request["accepted"]) == (fault, None, bool(accepted))
    assert bool(request["requestNo"]) == bool(accepted)


def test_a_stalled_request_is_accepted_and_its_connection_stays_open(sandbox: Caller) -> None:
    sandbox.set_faults("accept_then_stall")

    assert exchange(sandbox, patience=0.5) == OPEN
    assert became(sandbox) == (1, 1)


def test_a_stalled_request_keeps_nobody_else_waiting(sandbox: Caller) -> None:
    sandbox.set_faults({"fault": "accept_then_stall", "times": 5})
    stalled = [sandbox.connect() for _ in range(5)]
    for connection in stalled:
        connection.sendall(b"".join(raw_request()))
    wait_for(lambda: became(sandbox) == (5, 5))

    assert sandbox.send(text="other")["resultCode"] == 0
    for connection in stalled:
        connection.close()


def test_a_dripping_answer_comes_a_byte_at_a_time(sandbox: Caller) -> None:
    sandbox.set_faults("drip")
    with sandbox.connect() as connection:
        connection.sendall(b"".join(raw_request()))
        began = time.monotonic()
        heard = b""
        while len(heard.partition(b"\r\n\r\n")[2]) < 3:
            heard += connection.recv(65536)
        took = time.monotonic() - began

    assert heard.startswith(b"HTTP/1.1 200 OK\r\n")
    assert heard.endswith(b'{"r')
    assert took > 1.5
    assert became(sandbox) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [("html_502", 502, 1), ("forbidden_403", 403, 0), ("empty_body", 200, 1), ("not_json", 200, 1)],
)
def test_an_answer_without_a_code_is_one_that_gateways_really_give(
    sandbox: Caller, fault: str, status: int, accepted: int
) -> None:
    sandbox.set_faults(fault)

    answer = sandbox.post(b"".join(raw_request()[1:]))

    assert answer.status_code == status
    assert (
        answer.text[:10]
        == {
            "html_502": "<html>\r\n<h",
            "forbidden_403": "Forbidden",
            "empty_body": "",
            "not_json": "<br />\n<b>",
        }[fault][:10]
    )
    assert became(sandbox) == (1, accepted)
    assert sandbox.get("requests")[0]["code"] is None


def test_a_code_can_come_as_a_string(sandbox: Caller) -> None:
    sandbox.set_faults("string_code")

    assert sandbox.send()["resultCode"] == "0"
    assert became(sandbox) == (1, 1)


def test_a_redirect_names_another_host_and_following_it_shows(sandbox: Caller) -> None:
    sandbox.set_faults("redirect_307")

    answer = sandbox.post(raw_request()[1])

    assert (answer.status_code, answer.content) == (307, b"")
    location = answer.headers["location"]
    assert location == sandbox.url.replace("127.0.0.1", "localhost") + "/api/v2/send/"
    assert became(sandbox) == (1, 0)
    assert Caller(location.removesuffix("/api/v2/send/")).send()["resultCode"] == 0
    assert became(sandbox) == (2, 1)


def test_a_huge_answer_goes_on_for_many_megabytes(sandbox: Caller) -> None:
    sandbox.set_faults("huge_answer")
    with sandbox.connect() as connection:
        connection.sendall(b"".join(raw_request()))
        heard = 0
        while heard < 8 << 20:
            heard += len(connection.recv(1 << 20))

    assert became(sandbox) == (1, 1)
    assert sandbox.send(text="other")["resultCode"] == 0


@pytest.mark.parametrize("code", [1, 11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 41, 42, 43, 44, 50, 77])
def test_any_code_can_be_set_and_nothing_is_accepted_then(sandbox: Caller, code: int) -> None:
    sandbox.set_faults({"fault": "code", "code": code})

    answer = sandbox.send()

    assert answer["resultCode"] == code
    assert answer["message"]
    assert became(sandbox) == (1, 0)


def test_a_fault_does_not_make_a_bad_message_good(sandbox: Caller) -> None:
    sandbox.set_faults("string_code", "accept_then_hang_up", {"fault": "code", "code": 0})

    assert sandbox.send(title="50%")["resultCode"] == "22"
    assert exchange(sandbox, title="50%") == b""
    assert sandbox.send(title="50%")["resultCode"] == 22
    assert became(sandbox) == (3, 0)


def test_faults_strike_in_order_after_and_as_often_as_they_are_told(sandbox: Caller) -> None:
    sandbox.set_faults({"fault": "code", "code": 12, "after": 1, "times": 2}, {"fault": "code", "code": 50, "after": 4})

    answers = [sandbox.send(text=str(turn))["resultCode"] for turn in range(6)]

    assert answers == [0, 12, 12, 0, 50, 0]
    assert sandbox.get("faults") == []


def test_faults_that_are_set_can_be_seen_and_removed(sandbox: Caller) -> None:
    given = [
        {"fault": "drip", "times": 2, "after": 3},
        {"fault": "code", "times": 1, "after": 0, "code": 12},
        {"fault": "not_json", "times": 9, "after": 9, "probability": 0.5},
    ]

    assert sandbox.set_faults(*given).json() == given
    assert sandbox.get("faults") == given
    assert requests.post(f"{sandbox.url}/sandbox/faults", json={"fault": "drip"}, timeout=5).status_code == 200
    assert len(sandbox.get("faults")) == 4
    assert requests.delete(f"{sandbox.url}/sandbox/faults", timeout=5).json() == []
    assert sandbox.get("faults") == []
    assert sandbox.send()["resultCode"] == 0


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"fault": "unheard_of"}, "no such fault"),
        ({}, "name"),
        ("drip", "object"),
        ({"fault": "drip", "times": 0}, "times"),
        ({"fault": "drip", "times": "2"}, "times"),
        ({"fault": "drip", "after": -1}, "after"),
        ({"fault": "code"}, "code"),
        ({"fault": "code", "code": "13"}, "code"),
        ({"fault": "drip", "code": 13}, "code"),
        ({"fault": "drip", "probability": 2}, "probability"),
        ({"fault": "drip", "often": 2}, "often"),
        ([{"fault": "drip"}, {"fault": "unheard_of"}], "no such fault"),
    ],
)
def test_a_fault_that_makes_no_sense_is_400_with_a_reason_and_sets_nothing(
    sandbox: Caller, given: object, word: str
) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", json=given, timeout=5)

    assert answer.status_code == 400
    assert word in answer.json()["error"]
    assert sandbox.get("faults") == []


def test_faults_that_are_no_json_are_400(sandbox: Caller) -> None:
    answer = requests.post(f"{sandbox.url}/sandbox/faults", data=b"{", timeout=5)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_client_that_goes_away_before_the_end_of_its_request_leaves_no_trace(sandbox: Caller) -> None:
    head, content = raw_request()
    with sandbox.connect() as connection:
        connection.sendall(head + content[:-1])

    assert sandbox.send(text="next")["resultCode"] == 0
    assert became(sandbox) == (1, 1)


def test_a_connection_serves_many_requests(sandbox: Caller) -> None:
    with sandbox.connect() as connection:
        for turn in range(3):
            connection.sendall(b"".join(raw_request(text=f"message {turn}")))
            heard = b""
            while not heard.endswith(b"}"):
                heard += connection.recv(65536)
            assert json.loads(heard.partition(b"\r\n\r\n")[2])["resultCode"] == 0

    assert became(sandbox) == (3, 3)


def wait_for(condition: Callable[[], bool], patience: float = 5.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
