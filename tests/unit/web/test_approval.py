"""Approval by a second person: what needs it, who may give it, how long. Source: web.md, "Security"."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from campaign.model.times import SEOUL
from campaign.web import approval, drafts, record, users
from campaign.web import store as stores
from campaign.web.orders import Order, Orders, _as_told, new_id
from campaign.web.pipes import Refused
from campaign.web.server.checking import Checking
from campaign.web.server.reach import Reach
from tests.support.asgi import Page, StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.asgi import Answer

PASSWORD = "a good password"  # noqa: S105 - of nobody
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ROLES = {"kim": "prepare", "lee": "send", "park": "send", "choi": "view"}
CHECK: dict[str, Any] = {
    "plan": "plan-1",
    "goes": 1_200,
    "left_out": {"invalid": 3},
    "is_advertisement": True,
    "senders": ["02-1234-5678"],
    "price": 24_000,
    "prices": {"SMS": 20.0},
    "ceiling": None,
    "holiday": None,
    "types": {"SMS": 1_200},
    "findings": [],
    "notes": [],
    "similar": None,
    "inputs": "",
}
CHANGE = approval.Change("kim", 1)
MESSAGE = {"row": 2, "text": "안녕 <b>", "title": "", "bytes": 20}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setattr(users, "hasher", lambda: CHEAP)
    home = tmp_path / "campaigns"
    home.mkdir()
    check = StandIn({"check": lambda campaign: dict(CHECK), "messages": lambda campaign: {"messages": [MESSAGE]}})  # noqa: ARG005
    journal = StandIn({"sent_before": lambda digest: {"run": None}})  # noqa: ARG005
    page = Page(home, reach=Reach(8020, "campaign.example"), check=check, journal=journal)
    page.site.is_practice = False
    page.site.orders.undo_s = 10
    hashed = CHEAP.hash(PASSWORD)
    for name, role in ROLES.items():
        page.store.run_now(partial(users.add, name=name, password_hash=hashed, roles=[role]))
    (home / "web.toml").write_text('approval = "over 1,000"\n', encoding="utf-8")
    yield page
    page.close()


class Office:
    """A campaign, and people who sign in one after the other."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sessions: dict[str, dict[str, str]] = {}
        self.draft = drafts.create(page.home, "봄 세일")
        drafts.change(self.draft, {"recipients": {"files": ["list/a.csv"]}}, text="안녕")
        (self.draft.folder / "list" / "a.csv").write_text("이름,휴대폰\n", encoding="utf-8")

    def as_(self, name: str) -> Page:
        """The page as this user sees it."""
        if name not in self.sessions:
            self.page.cookies = {}
            assert self.page.post("/login", urlencode({"name": name, "password": PASSWORD})).status == 303
            self.sessions[name] = dict(self.page.cookies)
        self.page.cookies = dict(self.sessions[name])
        self.page.site.checking = Checking()  # each request has an event loop of its own here
        return self.page

    def post(self, user: str, path: str, **fields: str) -> Answer:
        return self.as_(user).post(path, urlencode(fields))

    def form(self, **more: str) -> dict[str, str]:
        typed = {"order": new_id(), "digest": "plan-1", "count": "1200", "typed": "1200", "when": "now"}
        return typed | more

    def ask(self, name: str, **more: str) -> Order:
        """Ask for an approval; the order that stands."""
        fields = self.form(**more)
        answer = self.post(name, f"/campaigns/{self.draft.id}/ask", **fields)
        assert answer.status == 303, answer.text
        return self.order(answer.headers["location"].rpartition("/")[2])

    def order(self, identity: str) -> Order:
        from campaign.web.orders import _find

        return self.page.store.run_now(lambda connection: _find(connection, identity))

    def approve(self, name: str, order: Order) -> Answer:
        return self.post(name, f"/approvals/{order.id}/approve")

    def deeds(self) -> list[tuple[str, str]]:
        found = self.page.store.run_now(record.entries)
        return [(one.user, one.what) for one in reversed(found) if one.what != "sign_in"]


@pytest.fixture
def office(house: Page) -> Office:
    return Office(house)


def needs(setting: str, recipients: int = 10, *, ad: bool = False) -> bool:
    return approval.is_needed(setting, recipients, is_advertisement=ad)


