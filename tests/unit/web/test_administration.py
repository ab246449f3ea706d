"""The pages of administrators: settings, users, the state of the machine; the own account; a request's story."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from campaign.web import drafts, record, users
from campaign.web.pipes import Refused
from campaign.web.server.reach import Reach
from tests.support.asgi import Page
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.asgi import Answer

PASSWORD = "a good password"  # noqa: S105 - of nobody
OTHER = "another password"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SETTINGS = {
    "senders": "0212345678\n\n 1588-1234 ",
    "advertiser": "하늘상점",
    "refusal_number": "080-000-0000",
    "SMS": "20",
    "LMS": "49.5",
    "MMS": "",
    "approval": "over",
    "approval_over": "5000",
    "type_count_from": "500",
    "undo_seconds": "20",
    "draft_days": "0",
    "retention_days": "60",
    "most_a_day": "20,000",
    "window": "09:00-18:00",
    "ask_reason": "1",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page beyond this computer, with an administrator who is signed in."""
    monkeypatch.setattr(users, "hasher", lambda: CHEAP)
    home = tmp_path / "campaigns"
    home.mkdir()
    page = Page(home, reach=Reach(8020, "campaign.example"))
    for name, roles in (("boss", ["admin"]), ("kim", ["send"]), ("lee", ["view", "result"])):
        hashed = CHEAP.hash(PASSWORD)
        page.store.run_now(partial(users.add, name=name, password_hash=hashed, roles=roles))
    assert sign_in(page, "boss") == 303
    yield page
    page.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> int:
    page.cookies = {}
    return page.post("/login", urlencode({"name": name, "password": password})).status


def save(page: Page, **changed: str) -> Answer:
    return page.post("/settings", urlencode(SETTINGS | changed))


def deeds(page: Page) -> list[tuple[str, str, str]]:
    found = page.store.run_now(record.entries)
    return [(one.user, one.what, one.about) for one in reversed(found) if one.what != "sign_in"]


# Settings


def test_settings_are_written_and_what_the_form_has_not_stays(house: Page) -> None:
    path = house.home / "web.toml"
    notify = '\n[notify]\ncommand = ["tell.sh"]\n'
    path.write_text(f'# ours\nadvertiser = "옛 이름"\n{notify}', encoding="utf-8")
    assert save(house).headers["location"] == "/settings?done"
    assert path.read_text(encoding="utf-8").startswith('# ours\nadvertiser = "하늘상점"\n')
    assert path.stat().st_mode & 0o777 == 0o600
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {
        "notify": {"command": ["tell.sh"]},
        "most_a_day": 20_000,
        "window": "09:00-18:00",
        "ask_reason": True,
        "senders": ["02-1234-5678", "1588-1234"],
        "prices": {"SMS": 20, "LMS": 49.5},
        "advertiser": "하늘상점",
        "refusal_number": "080-000-0000",
        "approval": "over 5000",
        "type_count_from": 500,
        "undo_seconds": 20,
        "draft_days": 0,
        "retention_days": 60,
    }
    assert house.site.orders.undo_s == 20
    [(user, what, about)] = deeds(house)
    assert (user, what, "approval" in about, "notify" in about) == ("boss", "settings", True, False)
    shown = house.get("/settings?done").text
    for words in ("Saved.", "02-1234-5678\n1588-1234", 'value="49.5"', 'value="5000"', 'value="60"'):
        assert words in shown
    assert drafts.of_house(house.home)["approval"] == "over 5000"
    save(house, senders="", SMS="", LMS="", advertiser="", refusal_number="", approval="none", window="", most_a_day="")
    left = set(tomllib.loads(path.read_text(encoding="utf-8")))
    assert left >= {"notify", "approval"}
    assert not left & {"window", "most_a_day"}
    assert "senders" not in drafts.read(drafts.create(house.home, "x"))


