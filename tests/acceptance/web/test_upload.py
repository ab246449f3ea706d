"""Spreadsheets come in: chosen, dropped, several, without scripts; what is refused leaves the old list as it was."""

from __future__ import annotations

import re
import socket
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import requests
from playwright.sync_api import expect

from campaign.config import campaign_file
from campaign.web import drafts
from tests.support.web import axe_violations, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.web import Visitor, WebServer

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def cookies(server: WebServer) -> dict[str, str]:
    return server.cookies()


@pytest.fixture
def draft(server: WebServer) -> Iterator[drafts.Draft]:
    draft = drafts.create(server.home, "봄 세일")
    yield draft
    drafts.delete(draft)


def book(name: str = "명단.xlsx", rows: int = 1) -> dict[str, Any]:
    made, content = openpyxl.Workbook(), BytesIO()
    sheet = made.active
    assert sheet is not None
    for row in [("이름", "휴대폰"), *(("김민서", f"010-0200-{place:04}") for place in range(rows))]:
        sheet.append(row)
    made.save(content)
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content.getvalue()}


def text(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def open_list(page: Page, server: WebServer, draft: drafts.Draft) -> None:
    page.goto(f"{server.url}/campaigns/{draft.id}/list")


def test_a_chosen_spreadsheet_is_the_list_and_the_command_line_reads_it(
    page: Page, server: WebServer, draft: drafts.Draft
) -> None:
    open_list(page, server, draft)
    assert axe_violations(page) == []
    sheet = book("봄세일 명단.xlsx")
    page.set_input_files("input[type=file]", sheet)
    expect(page.locator(".entries .name")).to_have_text(["봄세일 명단.xlsx"])
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (draft.folder / "list" / "봄세일 명단.xlsx").read_bytes() == sheet["buffer"]
    assert (draft.folder / "list" / "봄세일 명단.xlsx").stat().st_mode & 0o777 == 0o600
    document = drafts.read(draft)
    document["sender"], document["message"] = "02-1234-5678", {"text": "안녕하세요"}
    drafts.write(draft, document)
    assert campaign_file.load(draft.file).recipients.files == ("list/봄세일 명단.xlsx",)


def test_several_files_make_one_list_and_one_can_be_removed_added_and_replaced(
    page: Page, server: WebServer, draft: drafts.Draft
) -> None:
    open_list(page, server, draft)
    page.set_input_files("input[type=file]", [book("a.xlsx"), text("b.csv", "이름,휴대폰\n김,010".encode("cp949"))])
    expect(page.locator(".entries .name")).to_have_text(["a.xlsx", "b.csv"])
    page.get_by_role("button", name="a.xlsx 빼기").click()
    expect(page.locator(".entries .name")).to_have_text(["b.csv"])
    assert not (draft.folder / "list" / "a.xlsx").exists()

    page.get_by_text("파일 더하기").click()
    assert axe_violations(page) == []
    page.set_input_files("#more-files", book("c.xlsx"))
    expect(page.locator(".entries .name")).to_have_text(["b.csv", "c.xlsx"])
    page.get_by_text("다른 파일로 바꾸기").click()
    page.set_input_files("#other-files", book("d.xlsx"))
    expect(page.locator(".entries .name")).to_have_text(["d.xlsx"])
    assert [path.name for path in (draft.folder / "list").iterdir()] == ["d.xlsx"]


def test_the_same_file_again_is_kept_and_said(page: Page, server: WebServer, draft: drafts.Draft) -> None:
    sheet = book("a.xlsx")
    open_list(page, server, draft)
    page.set_input_files("input[type=file]", sheet)
    page.get_by_text("다른 파일로 바꾸기").click()
    before = (draft.folder / "list" / "a.xlsx").stat().st_ino
    page.set_input_files("#other-files", sheet)
    expect(page.get_by_text("방금 올린 파일과 같습니다.")).to_be_visible()
    assert (draft.folder / "list" / "a.xlsx").stat().st_ino == before


def drop(page: Page, selector: str, name: str, content: bytes) -> None:
    files = page.evaluate_handle(
        """([name, bytes]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], name));
            return carried;
        }""",
        [name, list(content)],
    )
    page.dispatch_event(selector, "drop", {"dataTransfer": files})


def test_a_spreadsheet_can_be_dropped(page: Page, server: WebServer, draft: drafts.Draft) -> None:
    open_list(page, server, draft)
    drop(page, "form.drop", "끌어온.csv", "이름,휴대폰\n김,010-0200-0001\n".encode())
    expect(page.locator(".entries .name")).to_have_text(["끌어온.csv"])


def test_an_upload_shows_its_progress_and_can_be_cancelled(
    visitor: Visitor, server: WebServer, draft: drafts.Draft
) -> None:
    page = visitor.page
    network = visitor.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    network.send("Network.emulateNetworkConditions", slow)
    open_list(page, server, draft)
    page.set_input_files("input[type=file]", text("big.csv", b"\xea\xb0\x80,1\n" * 400_000))
    expect(page.locator("form.drop [role=status]")).to_have_text(re.compile("올리는 중… [1-9]0%"), timeout=20_000)
    assert 0 < page.locator("progress").evaluate("bar => bar.value") < 100
    assert axe_violations(page) == []
    page.get_by_role("button", name="취소").click()
    expect(page.get_by_text("엑셀 파일을 여기에 놓거나 골라 주세요")).to_be_visible()
    expect(page.locator("input[type=file]")).to_be_focused()
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.set_input_files("input[type=file]", book("a.xlsx"))
    expect(page.locator(".entries .name")).to_have_text(["a.xlsx"])
    assert [path.name for path in (draft.folder / "list").iterdir()] == ["a.xlsx"]


def test_it_works_without_scripts(browser: Browser, server: WebServer, draft: drafts.Draft) -> None:
    visitor = visit(browser, server, "desk", scripts=False)
    page = visitor.page
    open_list(page, server, draft)
    page.set_input_files("input[type=file]", text("명단.hwp", b"x"))
    page.get_by_role("button", name="올리기").click()
    assert "‘.hwp’" in page.inner_text("main") or ".hwp" in page.inner_text("main [role=alert]")
    page.set_input_files("input[type=file]", book("a.xlsx"))
    page.get_by_role("button", name="올리기").click()
    expect(page.locator(".entries .name")).to_have_text(["a.xlsx"])
    visitor.context.close()


@pytest.mark.parametrize("visitor", ["desk"], indirect=True)
def test_what_the_browser_can_judge_is_refused_before_a_byte_is_sent(
    page: Page, server: WebServer, draft: drafts.Draft, tmp_path: Path
) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    open_list(page, server, draft)
    page.set_input_files("input[type=file]", text("명단.hwp", b"x"))
    expect(page.get_by_role("alert")).to_contain_text("‘명단.hwp’는 읽을 수 없는 형식입니다.")
    assert axe_violations(page) == []
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(201 * MIB)
    page.set_input_files("input[type=file]", large)
    expect(page.get_by_role("alert")).to_contain_text("파일이 200MB를 넘습니다.")
    page.set_input_files("input[type=file]", [book(f"{place}.xlsx") for place in range(6)])
    expect(page.get_by_role("alert")).to_contain_text("5개까지")
    assert posts == []


REFUSED = {
    "web page": ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "웹 페이지"),
    "empty": ("a.xlsx", b"", "빈 파일입니다"),
    "not a workbook": ("a.xlsx", b"\x00\x01\x02" * 100, "스프레드시트가 아니거나"),
    "text as a workbook": ("a.xlsx", b"1,2,3\n", ".csv"),
    "password": ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "암호"),
    "suffix": ("명단.hwp", b"x", ".hwp"),
    "no suffix": ("명단", b"x", "지원하지 않습니다"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_spreadsheet_is_refused_and_the_old_list_stays(
    server: WebServer, draft: drafts.Draft, cookies: dict[str, str], case: str
) -> None:
    name, content, words = REFUSED[case]
    url = f"{server.url}/campaigns/{draft.id}/list"
    headers = {**SAME_SITE, "Accept-Language": "ko"}
    first = requests.post(url, files={"files": ("old.csv", b"1,2\n")}, cookies=cookies, headers=headers, timeout=30)
    assert first.status_code == 200
    answer = requests.post(
        url, {"replace": "1"}, files={"files": (name, content)}, cookies=cookies, headers=headers, timeout=30
    )
    assert answer.status_code == 400
    assert words in answer.text
    assert ".part-" not in answer.text
    assert str(server.home) not in answer.text
    assert [path.name for path in (draft.folder / "list").iterdir()] == ["old.csv"]
    assert drafts.read(draft)["recipients"]["files"] == ["list/old.csv"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd.csv", "passwd.csv"),
        ("..\\..\\web.sqlite3.csv", "web.sqlite3.csv"),
        ("C:\\Users\\me\\명단.csv", "명단.csv"),
        (".hidden.csv", "hidden.csv"),
        ("con.csv", "_con.csv"),
        ("a\u202egnp.csv", "agnp.csv"),
        ("a<b>:c|d?*.csv", "a_b__c_d__.csv"),
        ("=cmd()'.csv", "=cmd()'.csv"),
        ("가" * 300 + ".csv", "가" * 78 + ".csv"),
        ("a" * 300 + ".csv", "a" * 96 + ".csv"),
        ("명단.csv", "명단.csv"),
    ],
)
def test_a_hostile_name_becomes_a_plain_one_in_the_list(
    server: WebServer, draft: drafts.Draft, cookies: dict[str, str], given: str, kept: str
) -> None:
    url = f"{server.url}/campaigns/{draft.id}/list"
    body = (
        b'--b\r\ncontent-disposition: form-data; name="files"; filename="'
        + given.encode()
        + b'"\r\n\r\n1,2\n\r\n--b--\r\n'
    )
    headers = {**SAME_SITE, "Content-Type": "multipart/form-data; boundary=b"}
    answer = requests.post(url, body, headers=headers, cookies=cookies, timeout=30)
    assert answer.status_code == 200
    assert [path.name for path in (draft.folder / "list").iterdir()] == [kept]


