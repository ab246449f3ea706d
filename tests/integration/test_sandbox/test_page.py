"""The inbox page as it is served; how it looks and moves is for a browser to tell."""

from __future__ import annotations

import pytest
import requests

from tests.integration.test_sandbox.caller import JPEG, Caller, numbers

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>&quot;"


def test_the_page_says_first_that_nothing_is_sent(sandbox: Caller) -> None:
    page = requests.get(sandbox.url, timeout=5)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "연습용: 실제로 발송되지 않습니다" in page.text
    assert "sandbox, nothing is really sent" in page.text


@pytest.mark.parametrize("path", ["/", "/inbox.css", "/inbox.js", "/sandbox/inbox", "/sandbox/stats", "/nothing"])
def test_everything_is_served_under_a_strict_policy(sandbox: Caller, path: str) -> None:
    headers = requests.get(sandbox.url + path, timeout=5).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    assert "set-cookie" not in headers


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_script(sandbox: Caller) -> None:
    page = requests.get(sandbox.url, timeout=5).text
    script = requests.get(f"{sandbox.url}/inbox.js", timeout=5).text

    assert "http://" not in page + script
    assert "https://" not in page + script
    assert "<script>" not in page
    assert "innerHTML" not in script


def test_a_card_tells_the_message_and_the_request_behind_it(sandbox: Caller) -> None:
    number = sandbox.send(to=numbers(1_000), text="가" * 46)["requestNo"]

    (card,) = sandbox.get("inbox")["cards"]

    assert (card["text"], card["bytes"], card["msgType"]) == ("가" * 46, 92, "LMS")
    assert (card["to"], card["recipients"], card["requestNo"], card["code"]) == ("01020000000", 1_000, number, 0)


def test_hostile_text_comes_as_json_data_and_never_as_a_page(sandbox: Caller) -> None:
    sandbox.send(text=HOSTILE)

    answer = requests.get(f"{sandbox.url}/sandbox/inbox", timeout=5)

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["cards"][0]["text"] == HOSTILE


def test_cards_are_newest_first_a_page_at_a_time(sandbox: Caller) -> None:
    for turn in range(35):
        sandbox.send(text=str(turn))

    newest = sandbox.get("inbox")
    older = sandbox.get("inbox", before=newest["cards"][-1]["id"])

    assert [card["text"] for card in newest["cards"] + older["cards"]] == [str(turn) for turn in reversed(range(35))]
    assert (newest["more"], older["more"], newest["newest"]) == (True, False, 35)
    assert newest["stats"]["accepted"] == 35


def test_only_what_is_new_is_asked_for_while_a_campaign_runs(sandbox: Caller) -> None:
    sandbox.send(text="old")
    seen = sandbox.get("inbox")["newest"]
    assert sandbox.get("inbox", after=seen)["cards"] == []

    sandbox.send(text="new")

    assert [card["text"] for card in sandbox.get("inbox", after=seen)["cards"]] == ["new"]


@pytest.mark.parametrize("part", ["0005", "010-2000-0005", "20000005"])
def test_a_number_or_a_part_of_it_finds_its_messages(sandbox: Caller, part: str) -> None:
    sandbox.send(to=numbers(10), text="to ten")
    sandbox.send(to=numbers(3), text="to three")

    cards = sandbox.get("inbox", number=part)["cards"]

    assert [(card["text"], card["to"]) for card in cards] == [("to ten", "01020000005")]


def test_refused_requests_are_shown_with_their_code_in_the_vendors_words(sandbox: Caller) -> None:
    sandbox.send(to=["010-0000-1050"])

    (card,) = sandbox.get("inbox")["cards"]

    assert (card["accepted"], card["code"]) == (False, 50)
    assert card["message"] == "SMS 자동 충전 하루 5번 충전 한도를 초과하였습니다."


def test_the_picture_of_an_mms_is_served_as_a_jpeg_and_nothing_else(sandbox: Caller) -> None:
    sandbox.send_mms(image=("poster.jpg", JPEG))
    key = sandbox.get("inbox")["cards"][0]["image"]["key"]

    picture = requests.get(f"{sandbox.url}/sandbox/images/{key}", timeout=5)

    assert (picture.content, picture.headers["content-type"]) == (JPEG, "image/jpeg")
    assert requests.get(f"{sandbox.url}/sandbox/images/other", timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "{url}"}, 200),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "elsewhere.example"}, 403),
    ],
)
def test_another_sites_page_cannot_change_anything(sandbox: Caller, headers: dict[str, str], status: int) -> None:
    sandbox.send()
    sent = {name: value.format(url=sandbox.url) for name, value in headers.items()}

    answer = requests.delete(f"{sandbox.url}/sandbox", headers=sent, timeout=5)

    assert answer.status_code == status
    assert sandbox.stats()["requests"] == (0 if status == 200 else 1)


def test_another_sites_name_reads_nothing(sandbox: Caller) -> None:
    answer = requests.get(f"{sandbox.url}/sandbox/deliveries", headers={"Host": "elsewhere.example:80"}, timeout=5)

    assert answer.status_code == 403
