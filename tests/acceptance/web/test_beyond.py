"""Beyond this computer: what it takes to start, users by the command, TLS, and signing in with a browser."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
import trustme
from playwright.sync_api import expect

from tests.support.desk import ROOT
from tests.support.web import axe_violations, start_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

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
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WebServer, Path]]:
    """A page with TLS for `localhost`, and the file of the authority that signed its certificate."""
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
    server = start_web(home, *tls)
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


def test_the_certificate_is_the_one_that_was_named_and_no_link_lets_in(house: tuple[WebServer, Path]) -> None:
    server, authority = house
    assert requests.get(f"{server.url}/login", verify=str(authority), timeout=10).status_code == 200
    done = web(server.home, "link")
    assert (done.returncode, f"sign in at {server.url}" in done.stderr) == (2, True)