@pytest.mark.parametrize(
    ("field", "given", "words"),
    [
        ("senders", "010-12", "010-12"),
        ("senders", "\n".join(["02-1234-5678"] * 21), "At most 20 sender numbers."),
        ("SMS", "-1", "SMS: -1 is not a price in won."),
        ("LMS", "viel", "LMS: viel is not a price in won."),
        ("MMS", "nan", "MMS: nan is not a price in won."),
        ("approval", "perhaps", "Choose when another person has to approve a send."),
        ("approval_over", "many", "Recipients above which approval is needed: enter a whole number"),
        ("type_count_from", "-5", "their number is typed: enter a whole number from 0 to 10,000,000."),
        ("undo_seconds", "601", "from 0 to 600."),
        ("draft_days", "\u0663", "from 0 to 3,650."),
        ("retention_days", "", "from 0 to 3,650."),
        ("most_a_day", "0", "Settings: most_a_day = 0: expected a whole number of recipients from 1"),
        ("most_a_day", "many", "Settings: most_a_day = &#39;many&#39;: expected a whole number of recipients from 1"),
        ("window", "9-18", "Settings: window = &#39;9-18&#39;: expected two times of the day"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_written(house: Page, field: str, given: str, words: str) -> None:
    answer = save(house, **{field: given})
    assert (answer.status, words in answer.text) == (400, True)
    assert not (house.home / "web.toml").exists()
    assert deeds(house) == []


def test_a_file_that_cannot_be_read_is_said_and_not_written_over(house: Page) -> None:
    path = house.home / "web.toml"
    path.write_text("senders = [", encoding="utf-8")
    assert "web.toml cannot be read" in house.get("/settings").text
    answer = save(house)
    assert (answer.status, "Correct it with an editor." in answer.text) == (409, True)
    assert path.read_text(encoding="utf-8") == "senders = ["


@pytest.mark.parametrize(
    "line", ["most_a_day = true", 'window = "9-18"', 'ask_reason = "ja"', "notify = { mail_to = [] }"]
)
def test_a_wrong_rule_in_the_file_is_said_and_can_be_corrected_on_the_page(house: Page, line: str) -> None:
    path = house.home / "web.toml"
    path.write_text(f"{line}\n", encoding="utf-8")
    shown = house.get("/settings").text
    assert f"web.toml: {line.partition(' ')[0]}" in shown
    assert 'action="/settings"' in shown


@pytest.mark.parametrize("page", ["docs/web.md", "docs/ko/web.md"])
def test_the_docs_have_every_setting_with_its_default(house: Page, page: str) -> None:
    [block] = re.findall(r"```toml\n(senders.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    path = house.home / "web.toml"
    save(house)
    assert set(tomllib.loads(block)) == set(tomllib.loads(path.read_text(encoding="utf-8")))
    shown = drafts.of_house(house.home / "none")
    documented = tomllib.loads(block)
    for name in ("approval", "draft_days", "retention_days"):
        assert documented[name] == shown[name]


# Users


def change(page: Page, deed: str, **fields: str) -> Answer:
    return page.post(f"/people/{deed}", urlencode(fields))


def user(page: Page, name: str) -> users.User | None:
    return page.store.run_now(lambda connection: users.find(connection, name))


def test_a_user_is_added_with_a_role_and_signs_in(house: Page) -> None:
    added = change(house, "add", name=" 김하늘 ", level="prepare", result="1", password=OTHER)
    assert added.headers["location"] == "/people?done=user_add"
    shown = house.get("/people?done=user_add").text
    for words in ("The user was added.", "김하늘", "may prepare · results"):
        assert words in shown
    assert deeds(house) == [("boss", "user_add", "김하늘")]
    assert OTHER not in (house.home / "web.sqlite3").read_bytes().decode("latin-1")
    assert sign_in(house, "김하늘", OTHER) == 303


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "kim", "password": PASSWORD, "level": "view"}, "there is a user of this name already"),
        ({"name": "a b", "password": PASSWORD, "level": "view"}, "a name has letters"),
        ({"name": "x", "password": "short", "level": "view"}, "10 to 200 characters"),
        ({"name": "x", "password": PASSWORD, "level": "boss"}, "is not a role"),
    ],
)
def test_a_user_that_cannot_be_added_is_said(house: Page, fields: dict[str, str], words: str) -> None:
    answer = change(house, "add", **fields)
    assert (answer.status, words in answer.text) == (400, True)
    assert len(house.store.run_now(users.everyone)) == 3
    assert deeds(house) == []


@pytest.mark.parametrize("deed", ["role", "password", "sign-out", "remove"])
def test_what_is_done_to_a_user_ends_the_sessions_and_is_recorded(house: Page, deed: str) -> None:
    admin = dict(house.cookies)
    assert sign_in(house, "kim") == 303
    theirs, house.cookies = dict(house.cookies), admin
    assert "Signed in with 1 browser" in house.get("/people").text
    fields = {"name": "kim", "level": "view", "password": OTHER}
    assert change(house, deed, **fields).headers["location"] == f"/people?done=user_{deed.replace('-', '_')}"
    house.cookies = theirs
    assert house.get("/").status == 303
    assert deeds(house) == [("boss", f"user_{deed.replace('-', '_')}", "kim")]
    found = user(house, "kim")
    assert (found is None) == (deed == "remove")
    if deed == "role":
        assert found is not None
        assert found.roles == {"view"}
    if deed == "password":
        assert sign_in(house, "kim", OTHER) == 303


