"""What scripts are told: counts, requests, deliveries, repeats."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.integration.test_sandbox.caller import JPEG, SECRET, Caller, numbers


def test_an_empty_sandbox_has_nothing_to_tell(sandbox: Caller) -> None:
    assert sandbox.stats() == {"requests": 0, "accepted": 0, "recipients": 0, "repeats": 0}
    assert sandbox.get("requests") == []
    assert sandbox.get("deliveries") == []
    assert sandbox.get("faults") == []


def test_counts_are_of_requests_accepted_requests_and_their_recipients(sandbox: Caller) -> None:
    sandbox.send(to=numbers(3))
    sandbox.send(to=["010-0000-1013", *numbers(5)])
    sandbox.send_mms()

    assert sandbox.stats() == {"requests": 3, "accepted": 2, "recipients": 4, "repeats": 0}


def test_a_delivery_has_exactly_these_facts(sandbox: Caller) -> None:
    number = sandbox.send(to=["010-2345-6789"], title="제목", text="여러\n줄", sender="02-1234-5678")["requestNo"]

    (delivery,) = sandbox.get("deliveries")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00", delivery.pop("receivedAt"))
    assert delivery == {
        "number": "01023456789",
        "text": "여러\n줄",
        "title": "제목",
        "msgType": "LMS",
        "from": "0212345678",
        "requestNo": number,
        "date": None,
    }


def test_a_request_is_listed_with_what_was_received_and_what_became_of_it(sandbox: Caller) -> None:
    number = sandbox.send_mms("v1", to="0=01023456789&1=01023456780")["requestNo"]

    (request,) = sandbox.get("requests")

    assert request.pop("receivedAt").endswith("+09:00")
    assert request.pop("image").keys() == {"name", "key"}
    assert request == {
        "id": 1,
        "api": "v1",
        "from": "0212345678",
        "to": ["01023456789", "01023456780"],
        "recipients": 2,
        "title": "Title",
        "text": "Text",
        "msgType": "MMS",
        "date": None,
        "accepted": True,
        "code": 0,
        "message": "전송 성공",
        "requestNo": number,
        "repeats": 0,
        "fault": None,
        "why": None,
    }
    assert sandbox.get("requests/1")["requestNo"] == number


def test_a_refused_request_is_listed_with_its_code_and_delivers_nothing(sandbox: Caller) -> None:
    sandbox.send(title="50%", to=["010-2345-6789"])

    (request,) = sandbox.get("requests")

    assert (request["code"], request["accepted"], request["requestNo"], request["to"]) == (
        22,
        False,
        "",
        ["01023456789"],
    )
    assert sandbox.get("deliveries") == []


def test_the_picture_of_a_refused_message_is_named_but_not_kept(sandbox: Caller) -> None:
    sandbox.send_mms(image=("poster.png", JPEG))

    assert sandbox.get("requests")[0]["image"] == {"name": "poster.png", "key": None}


def test_the_secret_is_nowhere_to_be_read(sandbox: Caller) -> None:
    sandbox.send()

    told = requests.get(f"{sandbox.url}/sandbox/requests", timeout=5).text

    assert SECRET not in told
    assert "api-key" not in told


@pytest.mark.parametrize(
    "window", [{}, {"offset": 0, "limit": 3}, {"offset": 4, "limit": 4}, {"offset": 9}, {"limit": 0}, {"offset": 50}]
)
def test_lists_are_oldest_first_and_can_be_read_in_windows(sandbox: Caller, window: dict[str, int]) -> None:
    sent = numbers(12)
    for first, last in ((0, 5), (5, 6), (6, 10), (10, 12)):
        sandbox.send(to=sent[first:last])
        sandbox.send(to=["010-0000-1001"])  # refused, and so no delivery
    offset, limit = window.get("offset", 0), window.get("limit", 100)

    assert [one["number"] for one in sandbox.get("deliveries", **window)] == sent[offset : offset + limit]
    assert [one["id"] for one in sandbox.get("requests", **window)] == list(range(1, 9))[offset : offset + limit]


@pytest.mark.parametrize("asked", ["01020000003", "010-2000-0003", "010 2000 0003"])
def test_deliveries_can_be_asked_by_number_however_it_is_written(sandbox: Caller, asked: str) -> None:
    sandbox.send(to=numbers(5), text="one")
    sandbox.send(to=["01020000003"], text="two")
    sandbox.send(to=["01020000004"], text="three")

    assert [one["text"] for one in sandbox.get("deliveries", number=asked)] == ["one", "two"]
    assert [one["text"] for one in sandbox.get("deliveries", number=asked, offset=1, limit=1)] == ["two"]


@pytest.mark.parametrize("asked", ["0102000000", "2000-0003", "anybody"])
def test_a_part_of_a_number_or_a_word_is_nobodys_number(sandbox: Caller, asked: str) -> None:
    sandbox.send(to=numbers(5))

    assert sandbox.get("deliveries", number=asked) == []


@pytest.mark.parametrize("wrong", ["offset=-1", "limit=x", "limit=1.5", "offset=99999999999999999999"])
def test_a_window_that_makes_no_sense_is_400_with_a_reason(sandbox: Caller, wrong: str) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/deliveries?{wrong}", timeout=5)

    assert answer.status_code == 400
    assert "whole number" in answer.json()["error"]


def test_a_long_list_comes_complete(sandbox: Caller) -> None:
    sent = numbers(1_000)
    for turn in range(5):
        sandbox.send(to=sent, text=f"message {turn}")

    found = sandbox.get("deliveries")

    assert [one["number"] for one in found] == sent * 5
    assert [one["text"] for one in found[::1000]] == [f"message {turn}" for turn in range(5)]


def test_the_same_message_to_the_same_number_is_a_repeat_in_whatever_request(sandbox: Caller) -> None:
    sandbox.send(to=numbers(10))
    sandbox.send(to=numbers(4))
    sandbox.send("v1", to=["010-2000-0000"])

    assert sandbox.stats() == {"requests": 3, "accepted": 3, "recipients": 15, "repeats": 5}
    assert [one["repeats"] for one in sandbox.get("requests")] == [0, 4, 1]


def test_a_number_twice_in_one_request_is_a_repeat(sandbox: Caller) -> None:
    sandbox.send(to=["01023456789", "010-2345-6789", "01023456780"])

    assert sandbox.stats()["repeats"] == 1


@pytest.mark.parametrize(
    "other", [{"text": "Other"}, {"title": "Other"}, {"sender": "15881234"}, {"to": ["01099999999"]}]
)
def test_another_message_or_another_number_is_no_repeat(sandbox: Caller, other: dict[str, Any]) -> None:
    sandbox.send(title="Title", text="Text")
    sandbox.send(**{"title": "Title", "text": "Text"} | other)

    assert sandbox.stats()["repeats"] == 0


def test_another_picture_makes_another_message(sandbox: Caller) -> None:
    sandbox.send_mms()
    sandbox.send_mms(image=("poster.jpg", JPEG + b"other"))
    assert sandbox.stats()["repeats"] == 0

    sandbox.send_mms(image=("another-name.jpg", JPEG))
    assert sandbox.stats()["repeats"] == 1


def test_a_refused_message_is_not_repeated_by_the_one_that_is_accepted(sandbox: Caller) -> None:
    sandbox.set_faults({"fault": "code", "code": 12})
    sandbox.send()
    sandbox.send()

    assert sandbox.stats() == {"requests": 2, "accepted": 1, "recipients": 1, "repeats": 0}


def test_emptying_forgets_messages_counts_and_faults(sandbox: Caller) -> None:
    sandbox.set_faults({"fault": "html_502", "after": 5})
    sandbox.send()

    sandbox.empty()

    assert sandbox.stats() == {"requests": 0, "accepted": 0, "recipients": 0, "repeats": 0}
    assert sandbox.get("requests") == sandbox.get("deliveries") == sandbox.get("faults") == []
    sandbox.send()
    assert sandbox.stats()["repeats"] == 0
