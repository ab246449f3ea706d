"""List, message and check in a browser: columns, chips, the phone, causes, fixes and decisions."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import requests
from PIL import Image
from playwright.sync_api import expect

from campaign.messages.cp949 import byte_lengths
from campaign.model.times import SEOUL
from campaign.recipients.fix_file import read as read_fixes
from campaign.web import drafts
from tests.acceptance.web.conftest import at_the_desk
from tests.support.web import axe_violations, visit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from playwright.sync_api import Browser, Page

    from tests.support.web import Visitor, WebServer

expect.set_options(timeout=20_000)  # reading, checking and rendering start processes

HOSTILE = '<img src=x onerror="document.title=1">'
HEAD = ("이름", "휴대폰", "쿠폰", "금액(원)")
PEOPLE: list[tuple[Any, ...]] = [
    HEAD,
    ("김민서", "010-0200-0001", "SPR-1", 12000),
    (HOSTILE, "02-1234-5600", "SPR-2", 3000),
    ("박서연", "010-0200-0003", None, 100),
    ("최하늘", "010-0200-0001", "SPR-1", 5),
    ("김민서", "010-0200-0001", "SPR-1", 12000),
    ("남궁은하수", "010-0200-0005", "SPR-55555", 7),
    ("=HYPERLINK(1)", "010-0200-0006", "SPR-6", 7),
]
TEXT = "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}"


def made(
    server: WebServer,
    rows: Iterable[Sequence[object]] = PEOPLE,
    *,
    text: str = "",
    settings: dict[str, Any] | None = None,
) -> drafts.Draft:
    """A campaign whose list is there already."""
    draft = drafts.create(server.home, "봄 세일")
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    for row in rows:
        tab.append(list(row))
        for cell in tab[tab.max_row]:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    book.save(draft.folder / drafts.LIST / "명단.xlsx")
    drafts.set_lists(draft, ["명단.xlsx"])
    found = {"": {"sender": "02-1234-5678"}, "prices": {"SMS": 20, "LMS": 50}, **(settings or {})}
    drafts.change(draft, found, text=text or None)
    return draft


def go(page: Page, server: WebServer, draft: drafts.Draft, step: str) -> None:
    page.goto(f"{server.url}/campaigns/{draft.id}/{step}")


def well_made(page: Page) -> None:
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def numbers_of_the_command_line(server: WebServer, draft: drafts.Draft) -> dict[str, Any]:
    words = [
        sys.executable,
        "-m",
        "campaign",
        "check",
        str(draft.file),
        "--json",
        "--report",
        str(draft.folder / "r.xlsx"),
    ]
    done = subprocess.run(words, env=server.environment, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# -- the list


def test_the_phone_column_that_was_found_is_a_sentence_to_correct(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "list")
    expect(page.get_by_role("heading", name="7행을 읽었습니다")).to_be_visible()
    choice = page.get_by_label("휴대폰 번호가 든 열")
    expect(choice.locator("option:checked")).to_have_text("휴대폰 (010-0200-0001)")
    page.get_by_text("수신 동의, 숨긴 행, 중복").click()
    page.get_by_label("같은 번호에 같은 내용이면").uncheck()
    well_made(page)
    page.locator("#columns").get_by_role("button", name="저장").click()
    expect(page.get_by_label("같은 번호에 같은 내용이면")).not_to_be_checked()
    assert drafts.read(draft).unwrap()["recipients"]["duplicates"] == "keep"
    assert drafts.read(draft).unwrap()["recipients"]["phone"] == "휴대폰"


@pytest.mark.parametrize(
    ("rows", "checked"),
    [
        (
            [("회원 명단", None, None), ("성함", "연락 가능", HOSTILE), ("김민서", "010-0200-0001", HOSTILE)],
            "연락 가능",
        ),
        ([("이름", "휴대폰", "핸드폰"), ("김민서", "010-0200-0001", "010-0200-0002")], "휴대폰"),
    ],
    ids=["none", "two"],
)
def test_without_one_phone_column_it_is_chosen_from_the_first_rows(
    page: Page, server: WebServer, rows: list[tuple[Any, ...]], checked: str
) -> None:
    draft = made(server, rows)
    go(page, server, draft, "list")
    expect(page.get_by_role("heading", name="휴대폰 번호가 든 열을 골라 주세요.")).to_be_visible()
    expect(page.get_by_role("radio", name=checked)).to_be_checked()
    well_made(page)
    page.get_by_role("button", name="이 열을 휴대폰 번호로 사용").click()
    expect(page.get_by_role("heading", name="1행을 읽었습니다")).to_be_visible()
    assert drafts.read(draft).unwrap()["recipients"]["phone"] == checked


@at_the_desk
def test_a_list_without_headings_says_what_to_do_and_a_damaged_one_what_is_wrong(page: Page, server: WebServer) -> None:
    draft = made(server, [("김민서", "010-0200-0001")])
    go(page, server, draft, "list")
    expect(page.get_by_text("제목 행을 찾지 못했습니다.")).to_be_visible()
    (draft.folder / "list" / "명단.xlsx").write_bytes(b"PK\3\4 damaged")
    go(page, server, draft, "list")
    alert = page.locator("#columns [role=alert]")
    expect(alert).to_contain_text("명단.xlsx")
    assert str(server.home) not in alert.inner_text()
    well_made(page)


# -- the message


def test_chips_put_blanks_in_at_the_caret_and_undo_takes_them_back(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "message")
    text = page.get_by_label("보낼 내용")
    text.fill("님께")
    text.press("Home")
    page.locator(".chip summary", has_text="이름").click()
    well_made(page)
    page.get_by_role("button", name="그대로").locator("visible=true").click()
    expect(text).to_have_value("{{ 이름 }}님께")
    text.press("ControlOrMeta+z")
    expect(text).to_have_value("님께")
    text.press("End")
    page.locator("summary", has_text="금액(원)").click()
    page.get_by_role("button", name="쉼표 넣기: 12,000").locator("visible=true").click()
    expect(text).to_have_value('님께{{ row["금액(원)"]|thousands }}')
    page.locator("summary", has_text="1행 비어 있음").click()
    page.get_by_role("button", name="비었을 때 쓸 말과 함께").locator("visible=true").click()
    page.keyboard.type("없음")
    expect(text).to_have_value('님께{{ row["금액(원)"]|thousands }}{{ 쿠폰|default("없음") }}')
    expect(page.locator(".bubble").first).to_contain_text("님께12,000SPR-1")


def test_the_phone_shows_real_rows_and_the_bytes_are_the_engines(page: Page, server: WebServer) -> None:
    draft = made(server, [row for row in PEOPLE if row[0] != HOSTILE])
    go(page, server, draft, "message")
    page.get_by_label("보낼 내용").fill("{{ 이름 }}님, " + "가" * 40)
    expect(page.locator("#look")).to_contain_text("가장 긴 문자")
    shown = page.locator(".bubble").all_inner_texts()
    longest = max(byte_lengths(shown).bytes)
    expect(page.locator("#look .hint").first).to_contain_text(f"가장 긴 문자 {longest}바이트")
    expect(page.locator("#look")).to_contain_text("바이트를 줄이면")
    page.get_by_label("보낼 내용").fill("가\n{{ 이릅 }}")
    expect(page.locator("#look .alert")).to_contain_text("'이릅' 열이 없습니다. 혹시 이름인가요?")
    well_made(page)


LETTERS = "가나다힣뷁abcXYZ0189.,!%~…·①※㈜ㄱ"
ADDED = ("", "가" * 10, "나" * 25, "다" * 33, "a" * 41)


@at_the_desk
def test_the_bytes_while_typing_are_the_engines_for_200_texts(visitor: Visitor, server: WebServer) -> None:
    chance = random.Random(200)
    texts = ["".join(chance.choices(LETTERS, k=chance.randint(1, 80))) for _ in range(200)]
    rows = [("문구", "휴대폰"), *((text, f"010-0201-{place:04d}") for place, text in enumerate(texts))]
    draft, page = made(server, rows), visitor.page
    go(page, server, draft, "message")
    expect(page.locator(".chip", has_text="문구")).to_be_visible()
    assert page.evaluate("texts => texts.map(bytes)", texts) == byte_lengths(texts).bytes.tolist()
    for added in ADDED:
        sizes = byte_lengths([text + added for text in texts]).bytes
        look = requests.post(
            f"{server.url}/campaigns/{draft.id}/message/look",
            {"text": f"{{{{ 문구 }}}}{added}", "sender": "02-1234-5678"},
            cookies=cookies_of(visitor),
            headers={"Origin": server.url, "X-Fragment": "1"},
            timeout=20,
        ).text
        types = {kind: int(count) for kind, count in re.findall(r"<b>(SMS|LMS)</b> (\d+)", look)}
        long = int((sizes > 90).sum())
        assert types == {kind: count for kind, count in (("SMS", 200 - long), ("LMS", long)) if count}
        assert f'data-longest="{sizes.max()}"' in look


@at_the_desk
def test_until_the_true_bytes_are_there_about_how_many_is_said(page: Page, server: WebServer) -> None:
    draft = made(server, [("이름", "휴대폰"), ("김민서", "010-0202-0001")], text="{{ 이름 }}님")
    go(page, server, draft, "message")
    expect(page.locator("#look[data-longest='8']")).to_be_visible()
    held: list[Any] = []
    page.route("**/message/look", lambda route: held.append(route))  # noqa: PLW0108 - a method would not do: it is marked
    text, about = page.get_by_label("보낼 내용"), page.locator("[data-about]")
    expect(about).to_be_hidden()
    with page.expect_request("**/message/look"):
        text.press("End")
        text.type("가a")
    expect(about).to_have_text("약 11바이트")
    held[-1].continue_()
    expect(page.locator("#look[data-longest='11']")).to_be_visible()
    expect(about).to_be_hidden()


def test_what_is_typed_is_saved_and_survives_a_reload(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "message")
    page.get_by_label("보낼 내용").fill("{{ 이름 }}님 안녕하세요")
    expect(page.locator("#saved")).to_contain_text("저장됨")
    page.reload()
    expect(page.get_by_label("보낼 내용")).to_have_value("{{ 이름 }}님 안녕하세요")
    page.get_by_label("보낼 내용").fill("둘째 문안")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator(".bubble").first).to_have_text("둘째 문안")
    assert drafts.message(draft) == "둘째 문안"


@at_the_desk
def test_placeholders_of_other_services_become_blanks(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "message")
    page.get_by_label("보낼 내용").fill("#{이름}님 ##쿠폰##")
    page.get_by_role("button", name="빈칸으로 바꾸기").click()
    expect(page.get_by_text("#{이름}을 {{ 이름 }}(으)로 바꿨습니다.")).to_be_visible()
    expect(page.get_by_label("보낼 내용")).to_have_value("{{ 이름 }}님 {{ 쿠폰 }}")
    well_made(page)


@at_the_desk
def test_the_second_of_two_windows_sees_both_texts(visitor: Visitor, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    page = visitor.page
    go(page, server, draft, "message")
    drafts.change(draft, text="다른 창의 말")
    visitor.expect_status(409)
    page.get_by_label("보낼 내용").fill("이 창의 말")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator(".both pre")).to_have_text(["이 창의 말", "다른 창의 말"])
    assert drafts.message(draft) == "다른 창의 말"
    well_made(page)
    page.get_by_role("button", name="이 창의 문안 사용").click()
    expect(page.get_by_label("보낼 내용")).to_have_value("이 창의 말")
    assert drafts.message(draft) == "이 창의 말"


def test_the_advertisement_switch_puts_in_what_the_rules_ask_for_and_keeps_it(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "message")
    text = page.get_by_label("보낼 내용")
    text.fill("봄 세일")
    page.get_by_label("광고 문자입니다").check()
    page.get_by_label("업체명").fill("하늘상점")
    page.get_by_label("무료거부 번호").fill("080-000-0000")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(text).to_have_value(re.compile(r"^\(광고\)하늘상점\n봄 세일\n무료거부 080-000-0000$"))
    text.fill("봄 세일")
    page.get_by_label("무료거부 번호").fill("080-000-0000")
    page.get_by_role("button", name="다음: 확인").click()
    expect(page.locator("#sentence")).to_contain_text("명에게 보낼 수 있습니다")
    assert drafts.message(draft) == "(광고)하늘상점\n봄 세일\n무료거부 080-000-0000"
    assert drafts.read(draft).unwrap()["message"]["advertisement"] is True


@at_the_desk
def test_a_click_while_the_text_is_being_saved_is_not_another_window(page: Page, server: WebServer) -> None:
    draft = made(server)
    go(page, server, draft, "message")
    held: list[Any] = []
    page.route("**/message", lambda route: held.append(route) if is_typed(route.request) else route.continue_())
    with page.expect_request(is_typed):
        page.get_by_label("보낼 내용").fill("{{ 이름 }}님")
    page.get_by_role("button", name="다음: 확인").click(no_wait_after=True)
    held[0].continue_()
    expect(page.locator("#sentence")).to_be_visible(timeout=15_000)
    assert drafts.message(draft) == "{{ 이름 }}님"


def is_typed(request: Any) -> bool:
    return "do=type" in (request.post_data or "")


@at_the_desk
def test_a_picture_makes_an_mms_and_what_is_no_picture_is_refused(visitor: Visitor, server: WebServer) -> None:
    draft, page = made(server, text="봄 세일", settings={"message": {"title": "안내"}}), visitor.page
    go(page, server, draft, "message")
    content = BytesIO()
    Image.new("RGB", (2000, 1200), "#0b6570").save(content, "PNG")
    page.get_by_label("사진").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": content.getvalue()})
    page.get_by_role("button", name="사진 넣기").click()
    expect(page.get_by_alt_text("문자에 넣을 사진")).to_be_visible()
    expect(page.locator("figcaption").first).to_contain_text("MMS")
    well_made(page)
    go(page, server, draft, "check")
    expect(page.locator(".numbers")).to_contain_text("MMS 4")
    go(page, server, draft, "message")
    page.get_by_role("button", name="사진 빼기").click()
    visitor.expect_status(400)
    hostile = {"name": "../../x.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"}
    page.get_by_label("사진").set_input_files(hostile)
    page.get_by_role("button", name="사진 넣기").click()
    alert = page.locator("main > [role=alert]")
    expect(alert).to_contain_text("JPG")
    assert str(server.home) not in alert.inner_text()
    assert drafts.read(draft).unwrap()["message"] == {"title": "안내", "template": "message.j2"}
    assert not list(draft.folder.glob(".picture-*"))


# -- the check


def test_the_numbers_are_those_of_the_command_line(page: Page, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    expected = numbers_of_the_command_line(server, draft)
    assert expected["rows"] == {"total": 7, "pending": 4, "invalid": 2, "duplicate": 1}
    go(page, server, draft, "check")
    expect(page.locator("#sentence")).to_have_text("4명에게 보낼 수 있습니다. 2행은 확인이 필요합니다.")
    shown = page.locator(".numbers dd").all_inner_texts()
    assert [one.splitlines()[0] for one in shown[:3]] == ["4", "3", f"{expected['cost']:,}원"]
    assert "오류 2" in shown[1]
    assert "중복 1" in shown[1]
    expect(page.locator(".causes b")).to_have_text(
        [
            "유선전화라 문자를 받을 수 없습니다 · 1행",
            "‘쿠폰’ 셀이 비어 있습니다 · 1행",
            "다른 행과 번호와 내용이 같습니다 · 1행",
        ]
    )
    expect(page.get_by_role("cell", name=HOSTILE)).to_be_visible()
    assert page.title().startswith("확인 · 봄 세일")
    well_made(page)


def test_a_cell_is_fixed_in_its_place_and_the_fix_is_taken_back(page: Page, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    go(page, server, draft, "check")
    cell = page.get_by_label("3행 휴대폰")
    expect(cell).to_have_value("02-1234-5600")
    cell.fill("010-02")
    cell.press("Enter")
    expect(page.locator(".cell .why")).to_contain_text("자릿수")
    cell = page.get_by_label("3행 휴대폰")
    cell.fill("010-0200-0009")
    cell.press("Enter")
    expect(page.get_by_text("3행을 고쳤습니다. 이제 보낼 수 있습니다.")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost"
    expect(page.locator("#sentence")).to_have_text("5명에게 보낼 수 있습니다. 1행은 확인이 필요합니다.")
    [fix] = read_fixes(draft.folder / "fixes.csv")
    assert (fix.was, fix.value, fix.file, fix.by) == ("02-1234-5600", "010-0200-0009", "list/명단.xlsx", "")
    assert numbers_of_the_command_line(server, draft)["rows"]["pending"] == 5
    page.locator(".cell").get_by_role("button", name="되돌리기").click()
    expect(page.locator("#sentence")).to_have_text("4명에게 보낼 수 있습니다. 2행은 확인이 필요합니다.")
    assert read_fixes(draft.folder / "fixes.csv") == ()


@at_the_desk
def test_a_decision_for_a_cause_holds_for_all_its_rows(page: Page, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    go(page, server, draft, "check")
    page.locator("summary", has_text="비었을 때 쓸 말 정하기").click()
    page.get_by_label("‘쿠폰’ 셀이 비었을 때 쓸 말").fill('없음 "x"')
    for _look in range(3):  # the numbers above it are asked for again and again meanwhile
        page.wait_for_event("requestfinished", lambda request: request.url.split("?")[0].endswith("/check/state"))
    page.get_by_role("button", name="1행에 적용").click()
    expect(page.locator("#sentence")).to_have_text("5명에게 보낼 수 있습니다. 1행은 확인이 필요합니다.")
    assert drafts.message(draft) == '{{ 이름 }}님, 쿠폰 {{ 쿠폰|default("없음 \\"x\\"") }}'
    page.get_by_role("link", name="문자 미리보기").click()
    page.get_by_label("엑셀 행 번호").fill("4")
    page.get_by_role("button", name="보기", exact=True).click()
    expect(page.locator(".bubble")).to_have_text('박서연님, 쿠폰 없음 "x"')
    well_made(page)
    page.get_by_role("link", name="다음", exact=True).click()
    expect(page.locator("figcaption")).to_contain_text("5행")
    page.get_by_role("link", name="이전", exact=True).click()
    expect(page.locator("figcaption")).to_contain_text("4행")


def test_thousands_of_problems_come_by_page_and_the_page_stays_light(visitor: Visitor, server: WebServer) -> None:
    page = visitor.page
    rows = [HEAD, *((f"고객{at}", f"02-1234-{at:04d}", "긴 쿠폰 " * 8, at) for at in range(3000)), PEOPLE[1]]
    draft = made(server, rows, text=TEXT)
    go(page, server, draft, "check")
    expect(page.locator("#sentence")).to_have_text("1명에게 보낼 수 있습니다. 3,000행은 확인이 필요합니다.")
    expect(page.locator("tbody tr")).to_have_count(50)
    answer = requests.get(page.url, cookies=cookies_of(visitor), timeout=10)
    assert len(answer.content) <= 60_000
    page.get_by_role("link", name="다음 50행").click()
    expect(page.locator("tbody th").first).to_contain_text("52행")
    page.goto(f"{page.url.partition('#')[0].replace('page=2', 'page=60')}")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator("tbody th").last).to_contain_text("3,001행")


@at_the_desk
def test_the_check_workbook_is_downloaded_with_every_row(visitor: Visitor, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    go(visitor.page, server, draft, "check")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="확인용 엑셀 받기").click()
    assert download.value.suggested_filename == "봄 세일 확인.xlsx"
    sheet = openpyxl.load_workbook(BytesIO(download.value.path().read_bytes()))["results"]
    assert sheet.max_row == 8
    assert not any(cell.data_type == "f" for row in sheet for cell in row)
    assert sheet["A8"].value == "=HYPERLINK(1)"
    address = f"{server.url}/campaigns/{draft.id}/check/workbook"
    foreign = requests.get(address, cookies=cookies_of(visitor), headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)
    assert foreign.status_code == 403


@at_the_desk
def test_what_breaks_the_rules_of_advertising_is_said_with_its_article(page: Page, server: WebServer) -> None:
    draft = made(server, text="봄 세일", settings={"message": {"advertisement": True}})
    go(page, server, draft, "check")
    expect(page.locator(".alert", has_text="근거: ").first).to_contain_text("정보통신망법 제50조 제4항")
    expect(page.get_by_text("광고: 이대로는 보낼 수 없습니다.").first).to_be_visible()
    well_made(page)


@at_the_desk
def test_an_advertisement_by_night_is_refused_with_its_article(page: Page, server: WebServer) -> None:
    night = (datetime.now(SEOUL) + timedelta(days=2)).strftime(
        "%Y-%m-%d 22:30:00"
    )  # at whatever time of the day it is tested
    advertisement = {"advertisement": True, "advertiser": "하늘상점", "reserve": night}
    text = "(광고)하늘상점\n봄 세일\n무료거부 080-000-0000"
    draft = made(server, [HEAD, PEOPLE[3]], text=text, settings={"message": advertisement})
    go(page, server, draft, "check")
    expect(page.locator(".alert", has_text="야간").first).to_contain_text("제50조 제3항")
    expect(page.get_by_text("광고: 이대로는 보낼 수 없습니다.").first).to_be_visible()
    well_made(page)


TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("visitor", ["phone"], indirect=True)
def test_at_200_percent_with_forced_colours_and_without_motion_all_is_there(page: Page, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    page.emulate_media(reduced_motion="reduce", forced_colors="active")
    page.set_viewport_size({"width": 195, "height": 422})  # what 390 x 844 shows at 200 %
    for path in ("/", "/runs", *(f"/campaigns/{draft.id}/{step}" for step in ("list", "message", "check", "send"))):
        page.goto(server.url + path)
        expect(page.locator("main h1, main h2").first).to_be_visible()
        assert page.evaluate(TOO_WIDE) == [], path
        assert page.evaluate("document.getAnimations().length") == 0, path
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", path


@at_the_desk
def test_a_message_that_cannot_be_checked_says_where_and_leads_back(page: Page, server: WebServer) -> None:
    draft = made(server, text="가\n{% if %}")
    go(page, server, draft, "check")
    expect(page.get_by_role("heading", name="아직 확인할 수 없습니다.")).to_be_visible()
    expect(page.locator("main [role=alert]")).to_contain_text("문안, 2번째 줄")
    well_made(page)
    page.locator("main").get_by_role("link", name="문안").click()
    expect(page.get_by_label("보낼 내용")).to_have_value("가\n{% if %}")


def test_all_of_it_works_without_scripts(browser: Browser, server: WebServer) -> None:
    draft = made(
        server, [("성함", "연락 가능", "쿠폰"), ("김민서", "02-1234-5600", None), ("박서연", "010-0200-0003", "A")]
    )
    visitor = visit(browser, server, "desk", scripts=False)
    page = visitor.page
    go(page, server, draft, "list")
    page.get_by_label("연락 가능").check()
    page.get_by_role("button", name="이 열을 휴대폰 번호로 사용").click()
    page.get_by_role("link", name="다음: 문안").click()
    page.get_by_label("보낼 내용").fill("#{성함}님 {{ 쿠폰|default('없음') }}")
    page.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator(".bubble").first).to_have_text("박서연님 A")
    page.get_by_role("button", name="다음: 확인").click()
    expect(page.locator("#sentence")).to_have_text("1명에게 보낼 수 있습니다. 1행은 확인이 필요합니다.")
    page.get_by_label("2행 연락 가능").fill("010-0200-0009")
    page.locator(".cell").get_by_role("button", name="2행 고치기").click()
    expect(page.locator("#sentence")).to_have_text("2명에게 보낼 수 있습니다.")
    page.locator("summary", has_text="고친 셀 1개").click()
    page.locator("#fixes").get_by_role("button", name="되돌리기").click()
    expect(page.locator("#sentence")).to_have_text("1명에게 보낼 수 있습니다. 1행은 확인이 필요합니다.")
    assert visitor.unexpected() == []
    visitor.context.close()


def test_the_pages_are_in_english_as_well(browser: Browser, server: WebServer) -> None:
    draft = made(server, text=TEXT)
    visitor = visit(browser, server, "phone", language="en")
    for step, words in (
        ("list", "7 rows read"),
        ("message", "Longest message"),
        ("check", "It can be sent to 4 recipients."),
    ):
        go(visitor.page, server, draft, step)
        expect(visitor.page.locator("main")).to_contain_text(words)
        assert visitor.page.get_attribute("html", "lang") == "en"
        well_made(visitor.page)
    assert visitor.unexpected() == []
    visitor.context.close()


def test_what_is_no_number_or_no_campaign_is_refused(server: WebServer) -> None:
    draft, cookies = made(server, text=TEXT), server.cookies()
    headers = {"Origin": server.url}
    address = f"{server.url}/campaigns/{draft.id}/check"

    def post(path: str, **fields: str) -> int:
        return requests.post(f"{address}/{path}", fields, cookies=cookies, headers=headers, timeout=20).status_code

    assert requests.get(address, cookies=cookies, timeout=20).status_code == 200
    cell = "cause=invalid.phone_landline.own1&row=3"
    assert post(f"fix?{cell}&place=x", was="02-1234-5600", value="1") == 400
    assert post(f"fix?{cell}&place=999999", was="02-1234-5600", value="1") == 409
    assert post("fix?cause=own99&row=3&place=1", was="02-1234-5600", value="1") == 409
    assert post(f"fix?{cell}&place=1", was="somebody else's", value="1") == 409
    assert post("decide", decide="delete everything") == 400
    assert post("unfix", file="../../x", sheet="", heading="", row="1") == 200
    assert read_fixes(draft.folder / "fixes.csv") == ()
    for path in ("rows", "nothing", "state/x"):
        assert requests.get(f"{address}/{path}", cookies=cookies, timeout=20).status_code == 404


def cookies_of(visitor: Visitor) -> dict[str, str]:
    return {one["name"]: one["value"] for one in visitor.context.cookies()}
