"""The whole way in a browser, from home to the result: at both widths, by keyboard alone, and without scripts."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.support.desk import number
from tests.support.web import axe_violations, start_web, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.support.web import Visitor, WebServer

LONG = 60_000
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """A page in practice mode where a send can be taken back for a second only."""
    home = tmp_path_factory.mktemp("walk") / "campaigns"
    home.mkdir(mode=0o700)
    (home / "web.toml").write_text("undo_seconds = 1\n", encoding="utf-8")
    server = start_web(home)
    yield server
    assert server.stop() == ""


def sheet(first: int) -> dict[str, Any]:
    """Three recipients, one of them with a name that would be markup, and a row with a wrong number."""
    book, content = openpyxl.Workbook(), BytesIO()
    rows = book.active
    assert rows is not None
    names = ("김민서", HOSTILE, "박서연")
    for row in [
        ("이름", "휴대폰"),
        *((name, number(first + place)) for place, name in enumerate(names)),
        ("이", "02-1"),
    ]:
        rows.append(row)
    book.save(content)
    return {"name": "명단.xlsx", "mimeType": "application/octet-stream", "buffer": content.getvalue()}


def looked_at(page: Page) -> None:
    """Nothing for axe to find, in either language, and nothing to scroll sideways."""
    assert axe_violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert "taken" not in page.title()


def in_english_too(page: Page) -> None:
    looked_at(page)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    looked_at(page)
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_from_an_empty_home_to_the_result_in_at_most_twelve_actions(visitor: Visitor) -> None:
    page, actions = visitor.page, 0

    def act(target: Locator, words: str | None = None) -> None:
        nonlocal actions
        actions += 1
        target.click(timeout=LONG) if words is None else target.fill(words, timeout=LONG)

    act(page.get_by_role("button", name="새 캠페인").first)
    actions += 1
    page.set_input_files("input[type=file]", sheet(100))
    expect(page.get_by_text("4행을 읽었습니다")).to_be_visible(timeout=LONG)
    in_english_too(page)
    act(page.get_by_role("link", name="다음: 문안"))
    act(page.get_by_label("보낼 내용"), "{{ 이름 }}님 안녕하세요")
    act(page.get_by_label("보내는 번호"), "02-1234-5678")
    expect(page.locator(".bubble").first).to_contain_text("님 안녕하세요", timeout=LONG)
    looked_at(page)
    act(page.get_by_role("button", name="다음: 확인"))
    expect(page.get_by_role("heading", name="3명에게 보낼 수 있습니다.")).to_be_visible(timeout=LONG)
    in_english_too(page)
    expect(page.get_by_role("heading", name="3명에게 보낼 수 있습니다.")).to_be_visible(timeout=LONG)
    act(page.get_by_role("link", name="다음: 테스트"))
    in_english_too(page)
    act(page.get_by_label("내 휴대폰 번호"), number(1))
    act(page.get_by_role("button", name="테스트 문자 보내기"))
    expect(page.get_by_text("도착했나요?")).to_be_visible(timeout=LONG)
    looked_at(page)
    act(page.get_by_role("link", name="다음: 보내기"))
    expect(page.get_by_role("button", name="3명에게 보내기")).to_be_visible(timeout=LONG)
    in_english_too(page)
    act(page.get_by_role("button", name="3명에게 보내기"))
    expect(page.locator(".badge").first).to_have_text("완료", timeout=LONG)
    in_english_too(page)
    with page.expect_download() as download:
        act(page.get_by_role("link", name="결과 엑셀 받기"))
    made = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))
    cells = {str(cell.value) for rows in made.worksheets for row in rows.iter_rows() for cell in row}
    assert {number(100), HOSTILE, "accepted"} <= cells
    assert actions <= 12


def test_home_the_runs_and_the_schedules_are_looked_at(visitor: Visitor, server: WebServer) -> None:
    page = visitor.page
    for path in ("/", "/runs", "/schedules", "/record"):
        page.goto(server.url + path)
        in_english_too(page)


def focus_by_tab(page: Page, target: Locator) -> None:
    """Press Tab until the element has the focus."""
    handle = target.first.element_handle(timeout=LONG)
    for _ in range(80):
        if page.evaluate("element => document.activeElement === element", handle):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {target}")


@pytest.mark.parametrize("visitor", ["desk"], indirect=True)
def test_the_whole_way_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    focus_by_tab(page, page.get_by_role("button", name="새 캠페인"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="받는 사람")).to_be_visible()
    focus_by_tab(page, page.locator("input[type=file]"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(sheet(200))
    expect(page.get_by_text("4행을 읽었습니다")).to_be_visible(timeout=LONG)
    focus_by_tab(page, page.get_by_role("link", name="다음: 문안"))
    page.keyboard.press("Enter")
    focus_by_tab(page, page.get_by_label("보낼 내용"))
    page.keyboard.insert_text("{{ 이름 }}님, 자판으로")
    focus_by_tab(page, page.get_by_label("보내는 번호"))
    page.keyboard.insert_text("02-1234-5678")
    focus_by_tab(page, page.get_by_role("button", name="다음: 확인"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="3명에게 보낼 수 있습니다.")).to_be_visible(timeout=LONG)
    focus_by_tab(page, page.get_by_role("link", name="보내기"))
    page.keyboard.press("Enter")
    focus_by_tab(page, page.get_by_role("button", name="3명에게 보내기"))
    page.keyboard.press("Enter")
    expect(page.locator(".badge").first).to_have_text("완료", timeout=LONG)


def test_the_whole_way_without_scripts(browser: Browser, server: WebServer) -> None:
    visitor = visit(browser, server, "phone", scripts=False)
    page = visitor.page
    page.get_by_role("button", name="새 캠페인").first.click()
    page.set_input_files("input[type=file]", sheet(300))
    page.get_by_role("button", name="올리기").click()
    expect(page.get_by_text("4행을 읽었습니다")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="다음: 문안").click()
    page.get_by_label("보낼 내용").fill("{{ 이름 }}님, 스크립트 없이")
    page.get_by_label("보내는 번호").fill("02-1234-5678")
    page.get_by_role("button", name="다음: 확인").click()
    expect(page.get_by_role("heading", name="3명에게 보낼 수 있습니다.")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="보내기").first.click()
    page.get_by_role("button", name="3명에게 보내기").click(timeout=LONG)
    expect(page.locator(".badge").first).to_have_text("완료", timeout=LONG)
    visitor.context.close()
    assert visitor.unexpected() == []