@pytest.mark.parametrize("deed", ["role", "password", "sign-out", "remove"])
def test_administrators_do_not_lock_themselves_out_and_unknown_users_are_said(house: Page, deed: str) -> None:
    answer = change(house, deed, name="boss", level="view", password=OTHER)
    assert (answer.status, "Your own account is changed by another administrator" in answer.text) == (400, True)
    assert house.get("/people").status == 200
    if deed != "sign-out":
        assert "there is no such user" in change(house, deed, name="who", level="view", password=PASSWORD).text
    assert deeds(house) == []


# The own account


def test_the_account_shows_where_one_is_signed_in_and_ends_the_other_sessions(house: Page) -> None:
    assert sign_in(house, "lee") == 303
    other = dict(house.cookies)
    house.now += 60
    assert sign_in(house, "lee") == 303
    shown = house.get("/account").text
    assert "may look, may download results" in shown
    assert (shown.count("last used"), shown.count("this browser")) == (2, 1)
    assert house.post("/account/sessions").headers["location"] == "/account?done=sessions"
    mine = dict(house.cookies)
    assert house.get("/account").text.count("last used") == 1
    house.cookies = other
    assert house.get("/account").status == 303
    house.cookies = mine
    house.now += 31 * 60
    assert sign_in(house, "lee") == 303
    assert house.get("/account").text.count("last used") == 1  # the one before is over


def test_the_own_phone_and_the_language_are_kept_with_the_user(house: Page) -> None:
    draft = drafts.create(house.home, "x")
    assert sign_in(house, "kim") == 303
    assert house.post("/account/phone", urlencode({"phone": "010-2345-6789"})).status == 303
    assert 'value="010-2345-6789"' in house.get("/account").text
    assert 'value="010-2345-6789"' in house.get(f"/campaigns/{draft.id}/test").text
    house.post("/language", urlencode({"language": "ko", "back": "/account"}))
    assert sign_in(house, "kim") == 303
    assert '<html lang="ko">' in house.get("/account").text
    assert sign_in(house, "lee") == 303
    assert '<html lang="en">' in house.get("/account").text


# The state of the machine, and a request's story


def test_the_doctor_of_the_engine_is_shown(house: Page) -> None:
    findings = [
        {"what": "keys", "good": True, "words": "both are set"},
        {"what": "disk", "good": False, "words": "<b>40 MB free"},
        {"what": "clock", "good": None, "words": "sends no time"},
    ]
    house.engine.answers["doctor"] = lambda: {"findings": findings}
    shown = house.get("/doctor").text
    for words in ("both are set", "&lt;b&gt;40 MB free", ">BAD<", ">look<"):
        assert words in shown


STORY: dict[str, Any] = {
    "run": "spring-1",
    "name": "봄 세일",
    "no": 7,
    "state": "accepted",
    "recipients": 60,
    "code": 0,
    "request_no": "240893",
    "text": "안녕 <b>",
    "rows": [{"row": 2, "number": "010-****-0001"}],
    "events": [
        {
            "at": "2026-11-27T01:00:00+00:00",
            "state": "in_flight",
            "attempt": 1,
            "code": None,
            "words": "",
            "cause": None,
        },
        {
            "at": "2026-11-27T01:00:01+00:00",
            "state": "unknown",
            "attempt": 1,
            "code": None,
            "words": "",
            "cause": "lost",
        },
        {
            "at": "2026-11-27T01:05:00+00:00",
            "state": "accepted",
            "attempt": 2,
            "code": 0,
            "words": "accepted",
            "cause": None,
        },
    ],
}


@pytest.mark.parametrize(("name", "is_whole"), [("lee", True), ("kim", False)])
def test_a_request_has_its_story_and_whole_numbers_for_the_role_result_alone(
    house: Page, name: str, is_whole: bool
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(**fields: object) -> dict[str, Any]:
        asked.append(fields)
        return STORY

    house.journal.answers["request"] = answer
    assert sign_in(house, name) == 303
    shown = house.get("/runs/spring-1/requests/7").text
    assert asked == [{"run": "spring-1", "no": 7, "is_whole": is_whole}]
    for words in (
        "2026-11-27 10:00:01",
        "Result unknown",
        "lost",
        "attempt 2",
        "240893",
        "안녕 &lt;b&gt;",
        "and 59 more",
    ):
        assert words in shown
    assert ("Whole numbers are shown to those who may download results." in shown) is not is_whole


@pytest.mark.parametrize("number", ["x", "-1", "1e3", "9999999999", "\u0663"])
def test_a_request_that_is_not_there_is_said(house: Page, number: str) -> None:
    def none(**_fields: object) -> dict[str, object]:
        raise Refused("no_such_request", "There is no such request.", {})

    house.journal.answers["request"] = none
    assert house.get(f"/runs/x/requests/{number}").status == 404
    assert house.get("/runs/x/requests/4").status == 404
