"""Home, what is done to a whole campaign, the language, and how a browser is let in."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from campaign.web import drafts
from tests.support.web import axe_violations, start_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.support.web import Visitor, WebServer


@pytest.fixture(autouse=True)
def empty_home(server: WebServer) -> Iterator[None]:
    yield
    for draft in drafts.everything(server.home):
        drafts.delete(draft)


def test_an_empty_home_says_how_to_begin(page: Page) -> None:
    assert page.get_by_role("heading", name="아직 캠페인이 없습니다.").is_visible()
    assert "연습 모드입니다." in page.inner_text(".banner")
    assert page.get_attribute("html", "lang") == "ko"
    assert "token" not in page.url
    assert axe_violations(page) == []


def test_a_campaign_is_made_named_copied_and_deleted(page: Page, server: WebServer) -> None:
    page.get_by_role("button", name="새 캠페인").click()
    expect(page).to_have_url(re.compile(r"/campaigns/[a-z0-9]{12}/list$"))
    page.get_by_text("이름 바꾸기").click()
    page.get_by_label("캠페인 이름").fill("봄 <b>세일</b>\u202e")
    page.get_by_role("button", name="저장").click()
    expect(page.locator(".rename .name")).to_have_text("봄 <b>세일</b>")
    assert axe_violations(page) == []

    page.goto(server.url)
    menu = page.get_by_label("봄 <b>세일</b> 더 보기")
    menu.click()
    page.get_by_role("button", name="복사").click()
    page.goto(server.url)
    expect(page.locator(".entries .name")).to_have_count(2)
    assert sorted(page.locator(".entries .name").all_inner_texts()) == ["봄 <b>세일</b>", "봄 <b>세일</b> (사본)"]

    page.get_by_label("봄 <b>세일</b> 더 보기", exact=True).click()
    page.get_by_text("삭제", exact=True).locator("visible=true").click()
    page.get_by_role("button", name="완전히 삭제").locator("visible=true").click()
    expect(page.locator(".entries .name")).to_have_text(["봄 <b>세일</b> (사본)"])
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_language_is_chosen_on_the_page_and_stays(page: Page, server: WebServer) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="There is no campaign yet.")).to_be_visible()
    assert page.get_attribute("html", "lang") == "en"
    page.goto(f"{server.url}/")
    expect(page.get_by_role("heading", name="There is no campaign yet.")).to_be_visible()
    assert axe_violations(page) == []


def test_errors_are_pages_in_the_same_frame_with_a_way_on(visitor: Visitor, server: WebServer) -> None:
    visitor.expect_status(404)
    visitor.page.goto(f"{server.url}/campaigns/nosuchthing1")
    assert "없는 캠페인입니다." in visitor.page.inner_text("main")
    assert axe_violations(visitor.page) == []
    visitor.page.locator("main").get_by_role("link", name="캠페인", exact=True).click()
    expect(visitor.page).to_have_url(f"{server.url}/")


def test_an_address_lets_in_once(server: WebServer) -> None:
    address = server.link()
    first = requests.get(address, allow_redirects=False, timeout=10)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert cookie.startswith(f"campaign-{server.url.rpartition(':')[2]}=")
    again = requests.get(address, allow_redirects=False, timeout=10)
    assert again.status_code == 401
    assert "campaign web link" in again.text
    assert "set-cookie" not in again.headers


def test_another_address_is_printed_by_a_command(server: WebServer) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "campaign", "web", "link", "--home", str(server.home)],
        env=server.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert requests.get(done.stdout.strip(), allow_redirects=False, timeout=10).status_code == 303


def test_a_program_that_only_looks_at_links_does_not_use_them_up(server: WebServer) -> None:
    address = server.link()
    assert requests.head(address, timeout=10).status_code == 405
    assert requests.get(address, allow_redirects=False, timeout=10).status_code == 303


def test_without_a_session_nothing_is_shown_and_who_signed_out_has_none(visitor: Visitor, server: WebServer) -> None:
    assert requests.get(server.url, timeout=10).status_code == 401
    visitor.expect_status(401)
    cookies = {one["name"]: one["value"] for one in visitor.context.cookies()}
    visitor.page.get_by_role("button", name="나가기").click()
    expect(visitor.page.get_by_text("로그아웃했습니다.")).to_be_visible()
    assert axe_violations(visitor.page) == []
    assert requests.get(server.url, cookies=cookies, timeout=10).status_code == 401


def test_two_servers_do_not_share_a_folder_and_a_link_needs_one(server: WebServer, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "campaign", "web"]
    second = subprocess.run(
        [*words, "--port", "0", "--no-browser", "--home", str(server.home)],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    assert "is running there already" in second.stderr
    port = server.url.rpartition(":")[2]
    third = subprocess.run(
        [*words, "--port", port, "--no-browser", "--home", str(tmp_path / "other")],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert third.returncode == 2
    assert f"port {port} is taken" in third.stderr
    none = subprocess.run(
        [*words, "link", "--home", str(tmp_path / "other")],
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert none.returncode == 2
    assert "is not running there" in none.stderr


def test_the_files_of_the_page_are_readable_by_their_owner_alone(server: WebServer) -> None:
    assert server.home.stat().st_mode & 0o777 == 0o700
    assert (server.home / "web.sqlite3").stat().st_mode & 0o777 == 0o600


def test_the_keys_are_in_the_engine_process_alone(tmp_path: Path) -> None:
    server = start_web(tmp_path / "campaigns", env={"IWINV_API_KEY": "key-of-the-house", "IWINV_AUTH_KEY": "other"})
    try:
        requests.get(server.link(), timeout=10).raise_for_status()
        holders = {}
        for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text()
            holders[words.split("\0")[3]] = "key-of-the-house" in Path(f"/proc/{pid}/environ").read_text()
        without = {"campaign.web.check_process": False, "campaign.web.journal_process": False}
        assert holders == {"campaign.web.engine_process": True, **without}
    finally:
        assert server.stop() == ""