def test_what_needs_a_second_person() -> None:
    assert not needs("none", 1_000_000, ad=True)
    assert needs("all", 1)
    assert (needs("advertisement", ad=True), needs("advertisement", 1_000_000)) == (True, False)
    assert (needs("over 1,000", 1_000), needs("over 1000", 1_001)) == (False, True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", "none"),
        ('approval = "none"', "none"),
        ('approval = "over 1,000"', "over 1,000"),
        ('approval = "over many"', "all"),
        ("approval = false", "all"),
        ('approval = "none', "all"),
    ],
)
def test_a_setting_that_is_not_understood_asks_for_everything(tmp_path: Path, words: str, found: str) -> None:
    (tmp_path / "web.toml").write_text(words, encoding="utf-8")
    assert drafts.of_house(tmp_path)["approval"] == found
    assert drafts.of_house(tmp_path / "nowhere")["approval"] == "none"


def test_it_is_sent_when_another_person_has_approved_it_once(office: Office) -> None:
    order = office.ask("kim")
    assert (order.state, order.by, order.given["people"]) == ("to_approve", "kim", 1_200)
    home = office.as_("lee").get("/").text
    assert f'href="/approvals/{order.id}"' in home
    page = office.page.get(f"/approvals/{order.id}").text
    for words in ("kim asked for approval", "goes to 1,200 recipients", "안녕 &lt;b&gt;", "Approve and send"):
        assert words in page
    assert office.approve("lee", order).headers["location"] == f"/orders/{order.id}"
    assert office.approve("park", order).status == 303  # later, or a second click: nothing new happens
    assert office.approve("lee", order).status == 303
    approved = office.order(order.id)
    assert (approved.state, approved.by, approved.approved_by) == ("asked", "kim", "lee")
    assert approved.starts_at == office.page.now + 10
    assert office.deeds() == [("kim", "ask"), ("lee", "approve")]
    told = _as_told(approved)
    assert (told["by"], told["approved_by"], told["digest"], told["practice"]) == ("kim", "lee", "plan-1", False)


def test_who_asked_cannot_approve(office: Office) -> None:
    order = office.ask("lee")
    assert "Who asked cannot approve." in office.as_("lee").get(f"/approvals/{order.id}").text
    answer = office.approve("lee", order)
    assert (answer.status, "Who asked cannot approve." in answer.text) == (403, True)
    assert office.order(order.id).state == "to_approve"


def test_who_changed_it_last_cannot_approve(office: Office) -> None:
    office.post("park", f"/campaigns/{office.draft.id}/name", name="여름 세일")
    office.page.now += 1
    order = office.ask("kim")
    assert "Who changed it last cannot approve it." in office.approve("park", order).text
    assert office.approve("lee", order).status == 303


@pytest.mark.parametrize("name", ["kim", "choi"])
def test_a_role_that_may_not_send_cannot_approve(office: Office, name: str) -> None:
    order = office.ask("park")
    assert office.approve(name, order).status == 403
    assert "Approve and send" not in office.as_(name).get(f"/approvals/{order.id}").text
    assert office.order(order.id).state == "to_approve"


def test_any_change_makes_it_void(office: Office) -> None:
    order = office.ask("kim")
    office.page.now += 60
    office.post("kim", f"/campaigns/{office.draft.id}/name", name="여름 세일")
    answer = office.approve("lee", order)
    assert "It was changed after approval was asked for." in answer.text
    assert office.order(order.id).state == "to_approve"
    assert f"/approvals/{order.id}" not in office.page.get("/").text
    again = office.ask("kim")
    assert office.order(order.id).words == "A newer request has taken its place."
    assert office.approve("lee", again).status == 303


def test_a_change_after_the_approval_stops_the_send_that_has_not_begun(office: Office) -> None:
    order = office.ask("kim")
    office.approve("lee", order)
    office.page.now += 5
    office.post("kim", f"/campaigns/{office.draft.id}/name", name="여름 세일")
    office.page.now += 5
    asyncio.run(office.page.site.orders.tell())
    stopped = office.order(order.id)
    assert (stopped.state, stopped.words) == (
        "refused",
        approval.void(asked_at=0, start_at=None, now=0, changed=CHANGE),
    )


def test_a_plan_that_is_another_one_now_is_not_offered(office: Office) -> None:
    order = office.ask("kim")
    office.page.check.answers["check"] = lambda campaign: CHECK | {"plan": "plan-2"}  # noqa: ARG005
    drafts.change(office.draft, text="at a terminal")
    page = office.as_("lee").get(f"/approvals/{order.id}").text
    assert "It was changed after approval was asked for." in page
    assert "Approve and send" not in page


def test_what_cannot_be_checked_any_more_is_said_and_not_offered(office: Office) -> None:
    order = office.ask("kim")

    def refuse(campaign: str) -> dict[str, Any]:
        raise Refused("no_list", f"{campaign}: there is no list yet.", {})

    office.page.check.answers["check"] = refuse
    page = office.as_("lee").get(f"/approvals/{order.id}").text
    assert "there is no list yet." in page
    assert ("Approve and send" in page, "Send back" in page) == (False, True)
    drafts.delete(office.draft)
    assert office.page.get(f"/approvals/{order.id}").status == 404
    assert office.page.get("/").status == 200


