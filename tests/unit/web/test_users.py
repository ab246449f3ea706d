"""Beyond this computer: signing in, tries, roles, the proxy, and the record. Source: web.md, "Security"."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from campaign.web import drafts, record, users
from campaign.web.server.pages_login import _guarded
from campaign.web.server.reach import Reach
from campaign.web.server.tries import Tries
from tests.support.asgi import Page
from tests.unit.web.test_security import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "campaign.example"
PASSWORD = "a good password"  # noqa: S105 - of nobody
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "hasher", lambda: CHEAP)


@contextmanager
def site(home: Path, *, proxy: str | None = None) -> Iterator[Page]:
    home.mkdir()
    page = Page(home, reach=Reach(8020, NAME, proxy))
    hashed = users.hash_password(PASSWORD)
    for role in users.LEVELS:
        page.store.run_now(partial(users.add, name=f"the_{role}", password_hash=hashed, roles=[role]))
    page.store.run_now(partial(users.add, name="김하늘", password_hash=hashed, roles=["view", "result"]))
    yield page
    page.close()


@pytest.fixture
def beyond(tmp_path: Path) -> Iterator[Page]:
    with site(tmp_path / "campaigns") as page:
        yield page


def sign_in(page: Page, name: str, password: str = PASSWORD, path: str = "/") -> int:
    return page.post("/login", urlencode({"name": name, "password": password, "next": path})).status


def test_a_user_signs_in_and_goes_on_where_they_were_sent_from(beyond: Page) -> None:
    answer = beyond.get("/record")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=/record")
    answer = beyond.post("/login", urlencode({"name": " the_admin ", "password": PASSWORD, "next": "/record"}))
    assert (answer.status, answer.headers["location"]) == (303, "/record")
    assert re.fullmatch(
        r"__Host-campaign=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure",
        answer.headers["set-cookie"],
    )
    text = beyond.get("/record").text
    assert "the_admin" in text
    assert "signed in" in text
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("name", ["the_admin", "nobody", "", "' OR 1=1 --", "김하늘"])
def test_a_wrong_password_and_an_unknown_name_are_answered_alike(beyond: Page, name: str) -> None:
    answer = beyond.post("/login", urlencode({"name": name, "password": "wrong", "next": "//evil.example"}))
    assert answer.status == 401
    assert "The name or the password is wrong." in answer.text
    assert "evil" not in answer.text
    assert "set-cookie" not in answer.headers


def test_there_is_no_other_way_in(beyond: Page) -> None:
    assert beyond.get(f"/enter?token={beyond.link()}").status == 404
    for host in ("127.0.0.1:8020", "localhost:8020", "evil.example", f"{NAME}:8020"):
        assert beyond.get("/login", host=host).status == 403
    assert beyond.get("/login", host="CAMPAIGN.example").status == 200
    for origin, status in ((f"https://{NAME}", 401), (f"http://{NAME}", 403), ("", 403), ("null", 403)):
        assert beyond.post("/login", "name=x", sec_fetch_site="", origin=origin).status == status


def test_on_this_computer_there_is_nobody_to_sign_in(tmp_path: Path) -> None:
    home = tmp_path / "campaigns"
    home.mkdir()
    page = Page(home)
    assert page.get("/login").status == 404
    page.enter()
    assert page.get("/account").status == 404
    assert page.get("/record").status == 200
    page.close()


def test_what_is_sent_after_a_session_has_ended_is_not_done_and_says_so(beyond: Page) -> None:
    answer = beyond.post("/campaigns", "name=x", x_fragment="1")
    assert answer.status == 401
    assert "You have been signed out. Sign in again" in answer.text
    answer = beyond.post("/campaigns", "name=x")
    assert 'href="/login"' in answer.text
    assert drafts.everything(beyond.home) == []


NEEDED = {
    "/": "view",
    "/record": "admin",
    "/record.csv": "admin",
    "/account": "view",
    "/leave": "view",
    "/language": "view",
    "/account/password": "view",
    "/account/phone": "view",
    "/account/sessions": "view",
    "/settings": "admin",
    "/people": "admin",
    "/people/add": "admin",
    "/people/role": "admin",
    "/people/password": "admin",
    "/people/sign-out": "admin",
    "/people/remove": "admin",
    "/doctor": "admin",
    "/runs/aaaaaaaaaaaa/requests": "view",
    "/runs/aaaaaaaaaaaa/requests/aaaaaaaaaaaa": "view",
    "/approvals/aaaaaaaaaaaa": "view",
    "/approvals/aaaaaaaaaaaa/approve": "send",
    "/approvals/aaaaaaaaaaaa/refuse": "prepare",
    "/campaigns/aaaaaaaaaaaa/ask": "prepare",
    "GET /campaigns/aaaaaaaaaaaa/send": "prepare",
    "POST /campaigns/aaaaaaaaaaaa/send": "send",
    "/opt-outs": "view",
    "/opt-outs/find": "prepare",
    "/opt-outs/add": "prepare",
    "/opt-outs/import": "prepare",
    "/opt-outs/remove": "send",
    "/campaigns/aaaaaaaaaaaa/send/limits": "prepare",
    "/runs/aaaaaaaaaaaa/opt-outs": "prepare",
    "/runs/aaaaaaaaaaaa/reconcile": "send",
    "/sample.xlsx": "view",
    "/campaigns": "prepare",
    "/campaigns/aaaaaaaaaaaa/name": "prepare",
    "/campaigns/aaaaaaaaaaaa/copy": "prepare",
    "/campaigns/aaaaaaaaaaaa/delete": "prepare",
    "/campaigns/aaaaaaaaaaaa/list/remove": "prepare",
}
"""What some routes need. Of all others: who may look may look, and none of them changes anything for who may look."""


@pytest.mark.parametrize("level", users.LEVELS)
def test_each_route_is_closed_to_who_may_do_less(beyond: Page, level: str) -> None:
    assert sign_in(beyond, f"the_{level}") == 303
    secret = dict(beyond.cookies)
    for method, path in ROUTES:
        if path in {"/enter", "/login", "/leave"}:
            continue
        beyond.cookies = dict(secret)
        refused = beyond.request(method, path, {"sec-fetch-site": "same-origin"}).status == 403
        needed = NEEDED.get(f"{method} {path}", NEEDED.get(path))
        if needed is not None:
            assert refused == (users.LEVELS.index(level) < users.LEVELS.index(needed)), (method, path)
        if method == "POST" and level == "view" and NEEDED.get(path) != "view":
            assert refused, path


def test_who_may_only_look_is_offered_nothing_else(beyond: Page) -> None:
    drafts.create(beyond.home, "봄 세일")
    for name, is_offered in (("the_view", False), ("the_prepare", True)):
        sign_in(beyond, name)
        text = beyond.get("/").text
        assert "봄 세일" in text
        assert ("New campaign" in text, "Delete for good" in text) == (is_offered, is_offered)


def test_levels_include_the_lower_ones_and_results_are_apart() -> None:
    assert users.with_lower(["send"]) == {"view", "prepare", "send"}
    assert users.with_lower(["admin"]) == {"view", "prepare", "send", "admin"}
    assert users.with_lower(["view", "result"]) == {"view", "result"}
    assert users.with_lower([]) == set()


@pytest.mark.parametrize("change", ["roles", "password", "remove"])
def test_another_role_another_password_or_none_ends_every_session(beyond: Page, change: str) -> None:
    assert sign_in(beyond, "the_send") == 303
    assert beyond.get("/").status == 200
    if change == "roles":
        beyond.store.run_now(lambda connection: users.change_roles(connection, "the_send", ["view"]))
    elif change == "password":
        beyond.store.run_now(lambda connection: users.change_password(connection, "the_send", CHEAP.hash("x" * 10)))
    else:
        beyond.store.run_now(lambda connection: users.remove(connection, "the_send"))
    assert beyond.get("/").status == 303


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours(beyond: Page) -> None:
    assert sign_in(beyond, "the_view") == 303
    beyond.now += 1_801
    assert beyond.get("/").status == 303
    assert sign_in(beyond, "the_view") == 303
    for _ in range(24):
        beyond.now += 1_800
        assert beyond.get("/").status == 200
    beyond.now += 1_800
    assert beyond.get("/").status == 303


def test_signing_in_ends_the_session_before_and_a_planted_secret_is_not_used(beyond: Page) -> None:
    beyond.cookies = {"__Host-campaign": "planted"}
    assert sign_in(beyond, "the_view") == 303
    first = dict(beyond.cookies)
    assert first["__Host-campaign"] != "planted"
    assert sign_in(beyond, "the_send") == 303
    beyond.cookies = first
    assert beyond.get("/").status == 303


def test_the_own_password_is_changed_with_the_old_one(beyond: Page) -> None:
    assert sign_in(beyond, "the_view") == 303
    before = dict(beyond.cookies)
    for now, new, again, words in (
        ("wrong", "another password", "another password", "The password is wrong."),
        (PASSWORD, "another password", "other", "The two new passwords differ."),
        (PASSWORD, "short", "short", "A password has 10 to 200 characters."),
    ):
        answer = beyond.post("/account/password", urlencode({"now": now, "new": new, "again": again}))
        assert answer.status == 400
        assert words in answer.text
    done = urlencode({"now": PASSWORD, "new": "another password", "again": "another password"})
    assert beyond.post("/account/password", done).headers["location"] == "/account?done"
    assert beyond.get("/account?done").status == 200
    beyond.cookies = before
    assert beyond.get("/").status == 303
    assert sign_in(beyond, "the_view") == 401
    assert sign_in(beyond, "the_view", "another password") == 303


# Tries


def test_after_five_wrong_passwords_each_next_one_waits_twice_as_long() -> None:
    now = [1_000.0]
    tries = Tries(lambda: now[0])
    for _ in range(5):
        assert tries.wait_s("kim", "a") == 0
        tries.failed("kim", "a")
    waits = []
    for _ in range(8):
        waits.append(tries.wait_s("kim", "a"))
        now[0] += waits[-1]
        assert tries.wait_s("kim", "a") == 0
        tries.failed("kim", "a")
    assert waits == [2, 3, 5, 9, 17, 33, 61, 61]
    assert tries.wait_s("lee", "a") == 0
    assert tries.wait_s("kim", "b") == 0
    tries.succeeded("kim", "a")
    assert tries.wait_s("kim", "a") == 0


def test_an_address_has_twenty_tries_a_minute_and_all_together_have_sixty() -> None:
    now = [1_000.0]
    tries = Tries(lambda: now[0])
    assert [tries.wait_s(f"user{turn}", "a") for turn in range(21)] == [0] * 20 + [61]
    assert [tries.wait_s("x", f"address{turn}") for turn in range(41)] == [0] * 40 + [61]
    now[0] += 60
    assert tries.wait_s("x", "a") == 0


def test_too_many_tries_are_said_and_not_even_compared(beyond: Page) -> None:
    for _ in range(5):
        assert sign_in(beyond, "the_view", "wrong") == 401
    answer = beyond.post("/login", urlencode({"name": "the_view", "password": PASSWORD}))
    assert answer.status == 429
    assert "Try again in 2 seconds." in answer.text
    beyond.now += 2
    assert sign_in(beyond, "the_view") == 303


def test_a_password_of_a_megabyte_is_not_read(beyond: Page) -> None:
    assert beyond.post("/login", urlencode({"name": "the_view", "password": "x" * 2_000})).status == 413


# The proxy


def test_behind_a_proxy_only_the_proxy_is_answered_and_it_says_who_asks(tmp_path: Path) -> None:
    with site(tmp_path / "campaigns", proxy="10.0.0.2") as page:
        assert page.get("/login").status == 403
        page.client = "10.0.0.2"
        assert page.get("/login").status == 200
        headers = {"x-forwarded-for": "6.6.6.6, 203.0.113.9", "content-type": "application/x-www-form-urlencoded"}
        body = [urlencode({"name": "the_admin", "password": PASSWORD}).encode()]
        assert page.request("POST", "/login", {**headers, "sec-fetch-site": "same-origin"}, body).status == 303
        [entry] = page.store.run_now(record.entries)
        assert entry.address == "203.0.113.9"


# The record


def test_every_deed_is_recorded_with_who_and_from_where(beyond: Page) -> None:
    sign_in(beyond, "the_prepare", "wrong")
    sign_in(beyond, "the_prepare")
    draft = drafts.create(beyond.home, "봄 세일")
    beyond.post(f"/campaigns/{draft.id}/delete")
    beyond.post("/leave")
    found = [(one.user, one.what, one.about, one.outcome, one.address) for one in beyond.store.run_now(record.entries)]
    assert found == [
        ("the_prepare", "sign_out", "", "done", "127.0.0.1"),
        ("the_prepare", "delete", "봄 세일", "done", "127.0.0.1"),
        ("the_prepare", "sign_in", "", "done", "127.0.0.1"),
        ("the_prepare", "sign_in", "", "refused", "127.0.0.1"),
    ]


def test_an_entry_that_was_changed_or_removed_shows(beyond: Page) -> None:
    for turn in range(5):
        beyond.store.run_now(partial(record.note, user="kim", what="download", about=f"run{turn}", people=9_312))
    assert beyond.store.run_now(record.first_changed) is None
    beyond.store.run_now(lambda connection: connection.execute("DELETE FROM record WHERE number = 1"))
    assert beyond.store.run_now(record.first_changed) is None  # older entries may be removed
    beyond.store.run_now(lambda connection: connection.execute("UPDATE record SET people = 1 WHERE number = 4"))
    assert beyond.store.run_now(record.first_changed) == 4
    beyond.store.run_now(lambda connection: connection.execute("DELETE FROM record WHERE number = 4"))
    assert beyond.store.run_now(record.first_changed) == 5
    sign_in(beyond, "the_admin")
    assert "Entry 5 was changed afterwards" in beyond.get("/record").text


def test_what_cannot_be_recorded_is_not_done(beyond: Page) -> None:
    sign_in(beyond, "the_prepare")
    draft = drafts.create(beyond.home, "봄 세일")
    beyond.store.run_now(lambda connection: connection.execute("DROP TABLE record"))
    assert beyond.post(f"/campaigns/{draft.id}/delete").status == 500
    assert draft.file.exists()


def test_the_record_is_downloaded_for_a_spreadsheet(beyond: Page) -> None:
    sign_in(beyond, "the_admin")
    text = beyond.get("/record.csv").body.decode("utf-8-sig")
    assert text.splitlines()[0] == "number,time,user,address,what,about,people,outcome,digest"
    assert text.splitlines()[1].startswith("1,20")
    assert [_guarded(cell) for cell in ("=1", "+1", "-1", "@x", "a=1", 7, None)] == [
        "'=1",
        "'+1",
        "'-1",
        "'@x",
        "a=1",
        7,
        None,
    ]


def test_names_roles_and_passwords_that_are_none_are_refused(beyond: Page) -> None:
    for name, roles in (("", ["view"]), ("a b", ["view"]), ("a" * 41, ["view"]), ("x", ["boss"]), ("x", ["result"])):
        with pytest.raises(users.UserError):
            beyond.store.run_now(partial(users.add, name=name, password_hash="h", roles=roles))  # noqa: S106 - no password
    with pytest.raises(users.UserError, match="already"):
        beyond.store.run_now(lambda connection: users.add(connection, "the_view", "h", ["view"]))
    for name in ("nobody", ""):
        with pytest.raises(users.UserError, match="no such user"):
            beyond.store.run_now(partial(users.remove, name=name))
