"""Beyond this computer: what it takes to start, users by the command, TLS, and signing in with a browser."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests
import trustme
from playwright.sync_api import expect

from campaign.web import users
from campaign.web.store import Store
from tests.support.desk import KEYS, ROOT
from tests.support.web import SIZES, axe_violations, start_web
from tests.support.web_campaigns import make_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.web import WebServer

PASSWORD = "a good password"  # noqa: S105 - of nobody


def web(home: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "campaign", "web", *words, "--home", str(home)],
        env={"CAMPAIGN_LANG": "en", "PYTHONPATH": str(ROOT)},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def house(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Path]]:
    """A page with TLS for `localhost` that really sends, and the file of the authority that signed its certificate."""
    folder = tmp_path_factory.mktemp("beyond")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    home = folder / "campaigns"
    done = web(home, "user", "add", "김하늘", "--role", "admin", given=PASSWORD + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    tls = ["--name", "localhost", "--cert", str(folder / "cert.pem"), "--key", str(folder / "key.pem")]
    rules = 'approval = "all"\nundo_seconds = 0.5\nask_reason = true\nmost_a_day = 20000\n'
    (home / "web.toml").write_text(rules, encoding="utf-8")
    server = start_web(home, *tls, env=KEYS | {"CAMPAIGN_GATEWAY_URL": gateway})
    yield server, folder / "ca.pem"
    assert server.stop() == ""


def test_it_does_not_start_without_name_tls_and_a_user(tmp_path: Path) -> None:
    done = web(tmp_path / "campaigns", "--host", "0.0.0.0", "--no-browser", "--port", "0")  # noqa: S104 - refused
    assert done.returncode == 2
    for words in ("--name:", "--cert and --key, or --behind-proxy:", "campaign web user add NAME --role admin"):
        assert words in done.stderr


def test_users_are_added_changed_listed_and_removed_by_the_command(tmp_path: Path) -> None:
    home = tmp_path / "campaigns"
    short = web(home, "user", "add", "kim", "--role", "send", given="short\n")
    assert (short.returncode, "10 to 200 characters" in short.stderr) == (2, True)
    assert web(home, "user", "add", "kim", "--role", "send", "--role", "result", given=PASSWORD).returncode == 0
    assert web(home, "user", "list").stdout == "kim  view, prepare, send, result\n"
    assert web(home, "user", "role", "kim", "--role", "view").returncode == 0
    assert web(home, "user", "list").stdout == "kim  view\n"
    assert web(home, "user", "remove", "kim").returncode == 0
    again = web(home, "user", "remove", "kim")
    assert (again.returncode, "no such user" in again.stderr) == (2, True)


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)], ids=["phone", "desk"])
def test_a_user_signs_in_over_tls_and_looks_at_the_record(
    browser: Browser, house: tuple[WebServer, Path], size: tuple[int, int]
) -> None:
    server, _ = house
    width, height = size
    context = browser.new_context(ignore_https_errors=True, locale="ko", viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{server.url}/record")
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_label("이름").fill("김하늘")
    page.get_by_label("비밀번호").fill("wrong")
    page.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("alert")).to_have_text("이름이나 비밀번호가 맞지 않습니다.")
    assert axe_violations(page) == []
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="작업 기록")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("김하늘")
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="김하늘").click()
    expect(page.get_by_role("heading", name="비밀번호 바꾸기")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    context.close()


def look_at(page: Page, *sizes: str) -> None:
    """Nothing for axe to find, and nothing to scroll sideways, at both widths or those that are named."""
    for width, height in (SIZES[size] for size in sizes or SIZES):
        page.set_viewport_size({"width": width, "height": height})
        assert axe_violations(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def ask_for_approval(page: Page) -> None:
    """Without a reason first, which is refused, then with one."""
    expect(page.get_by_text("하루에 20,000명까지 보낼 수 있습니다.")).to_be_visible()
    look_at(page)
    page.get_by_role("button", name="승인 요청").click()
    expect(page.get_by_role("alert")).to_have_text("보내는 사유를 입력하세요. 기록에 남습니다.")
    look_at(page)
    page.get_by_label("보내는 사유").fill("봄 세일이 내일 끝납니다")
    page.get_by_role("button", name="승인 요청").click()


def test_one_user_asks_another_one_approves_and_the_run_has_both_names(
    browser: Browser, house: tuple[WebServer, Path]
) -> None:
    server, _ = house
    store = Store(server.home)
    hashed = users.hash_password(PASSWORD)
    for name, role in (("이바다", "prepare"), ("lee", "send")):
        store.run_now(partial(users.add, name=name, password_hash=hashed, roles=[role]))
    store.close()
    draft = make_campaign(server.home, first=90_000)
    complaints: list[str] = []

    def sign_in(name: str, language: str) -> Page:
        page = browser.new_context(ignore_https_errors=True, locale=language).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{server.url}/login")
        page.locator("#name").fill(name)
        page.locator("#password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator(".who")).to_contain_text(name)
        return page

    asks, approves, administers = sign_in("이바다", "ko"), sign_in("lee", "en"), sign_in("김하늘", "ko")
    asks.goto(f"{server.url}/campaigns/{draft.id}/send")
    expect(asks.get_by_text("보내기 전에 다른 사람의 승인이 필요합니다.")).to_be_visible()
    ask_for_approval(asks)
    expect(asks.get_by_text("요청한 사람은 승인할 수 없습니다.")).to_be_visible()
    look_at(asks)
    approves.goto(f"{server.url}/campaigns/{draft.id}/send")
    expect(approves.get_by_text("이바다 asked for approval on")).to_be_visible()
    expect(approves.get_by_label("Why is it sent?")).to_be_visible()
    look_at(approves)
    approves.goto(server.url)
    approves.get_by_role("link", name="봄 세일").first.click()
    expect(approves.get_by_role("button", name="Approve and send")).to_be_visible()
    expect(approves.get_by_text("Reason: 봄 세일이 내일 끝납니다")).to_be_visible()
    look_at(approves)
    approves.get_by_role("button", name="Approve and send").dblclick()
    expect(approves.locator(".badge").first).to_have_text("Finished")
    expect(approves.get_by_text("이바다, approved by lee · 봄 세일이 내일 끝납니다")).to_be_visible()
    look_at(approves)
    expect(approves.get_by_role("link", name="Get the result workbook")).to_have_count(0)  # not the role of lee
    run = approves.url.partition("?")[0]
    for page, size in ((approves, "phone"), (administers, "desk")):
        for path in ("/requests", "/requests/1"):
            page.goto(run + path)
            look_at(page, size)
    expect(approves.locator("main")).to_contain_text("010-****-")
    for path in ("/settings", "/doctor", "/people"):
        administers.goto(server.url + path)
        if path == "/people":
            administers.get_by_text("바꾸기").first.click()
        look_at(administers)
    administers.get_by_role("button", name="English").click()
    expect(administers.locator("html")).to_have_attribute("lang", "en")
    for path in ("/settings", "/people", "/doctor", "/account"):
        administers.goto(server.url + path)
        look_at(administers, "phone")
    for page in (asks, approves, administers):
        page.context.close()
    [refused] = complaints  # the form without a reason, and nothing else
    assert "400 (Bad Request)" in refused


def test_the_certificate_is_the_one_that_was_named_and_no_link_lets_in(house: tuple[WebServer, Path]) -> None:
    server, authority = house
    assert requests.get(f"{server.url}/login", verify=str(authority), timeout=10).status_code == 200
    done = web(server.home, "link")
    assert (done.returncode, f"sign in at {server.url}" in done.stderr) == (2, True)