def test_it_lapses_after_24_hours(office: Office) -> None:
    order = office.ask("kim")
    office.page.now += 24 * 3_600 + 1
    office.sessions.clear()
    assert "more than 24 hours ago" in office.approve("lee", order).text
    assert f"/approvals/{order.id}" not in office.page.get("/").text


def test_without_an_approval_it_is_not_sent_but_practised(office: Office) -> None:
    path = f"/campaigns/{office.draft.id}/send"
    page = office.as_("lee").get(path).text
    assert f'formaction="/campaigns/{office.draft.id}/ask"' in page
    refused = office.post("lee", path, **office.form(mode="real", count="1", typed="1"))
    assert refused.status == 400
    assert "Another person has to approve this before it is sent." in refused.text
    other = office.post("lee", path, **office.form(mode="real", digest="plan-0"))
    assert "has changed since it was shown" in other.text
    weekly = office.post("lee", path, **office.form(mode="real", when="weekly", day="MON", clock="10:00"))
    assert "it cannot be repeated every week" in weekly.text
    assert office.deeds() == []
    assert office.post("lee", path, **office.form(mode="practice")).status == 303
    assert office.deeds() == [("lee", "send")]


def test_fewer_recipients_need_no_approval(office: Office) -> None:
    office.page.check.answers["check"] = lambda campaign: CHECK | {"goes": 1_000}  # noqa: ARG005
    form = office.form(mode="real", count="1000", typed="1000")
    assert office.post("lee", f"/campaigns/{office.draft.id}/send", **form).status == 303
    assert office.deeds() == [("lee", "send")]


def test_who_may_only_prepare_asks_even_where_the_house_does_not(office: Office) -> None:
    (office.page.home / "web.toml").write_text("", encoding="utf-8")
    path = f"/campaigns/{office.draft.id}"
    page = office.as_("kim").get(f"{path}/send").text
    assert "Your account may not send. Somebody who may send can approve it." in page
    assert office.post("kim", f"{path}/send", **office.form(mode="real")).status == 403
    assert office.approve("lee", office.ask("kim")).status == 303


def test_a_form_that_is_sent_twice_asks_once(office: Office) -> None:
    form = office.form()
    for _ in range(2):
        assert office.post("kim", f"/campaigns/{office.draft.id}/ask", **form).status == 303
    assert office.deeds() == [("kim", "ask")]


def test_it_is_sent_back_with_what_is_to_be_changed(office: Office) -> None:
    order = office.ask("kim")
    assert office.post("choi", f"/approvals/{order.id}/refuse", why="x").status == 403
    office.post("lee", f"/approvals/{order.id}/refuse", why="가격이  틀렸습니다")
    page = office.as_("kim").get(f"/orders/{order.id}").text
    assert "lee sent it back: 가격이 틀렸습니다" in page
    assert office.approve("park", order).headers["location"] == f"/orders/{order.id}"
    assert office.order(order.id).state == "refused"
    assert office.deeds() == [("kim", "ask"), ("lee", "send_back")]


def test_a_time_is_approved_with_it_and_written_then(office: Office) -> None:
    office.page.now = datetime(2031, 12, 1, 9, tzinfo=SEOUL).timestamp()
    order = office.ask("park", when="later", at="2031-12-01T10:00")
    assert "schedule" not in drafts.read(office.draft)
    assert office.approve("park", order).status == 403
    assert "schedule" not in drafts.read(office.draft)
    told: list[dict[str, Any]] = []
    heard = office.page.site.orders.hear

    def carry_out(orders: list[dict[str, Any]]) -> dict[str, Any]:
        told.extend(orders)
        for one in orders:
            heard("order", {"id": one["id"], "run": None, "state": "done", "words": None, "code": None})
        return {}

    office.page.engine.answers["orders"] = carry_out
    office.page.site.orders.engine = office.page.site.engine
    assert office.approve("lee", order).headers["location"] == f"/orders/{order.id}"
    assert drafts.read(office.draft).unwrap()["schedule"]["start_at"].year == 2031
    assert [(one["kind"], one["approved_by"], one["freeze"]) for one in told] == [("schedule", "lee", True)]
    assert office.order(order.id).state == "done"


def test_a_time_that_has_passed_is_not_approved_any_more(office: Office) -> None:
    office.page.now = datetime(2031, 12, 1, 9, tzinfo=SEOUL).timestamp()
    order = office.ask("kim", when="later", at="2031-12-01T10:00")
    office.page.now += 2 * 3_600
    office.sessions.clear()
    answer = office.approve("lee", order)
    assert (answer.status, "The time at which it was to start has passed." in answer.text) == (403, True)
    assert "schedule" not in drafts.read(office.draft)


