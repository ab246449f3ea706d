"""Testing, sending and following a run in a browser: at both widths, in practice mode, without a complaint of axe."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.web import WebServer, axe_violations, start_web, visit
from tests.support.web_campaigns import make_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

RUN = re.compile(r"/runs/[^/?]+$")
_PLACES = count(50_000, 1_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """`campaign web` in practice mode; a send can be taken back for two seconds."""
    home = tmp_path_factory.mktemp("web") / "campaigns"
    home.mkdir()
    (home / "web.toml").write_text("undo_seconds = 2\n", encoding="utf-8")
    server = start_web(home)
    yield server
    server.stop()


def fine(page: Page) -> None:
    """Axe finds nothing, and nothing is wider than the screen."""
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_test_to_the_result(page: Page, server: WebServer) -> None:
    draft = make_campaign(server.home, first=next(_PLACES))
    page.goto(f"{server.url}/campaigns/{draft.id}/test")
    fine(page)
    page.get_by_label("내 휴대폰 번호").fill("010-2345-6789")
    page.get_by_role("button", name="테스트 문자 보내기").click()
    expect(page.get_by_text("도착했나요?")).to_be_visible(timeout=20_000)
    fine(page)
    page.get_by_role("button", name="네, 확인했습니다").click()
    expect(page.get_by_role("heading", name="3명에게 보냅니다.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("휴대폰에서 테스트 문자를 확인했습니다.")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="3명에게 보내기").dblclick()
    expect(page.get_by_role("button", name="취소")).to_be_visible()
    fine(page)
    expect(page).to_have_url(RUN, timeout=30_000)
    expect(page.locator(".badge").first).to_have_text("완료", timeout=30_000)
    expect(page.locator(".numbers dd").first).to_have_text("3")
    fine(page)
    run = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="결과 엑셀 받기").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto(f"{server.url}/runs")
    expect(page.locator(".entries li").filter(has_text="봄 세일").first).to_be_visible()
    fine(page)

    # Back to the old form, which a person may send once more: it leads to the same run.
    page.goto(f"{server.url}/campaigns/{draft.id}/send")
    old = page.locator("form[action$='/send'] input[name=order]")
    known = run.rpartition("/")[2]
    expect(old).to_have_count(1)
    page.goto(f"{server.url}/runs/{known}")
    page.go_back()
    page.get_by_role("button", name="3명에게 보내기").click()
    page.get_by_role("button", name="취소").click()
    expect(page.get_by_role("heading", name="취소했습니다. 아무것도 보내지 않았습니다.")).to_be_visible()
    fine(page)


def test_a_run_is_paused_and_continued_while_it_is_watched(page: Page, server: WebServer) -> None:
    draft = make_campaign(server.home, 300, first=next(_PLACES), rate=40)
    page.goto(f"{server.url}/campaigns/{draft.id}/send")
    page.get_by_role("button", name="300명에게 보내기").click()
    expect(page).to_have_url(RUN, timeout=30_000)
    pause = page.get_by_role("button", name="일시정지")
    expect(pause).to_be_visible(timeout=20_000)
    pause.focus()
    expect(page.locator("#state progress")).not_to_have_attribute("value", "0", timeout=20_000)
    expect(pause).to_be_focused()  # what is polled takes no focus
    fine(page)
    pause.click()
    expect(page.get_by_role("button", name="이어서 보내기")).to_be_visible(timeout=20_000)
    fine(page)
    page.get_by_text("남은 발송 취소").first.click()
    page.get_by_role("button", name="남은 발송 취소").click()
    expect(page.locator(".badge").first).to_have_text("취소", timeout=20_000)
    fine(page)


@pytest.mark.parametrize("visitor", ["phone"], indirect=True)
def test_a_condition_a_limit_and_a_stage_from_the_list_to_the_end(page: Page, server: WebServer) -> None:
    draft = make_campaign(server.home, 6, first=next(_PLACES))
    page.goto(f"{server.url}/campaigns/{draft.id}/list")
    page.get_by_text("조건, 수신 동의, 숨긴 행, 중복").click()
    page.get_by_label("이 조건에 맞는 행에만 보내기").fill("쿠폰 != 'C0000' and 이름 != '고객0'")
    page.locator("#columns").get_by_role("button", name="저장").click()
    expect(page.get_by_label("이 조건에 맞는 행에만 보내기")).to_have_value(re.compile("쿠폰"))
    fine(page)
    page.goto(f"{server.url}/campaigns/{draft.id}/send")
    page.get_by_text("한도와 단계 발송").click()
    page.get_by_label("최대 수신자 수").fill("1")
    page.get_by_label("먼저 보낼 인원수").fill("2")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator("#ceiling")).to_contain_text("아래의 한도나 명단을 바꾸세요.")
    fine(page)
    page.get_by_label("최대 수신자 수").fill("9")
    page.get_by_role("button", name="저장", exact=True).click()
    page.get_by_role("button", name=re.compile("명에게 보내기")).click()
    expect(page).to_have_url(RUN, timeout=30_000)
    expect(page.get_by_text("나머지도 보낼까요?")).to_be_visible(timeout=30_000)
    fine(page)
    page.get_by_role("button", name="이어서 보내기").click()
    expect(page.locator(".badge").first).to_have_text("완료", timeout=30_000)
    page.get_by_label("이 열의 값별로 집계").select_option("쿠폰")
    with page.expect_download() as download:
        page.get_by_role("button", name="집계 엑셀 받기").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto(f"{server.url}/opt-outs")
    page.get_by_label("전화번호", exact=True).fill("010-2345-6789")
    page.get_by_role("button", name="조회").click()
    expect(page.get_by_text("목록에 없습니다.")).to_be_visible()
    fine(page)


@pytest.mark.parametrize("visitor", ["desk"], indirect=True)
def test_a_campaign_is_scheduled_and_the_schedule_removed(page: Page, server: WebServer) -> None:
    draft = make_campaign(server.home, first=next(_PLACES))
    page.goto(f"{server.url}/campaigns/{draft.id}/send")
    page.get_by_label("매주", exact=True).check()
    page.get_by_role("button", name="3명에게 보내기").click()
    expect(page.get_by_text("매주 월요일 10:00")).to_be_visible(timeout=20_000)
    fine(page)
    page.get_by_text("예약 삭제").first.click()
    page.get_by_role("button", name="예약 삭제").click()
    expect(page.locator(".badge").first).to_have_text("삭제됨", timeout=20_000)
    fine(page)


def test_the_pages_are_fine_in_english_and_without_scripts(browser: Browser, server: WebServer) -> None:
    draft = make_campaign(server.home, first=next(_PLACES))
    visitor = visit(browser, server, "phone", scripts=False, language="en")
    page = visitor.page
    page.goto(f"{server.url}/campaigns/{draft.id}/send")
    page.get_by_role("button", name="Send to 3 recipients").click()
    expect(page).to_have_url(RUN, timeout=30_000)  # the page loads itself again
    expect(page.locator(".badge").first).to_have_text("Finished", timeout=30_000)
    visitor.context.close()
    assert visitor.unexpected() == []
    visitor = visit(browser, server, "desk", language="en")
    for path in ("/runs", "/schedules", "/opt-outs", f"/campaigns/{draft.id}/test", f"/campaigns/{draft.id}/send"):
        visitor.page.goto(server.url + path)
        fine(visitor.page)
    visitor.context.close()
    assert visitor.unexpected() == []
