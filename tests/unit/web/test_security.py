"""Who gets an answer: names, foreign pages, sessions, headers, paths, sizes. Source: web.md, "Security"."""

from __future__ import annotations

import asyncio
import re
import shutil
import webbrowser
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from starlette.routing import Route

from campaign.web import drafts, pages
from campaign.web.server import app as whole
from campaign.web.server import run, serving, uploads
from tests.support.asgi import HOST, PORT
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Message, Receive

    from tests.support.asgi import Answer, Page

AREAS = [route for area in whole._AREAS for route in area.routes()]  # noqa: SLF001 - the list of all pages
OPEN = {"/enter", "/login"}


def path_of(route: Route) -> str:
    """A path of the route; what it names does not exist."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", "aaaaaaaaaaaa", route.path)


ROUTES = [(method, path_of(route)) for route in AREAS for method in sorted(route.methods or ()) if method != "HEAD"]


# Names


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}", f"127.0.0.2:{PORT}"])
def test_the_page_answers_to_the_names_of_this_machine(page: Page, host: str) -> None:
    assert page.get("/", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "localhost",
        f"127.0.0.1:{PORT + 1}",
        f"evil.example:{PORT}",
        f"localhost.evil.example:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"127.0.0.1:{PORT}@evil.example:{PORT}",
        f"evil.example@127.0.0.1:{PORT}",
        f"192.168.0.7:{PORT}",
        f"0.0.0.0:{PORT}",
        f"[::ffff:10.0.0.1]:{PORT}",
        f"[::1:{PORT}",
        "[::1]",
        f"127.0.0.1:{PORT}, evil.example",
        f"127.1:{PORT}",
    ],
)
def test_no_other_name_is_answered_before_anything_else(page: Page, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", f"/enter?token={page.link()}"), ("POST", "/campaigns")):
        answer = page.request(method, path, {"host": host, "sec-fetch-site": "same-origin"})
        assert answer.status == 403
        assert not answer.cookies
    assert drafts.everything(page.home) == []


# Foreign pages

ORIGIN = f"http://{HOST}"


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin", "origin": ORIGIN}, True),
        ({"origin": ORIGIN}, True),
        ({}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": ORIGIN}, False),
        ({"origin": "null"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": f"http://127.0.0.1:{PORT + 1}"}, False),
        ({"origin": f"http://localhost:{PORT}"}, False),
        ({"origin": f"https://{HOST}"}, False),
        ({"referer": f"{ORIGIN}/"}, False),
    ],
)
def test_only_the_page_itself_changes_something(page: Page, headers: dict[str, str], is_ours: bool) -> None:
    answer = page.request("POST", "/campaigns", headers)
    assert answer.status == (303 if is_ours else 403)
    assert len(drafts.everything(page.home)) == (1 if is_ours else 0)


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[0] == "POST"])
def test_every_form_is_refused_from_a_foreign_page(page: Page, method: str, path: str) -> None:
    assert page.request(method, path, {"sec-fetch-site": "cross-site"}).status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "post"])
def test_there_are_no_other_methods(page: Page, method: str) -> None:
    answer = page.request(method, "/campaigns", {"sec-fetch-site": "same-origin"})
    assert answer.status == 405
    assert "access-control-allow-origin" not in answer.headers


# Sessions


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1] not in OPEN])
def test_nothing_is_shown_or_done_without_a_session(outside: Page, method: str, path: str) -> None:
    assert outside.request(method, path, {"sec-fetch-site": "same-origin"}).status == 401
    outside.cookies = {f"campaign-{PORT}": "guessed"}
    assert outside.request(method, path, {"sec-fetch-site": "same-origin"}).status == 401


def test_every_route_says_which_role_it_needs() -> None:
    assert {path for _, path in ROUTES} >= {"/", "/enter", "/campaigns"}
    assert all(isinstance(route, Route) for route in AREAS)
    source = "".join(path.read_text() for path in (ROOT / "campaign/web/server").glob("pages_*.py"))
    assert "Route(" not in source


def test_a_link_lets_in_once_and_for_an_hour(outside: Page) -> None:
    token = outside.link()
    assert outside.get(f"/enter?token={token}").status == 303
    outside.cookies.clear()
    assert outside.get(f"/enter?token={token}").status == 401
    token = outside.link()
    outside.now += 3_601
    assert outside.get(f"/enter?token={token}").status == 401
    for wrong in ("", "x", "%ff%fe", "%f0%9f%98%80", token[:-1], "'%20OR%201=1%20--"):
        assert outside.get(f"/enter?token={wrong}").status == 401


def test_a_secret_that_was_planted_is_not_the_one_that_is_used(outside: Page) -> None:
    outside.cookies = {f"campaign-{PORT}": "planted"}
    outside.enter()
    secret = outside.cookies[f"campaign-{PORT}"]
    assert secret != "planted"  # noqa: S105 - not a password
    outside.cookies = {f"campaign-{PORT}": "planted"}
    assert outside.get("/").status == 401


def test_coming_in_again_ends_the_session_before(page: Page) -> None:
    before = dict(page.cookies)
    page.enter()
    assert page.get("/").status == 200
    page.cookies = before
    assert page.get("/").status == 401


def test_a_session_ends_after_12_idle_hours_and_after_7_days(page: Page) -> None:
    for _ in range(13):
        page.now += 12 * 3_600
        assert page.get("/").status == 200
    page.now += 12 * 3_600 + 1
    assert page.get("/").status == 401
    page.enter()
    page.now += 12 * 3_600 + 61
    assert page.get("/").status == 401


def test_who_signs_out_is_out_with_the_same_cookie(page: Page) -> None:
    before = dict(page.cookies)
    answer = page.post("/leave")
    assert answer.status == 401
    page.cookies = before
    assert page.get("/").status == 401


def test_the_database_has_no_secret_that_lets_in(page: Page) -> None:
    token, secret = page.link(), page.cookies[f"campaign-{PORT}"]
    page.store.run_now(lambda connection: connection.execute("SELECT 1").fetchone())
    content = b"".join(path.read_bytes() for path in page.home.iterdir() if path.is_file())
    assert token.encode() not in content
    assert secret.encode() not in content


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(outside: Page) -> None:
    cookie = outside.get(f"/enter?token={outside.link()}").headers["set-cookie"]
    assert re.fullmatch(rf"campaign-{PORT}=[\w-]{{43}}; HttpOnly; Max-Age=604800; Path=/; SameSite=lax", cookie), cookie


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:1", "/\n"]
)
def test_the_choice_of_a_language_leads_to_our_own_pages_alone(page: Page, back: str) -> None:
    answer = page.post("/language", urlencode({"language": "en", "back": back}))
    assert (answer.status, answer.headers["location"]) == (303, "/")


# Headers

EXPECTED = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types fragments",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", {}),
        ("GET", "/enter?token=x", {}),
        ("GET", "/nothing", {}),
        ("GET", "/campaigns/aaaaaaaaaaaa", {}),
        ("GET", "/", {"host": "evil.example"}),
        ("GET", "/", {"cookie": "none"}),
        ("POST", "/campaigns", {"sec-fetch-site": "cross-site"}),
        ("POST", "/campaigns", {"sec-fetch-site": "same-origin"}),
        ("DELETE", "/", {}),
        ("GET", "/sample.xlsx", {}),
    ],
)
def test_every_answer_has_the_headers_and_is_kept_nowhere(
    page: Page, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = page.request(method, path, headers)
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    assert answer.headers["cache-control"] == "no-store"


def test_style_and_script_are_kept_for_a_year_under_the_digest_of_their_content(outside: Page) -> None:
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', outside.get("/").text)
    assert [path.rpartition("/")[2] for path in found] == ["page.css", "page.js"]
    for path in found:
        answer = outside.get(path)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    assert outside.get("/static/000000000000/page.css").status == 404


def test_style_and_script_stay_small() -> None:
    sizes = {name: len(content) for name, (_, content) in pages.STATIC.items()}
    assert sizes["page.css"] <= 10 * 1024
    assert sizes["page.js"] <= 14 * 1024


def test_no_page_has_a_way_around_the_escaping_or_the_policy() -> None:
    for path in pages.FOLDER.iterdir():
        if path.suffix in {".html", ".js"}:
            found = re.findall(
                r"\|\s*safe|Markup|innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|eval\(|autoescape|"
                r"\son\w+=|style=|https?://|javascript:",
                path.read_text(encoding="utf-8"),
            )
            assert found == [], path.name


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/campaigns/../../etc/passwd",
        "/campaigns/..%2f..%2fetc/list",
        "/campaigns/../list",
        "/campaigns/./list",
        "/campaigns/aaaaaaaaaaa/list",
        "/campaigns/AAAAAAAAAAAA/list",
        "/campaigns/aaaaaaaaaaaa\n/list",
        "/campaigns/linkedfolder/list",
        "/campaigns/nocampaign00/list",
        "/campaigns/linkedfolde\u0433/list",
        "/static/../web.sqlite3",
        "/static/%2e%2e/web.sqlite3",
        "/web.sqlite3",
    ],
)
def test_a_path_names_nothing_but_a_campaign_of_this_folder(page: Page, tmp_path: Path, path: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "campaign.toml").write_text('name = "secret"', encoding="utf-8")
    (page.home / "linkedfolder").symlink_to(elsewhere)
    (page.home / "nocampaign00").mkdir()
    answer = page.get(path)
    assert answer.status == 404
    assert "secret" not in answer.text


def test_a_file_is_removed_from_the_list_by_a_name_that_is_in_it_alone(page: Page) -> None:
    draft = drafts.create(page.home, "x")
    (draft.folder / "list" / "a.csv").write_text("1")
    for name in ("../campaign.toml", "..", "", "b.csv", "/etc/passwd"):
        assert page.post(f"/campaigns/{draft.id}/list/remove", urlencode({"file": name})).status == 404
    assert draft.file.exists()
    assert page.post(f"/campaigns/{draft.id}/list/remove", "file=a.csv").status == 303
    assert draft.lists == []


def test_a_draft_that_is_deleted_is_gone_with_its_folder_and_what_a_link_in_it_leads_to_stays(
    page: Page, tmp_path: Path
) -> None:
    draft = drafts.create(page.home, "x")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("1")
    (draft.folder / "list" / "link").symlink_to(tmp_path / "mine")
    assert page.post(f"/campaigns/{draft.id}/delete").status == 303
    assert list(page.home.glob(".deleted-*")) == []
    assert not draft.folder.exists()
    assert (tmp_path / "mine" / "a.txt").exists()


# Sizes


def upload(page: Page, draft: drafts.Draft, pieces: list[bytes], **headers: str) -> Answer:
    return page.request("POST", f"/campaigns/{draft.id}/list", {**FORM, **headers}, pieces)


FORM = {"content-type": "multipart/form-data; boundary=b", "sec-fetch-site": "same-origin", "x-fragment": "1"}
HEAD = b'--b\r\ncontent-disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
END = b"\r\n--b--\r\n"


@pytest.mark.parametrize("announced", ["1048577", "99999999999", "-1", "1e3", "\u0663"])
def test_a_form_that_announces_too_much_is_refused_unread(page: Page, announced: str) -> None:
    assert (
        page.request("POST", "/campaigns", {"sec-fetch-site": "same-origin", "content-length": announced}).status == 413
    )
    assert drafts.everything(page.home) == []


def test_a_form_that_announces_nothing_is_refused_when_it_has_too_much(page: Page) -> None:
    headers = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
    assert page.request("POST", "/campaigns", headers, [b"name=", *[b"x" * 65536] * 17]).status == 413
    assert drafts.everything(page.home) == []


def test_an_upload_of_201_mib_is_refused_announced_or_not(page: Page) -> None:
    draft = drafts.create(page.home, "x")
    assert upload(page, draft, [HEAD], **{"content-length": str(202 << 20)}).status == 413
    piece = b"x" * (1 << 20)
    assert upload(page, draft, [HEAD, *[piece] * 202, END]).status == 413
    assert list((draft.folder / "list").iterdir()) == []


def test_an_upload_that_would_fill_the_disk_is_refused(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = drafts.create(page.home, "x")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=60_000_000))
    answer = upload(page, draft, [HEAD, b"1,2", END], **{"content-length": "6000000"})
    assert answer.status == 413
    assert "not enough space on the disk: 60 MB are free" in answer.text
    assert upload(page, draft, [HEAD, b"1,2", END], **{"content-length": "4000000"}).status == 200


def test_a_sender_that_falls_silent_is_given_up(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENCE_S", 0.05)
    draft = drafts.create(page.home, "x")
    pieces = [HEAD + b"1,2"]

    async def receive() -> Message:
        if not pieces:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": pieces.pop(), "more_body": True}

    answer = asyncio.run(page.serve("POST", f"/campaigns/{draft.id}/list", FORM, receive))
    assert answer.status == 400
    assert "stopped halfway" in answer.text
    assert list((draft.folder / "list").iterdir()) == []


def test_a_third_upload_at_once_is_asked_to_wait(page: Page) -> None:
    draft = drafts.create(page.home, "x")

    async def three() -> list[Answer]:
        gate = asyncio.Event()

        def slow(name: bytes) -> Receive:
            pieces = [HEAD.replace(b"a.csv", name) + b"1,2", END]

            async def receive() -> Message:
                if len(pieces) == 1:
                    await gate.wait()
                return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

            return receive

        def send(name: bytes) -> asyncio.Task[Answer]:
            return asyncio.ensure_future(page.serve("POST", f"/campaigns/{draft.id}/list", FORM, slow(name)))

        first = [send(b"a.csv"), send(b"b.csv")]
        while len(list((draft.folder / "list").iterdir())) < 2:  # noqa: ASYNC110 - the disk tells nobody
            await asyncio.sleep(0.01)
        third = await send(b"c.csv")
        gate.set()
        return [third, *await asyncio.gather(*first)]

    third, *others = asyncio.run(three())
    assert third.status == 429
    assert [one.status for one in others] == [200, 200]
    assert draft.lists == ["a.csv", "b.csv"]
    assert sorted(drafts.read(draft).unwrap()["recipients"]["files"]) == ["list/a.csv", "list/b.csv"]


# The way in


def test_the_browser_is_opened_by_a_file_that_its_owner_alone_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    serving._open_browser(tmp_path, f"http://{HOST}/enter?token=secret")  # noqa: SLF001 - the terminal has no browser
    (path,) = tmp_path.iterdir()
    assert opened == [path.as_uri()]
    assert "secret" not in opened[0]
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"url=http://{HOST}/enter?token=secret" in path.read_text()
    run._make(tmp_path)
    assert list(tmp_path.iterdir()) == []