def test_every_week_is_not_approved_ahead(office: Office) -> None:
    form = office.form(when="weekly", day="MON", clock="10:00")
    answer = office.post("kim", f"/campaigns/{office.draft.id}/ask", **form)
    assert (answer.status, "it cannot be repeated every week" in answer.text) == (400, True)


def test_practice_needs_no_approval_and_has_nobody_to_ask(office: Office) -> None:
    office.page.site.is_practice = True
    path = f"/campaigns/{office.draft.id}"
    assert "Ask for approval" not in office.as_("lee").get(f"{path}/send").text
    assert office.post("lee", f"{path}/ask", **office.form()).status == 409
    assert office.post("lee", f"{path}/send", **office.form(mode="real")).status == 303


def test_without_users_nobody_approves_and_nothing_is_really_sent(office: Office) -> None:
    page = Page(office.page.home, check=office.page.check, journal=office.page.journal)
    page.site.is_practice = False
    page.enter()
    path = f"/campaigns/{office.draft.id}"
    shown = page.get(f"{path}/send").text
    assert "This page has no users, so nobody can approve it." in shown
    assert "Ask for approval" not in shown
    assert page.post(f"{path}/ask", urlencode(office.form())).status == 409
    page.site.checking = Checking()
    answer = page.post(f"{path}/send", urlencode(office.form(mode="real", digest="plan-0")))
    assert "has changed since it was shown" in answer.text
    page.close()


def test_orders_of_an_earlier_version_of_the_database_are_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "web.sqlite3", isolation_level=None)) as earlier:
        earlier.executescript("".join(stores.MIGRATIONS[:3]))
        earlier.execute(
            "INSERT INTO orders (id, kind, given, by_whom, language, asked_at, starts_at, state) "
            "VALUES ('o-1', 'send', '{}', 'kim', 'ko', 1, 1, 'asked')"
        )
        earlier.execute("PRAGMA user_version = 3")
    store = stores.Store(tmp_path)
    [order] = asyncio.run(Orders(store).open())
    assert (order.id, order.by, order.approved_by) == ("o-1", "kim", None)
    store.close()


# -- a reason


def with_reason(office: Office) -> None:
    (office.page.home / "web.toml").write_text('approval = "over 1,000"\nask_reason = true\n', encoding="utf-8")


def test_a_reason_is_asked_for_and_kept_in_the_record_and_with_the_order(office: Office) -> None:
    with_reason(office)
    path = f"/campaigns/{office.draft.id}"
    assert 'name="reason"' in office.as_("kim").get(f"{path}/send").text
    refused = office.post("kim", f"{path}/ask", **office.form(reason=" \n "))
    assert (refused.status, "Enter why this is sent. It is recorded." in refused.text) == (400, True)
    order = office.ask("kim", reason="봄 세일이\n 내일 끝남 <b>")
    assert _as_told(order)["reason"] == "봄 세일이 내일 끝남 <b>"
    assert "Reason: 봄 세일이 내일 끝남 &lt;b&gt;" in office.as_("lee").get(f"/approvals/{order.id}").text
    office.approve("lee", order)
    found = [one.about for one in office.page.store.run_now(record.entries) if one.what in {"ask", "approve"}]
    assert found == [f"{office.draft.id}: 봄 세일이 내일 끝남 <b>"] * 2


def test_practice_needs_no_reason_and_what_is_typed_survives_another_problem(office: Office) -> None:
    with_reason(office)
    path = f"/campaigns/{office.draft.id}/send"
    answer = office.post("lee", path, **office.form(mode="real", typed="7", reason="끝나는 날"))
    assert (answer.status, 'value="끝나는 날"' in answer.text) == (400, True)
    assert office.post("lee", path, **office.form(mode="practice")).status == 303


def test_without_the_setting_no_reason_is_asked_for(office: Office) -> None:
    assert 'name="reason"' not in office.as_("kim").get(f"/campaigns/{office.draft.id}/send").text


def test_the_confirmation_and_the_approval_say_the_rules_of_the_house(office: Office) -> None:
    order = office.ask("kim")
    rules = 'approval = "all"\nwindow = "09:00-18:00"\nmost_a_day = 20000\n'
    (office.page.home / "web.toml").write_text(rules, encoding="utf-8")
    for path in (f"/campaigns/{office.draft.id}/send", f"/approvals/{order.id}"):
        shown = office.as_("lee").get(path).text
        assert "It is sent between 09:00-18:00 only. At another time it waits for these hours." in shown
        assert "At most 20,000 recipients a day." in shown