def test_201_mib_are_refused_by_the_server_before_they_are_sent(
    server: WebServer, draft: drafts.Draft, cookies: dict[str, str]
) -> None:
    host, port = "127.0.0.1", int(server.url.rpartition(":")[2])
    (cookie,) = (f"{name}={value}" for name, value in cookies.items())
    head = (
        f"POST /campaigns/{draft.id}/list HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n"
        "Sec-Fetch-Site: same-origin\r\nX-Fragment: 1\r\nAccept-Language: en\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {202 * MIB}\r\n\r\n"
    )
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_ends_early_or_is_no_form_leaves_nothing(
    server: WebServer, draft: drafts.Draft, cookies: dict[str, str]
) -> None:
    url = f"{server.url}/campaigns/{draft.id}/list"
    part = b'--b\r\ncontent-disposition: form-data; name="files"; filename="a.csv"\r\n\r\n1,2\n'
    for kind, body in (
        ("multipart/form-data; boundary=b", part),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        ("multipart/form-data", part),
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=b", (part + b"\r\n") * 6 + b"--b--\r\n"),
    ):
        headers = {**SAME_SITE, "Content-Type": kind}
        answer = requests.post(url, body, headers=headers, cookies=cookies, timeout=30)
        assert answer.status_code == 400, kind
    assert list((draft.folder / "list").iterdir()) == []


def test_the_sample_workbook_opens(server: WebServer, cookies: dict[str, str]) -> None:
    answer = requests.get(f"{server.url}/sample.xlsx", cookies=cookies, timeout=30)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]][:2] == ["이름", "휴대폰"]
