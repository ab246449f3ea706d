"""The sandbox's inbox page in a real browser."""

from __future__ import annotations

import io
import json
import shutil
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
import requests
from PIL import Image
from playwright.sync_api import sync_playwright

from campaign.sandbox import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here, see tests/browser.sh")

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
HEADERS = {"Secret": b64encode(b"api-key&auth-key").decode()}
PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start(seed=1) as sandbox:
        yield sandbox.url


@pytest.fixture
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page, open, at desk width or the one asked for; whatever it complains of fails the test."""
    requests.delete(f"{url}/sandbox", timeout=5)
    width, height = getattr(request, "param", DESK)
    page = browser.new_page(viewport={"width": width, "height": height})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    page.close()
    assert complaints == []


def send(url: str, **fields: object) -> None:
    body = {"version": "1.0", "from": "02-1234-5678", "to": ["010-2345-6789"], "text": "hello"} | fields
    content = json.dumps(body).encode()
    headers = {**HEADERS, "Content-Type": "application/json;charset=UTF-8"}
    requests.post(f"{url}/api/v2/send/", content, headers=headers, timeout=5).raise_for_status()


def send_picture(url: str) -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (320, 200), "#c0ffee").save(jpeg, "JPEG")
    fields = {"version": "1.0", "from": "0212345678", "to": "0=01023456789", "title": "Poster", "text": "Look"}
    files = {"image": ("poster.jpg", jpeg.getvalue())}
    requests.post(f"{url}/api/v2/send/", fields, files=files, headers=HEADERS, timeout=5).raise_for_status()


both_widths = pytest.mark.parametrize("page", [PHONE, DESK], indirect=True, ids=["phone", "desk"])


@both_widths
def test_an_empty_inbox_says_so_and_where_to_send(page: Page, url: str) -> None:
    page.wait_for_selector("#empty")

    assert "아직 받은 메시지가 없습니다." in page.inner_text("#empty")
    assert url in page.inner_text("#empty")
    assert "연습용: 실제로 발송되지 않습니다" in page.inner_text(".banner")


@both_widths
def test_messages_appear_by_themselves_newest_first(page: Page, url: str) -> None:
    send(url, text="first")
    page.wait_for_selector("text=first")
    send(url, text="second", title="Title")
    page.wait_for_selector("text=second")

    assert page.locator(".message .text").all_inner_texts() == ["second", "first"]
    assert page.locator(".message .badge").all_inner_texts() == ["LMS", "SMS"]
    assert "6 byte" in page.locator(".message").first.inner_text()
    assert page.inner_text("#stat-accepted") == "2"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_picture_is_shown_in_its_bubble(page: Page, url: str) -> None:
    send_picture(url)

    picture = page.locator(".bubble img")
    picture.wait_for()
    page.wait_for_function("document.querySelector('.bubble img').naturalWidth === 320")
    assert picture.get_attribute("alt") == "첨부 이미지 poster.jpg"


def test_hostile_text_is_only_text(page: Page, url: str) -> None:
    send(url, text=HOSTILE)

    page.wait_for_selector(".message")

    assert page.inner_text(".message .text") == HOSTILE
    assert page.locator(".bubble img, .bubble script").count() == 0
    assert "taken" not in page.title()


def test_a_refusal_is_shown_with_its_code_in_the_vendors_words(page: Page, url: str) -> None:
    send(url, to=["010-0000-1013"])

    page.wait_for_selector(".message.refused")

    assert "거부 13 · 등록되지 않은 발신번호입니다." in page.inner_text(".message")


@both_widths
def test_a_search_finds_the_messages_of_a_number(page: Page, url: str) -> None:
    send(url, to=["010-2345-6789", "010-9876-5432"], text="to both")
    send(url, to=["010-2345-6789"], text="to one")
    page.wait_for_selector("text=to one")

    page.fill("#number", "9876-5432")
    page.wait_for_selector("text=to one", state="detached")

    assert page.locator(".message .text").all_inner_texts() == ["to both"]
    assert "받는 사람 010-9876-5432 외 1명" in page.inner_text(".message")
    assert page.url.endswith("?number=98765432")

    page.fill("#number", "")
    page.wait_for_selector("text=to one")


@both_widths
def test_the_request_behind_a_message_can_be_seen(page: Page, url: str) -> None:
    send(url, to=[f"010{20_000_000 + place}" for place in range(1_000)], text="to many")
    page.wait_for_selector("text=to many")
    (request,) = requests.get(f"{url}/sandbox/requests", timeout=5).json()

    page.click(".message")
    page.wait_for_selector("#request .facts")

    shown = page.inner_text("#request")
    assert request["requestNo"] in shown
    assert "0 · 전송 성공" in shown
    assert "1,000명" in shown
    assert "010-2000-0000" in shown


def test_older_messages_are_a_click_away(page: Page, url: str) -> None:
    for turn in range(40):
        send(url, text=f"message {turn:02}")
    page.reload()
    page.wait_for_selector("#more")
    assert page.locator(".message").count() == 30

    page.click("#more")
    page.wait_for_selector("text=message 00")

    assert page.locator(".message .text").all_inner_texts() == [f"message {turn:02}" for turn in reversed(range(40))]


def test_a_burst_ends_with_the_newest_page_and_emptying_with_an_empty_one(page: Page, url: str) -> None:
    for turn in range(100):
        send(url, text=f"message {turn:02}")
    page.wait_for_selector("text=message 99")
    page.wait_for_function("document.querySelector('#stat-requests').textContent === '100'")
    texts = page.locator(".message .text").all_inner_texts()
    assert texts == [f"message {turn:02}" for turn in reversed(range(100 - len(texts), 100))]

    requests.delete(f"{url}/sandbox", timeout=5)

    page.wait_for_selector("#empty")
    assert page.locator(".message").count() == 0
