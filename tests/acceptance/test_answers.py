"""Odd answers, from a gateway on a bare socket: what the whole program makes of them."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.integration.wire.listener import Listener
from tests.integration.wire.scripts import ACCEPTED, answer
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.integration.wire.listener import Peer
    from tests.support.desk import Done


@contextmanager
def gateway(folder: Path, bodies: Sequence[bytes | None]) -> Iterator[tuple[Desk, list[bytes]]]:
    """A desk whose gateway answers sends with these bodies, one after the other, then accepts; None: it hangs up.

    The list is of the sends that came.
    """
    left = list(bodies)[::-1]
    sends: list[bytes] = []
    lock = threading.Lock()

    def play(peer: Peer) -> None:
        while True:
            request = peer.read_request()
            if not request.startswith(b"POST"):
                peer.send(answer(b"", status="404 Not Found"))
                continue
            with lock:
                sends.append(request)
                body = left.pop() if left else ACCEPTED
            if body is None:
                return
            peer.send(answer(body))

    with Listener(play) as listener:
        yield Desk(folder, listener.origin), sends


def send(desk: Desk, rows: int) -> Done:
    desk.people(rows)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    return desk.run("send", "c.toml", "--yes", "--json")


def says(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "words", ["\ud83d", "a\udc00b", "\0", "\x1b[2J\x07", "\u2028\ufffe", "가" * 3_000, "</t>&<", "=1+1"]
)
def test_an_answer_of_any_text_is_written_down_with_the_others(tmp_path: Path, words: str) -> None:
    odd = says(resultCode=0, message=words, requestNo=words, msgType="SMS")
    with gateway(tmp_path, [ACCEPTED, odd]) as (desk, sends):
        done = send(desk, 4)
        assert (done.status, done.json["rows"]) == (0, {"total": 4, "accepted": 4})
        assert len(sends) == 4
        rows = desk.results(done.json["report"])
        assert [row["resultCode"] for row in rows] == [0] * 4
        assert rows[2]["message"] == "전송 성공"
        assert desk.run("status", "last", "--json").json["codes"] == {"0": 4}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"202", "keys were rejected"),
        (b"00", "older edition"),
        (says(code=206, message="등록하지 않은 IP에서는 발송되지 않습니다."), "IP address is not registered"),
    ],
)
def test_an_answer_that_public_clients_know_pauses_at_the_first_and_stays_unknown(
    tmp_path: Path, body: bytes, words: str
) -> None:
    with gateway(tmp_path, [ACCEPTED, body]) as (desk, sends):
        done = send(desk, 5)
        assert (done.status, done.json["rows"]) == (3, {"total": 5, "accepted": 1, "unknown": 1, "pending": 3})
        assert words in done.json["why"]
        assert "vendor's document does not list it" in done.json["why"]
        assert len(sends) == 2
        row = desk.results(done.json["report"])[1]
        assert (row["status"], row["resultCode"], words in row["reason"]) == ("unknown", None, True)


def test_two_codes_in_one_answer_are_no_answer_and_its_request_number_is_kept(tmp_path: Path) -> None:
    with gateway(tmp_path, [b'{"resultCode": 0, "resultCode": 13, "requestNo": "4711"}']) as (desk, sends):
        done = send(desk, 3)
        assert (done.status, done.json["rows"]) == (1, {"total": 3, "accepted": 2, "unknown": 1})
        assert len(sends) == 3
        row = desk.results(done.json["report"])[0]
        assert (row["status"], row["resultCode"], row["requestNo"]) == ("unknown", None, "4711")


def test_a_code_of_an_earlier_attempt_is_nowhere_after_one_without_an_answer(tmp_path: Path) -> None:
    refused = says(resultCode=1, message="메시지가 전송되지 않았습니다.", requestNo="1", msgType="SMS")
    with gateway(tmp_path, [refused, None]) as (desk, sends):
        done = send(desk, 1)
        assert (done.status, done.json["rows"], done.json["codes"]) == (1, {"total": 1, "unknown": 1}, {})
        assert len(sends) == 2
        [row] = desk.results(done.json["report"])
        assert [row[name] for name in ("status", "resultCode", "message", "requestNo")] == ["unknown", *[None] * 3]
        [request] = desk.results(done.json["report"], "requests")
        assert request["resultCode"] is None
        assert desk.run("status", "last", "--json").json["codes"] == {}
        assert "codes" not in desk.run("status", "last").out


@pytest.mark.parametrize(("kind", "shown"), [("sms", "SMS"), (" Sms ", "SMS"), ("RCS", "RCS"), ("", "SMS"), (7, "7")])
def test_a_message_type_that_is_not_known_is_shown_and_costs_what_was_planned(
    tmp_path: Path, kind: object, shown: str
) -> None:
    with gateway(tmp_path, [says(resultCode=0, message="", requestNo="1", msgType=kind)]) as (desk, _):
        desk.people(2)
        desk.campaign("{{ 이름 }}님", gateway="in_flight = 1", prices="SMS = 20\nLMS = 50")
        done = desk.run("send", "c.toml", "--yes", "--json")
        assert (done.status, done.json["cost"]) == (0, 40)
        assert sum(done.json["types"].values()) == 2
        assert desk.results(done.json["report"])[0]["msgType"] == shown
