"""What is removed by itself and when, and what is kept because something uses it. Source: web.md, "What lies where"."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from campaign.web import drafts, record
from campaign.web.orders import Order, new_id
from campaign.web.server import retention

if TYPE_CHECKING:
    from tests.support.asgi import Page

DAY_S = 24 * 3_600


def draft_of(page: Page, *, age_days: float) -> drafts.Draft:
    """A campaign with a list and a corrected cell, which nobody has touched for so many days."""
    draft = drafts.create(page.home, "봄 세일")
    (draft.folder / "list" / "명단.csv").write_text("이름,휴대폰\n", encoding="utf-8")
    drafts.change(draft, {"recipients": {"files": ["list/명단.csv"]}}, text="안녕")
    at = page.now - age_days * DAY_S
    for path in (*draft.folder.rglob("*"), draft.folder):
        os.utime(path, (at, at))
    return draft


def uses(page: Page, *runs: dict[str, Any], scheduled: tuple[str, ...] = ()) -> None:
    """What the engine process knows."""
    page.journal.answers["uses"] = lambda home: {"scheduled": list(scheduled), "runs": list(runs)}  # noqa: ARG005
    page.journal.answers["purgeable"] = lambda runs: {"runs": [run for run in runs if run != "run-unknown"]}


def run_of(page: Page, draft: drafts.Draft, *, ended_days: float | None, **more: object) -> dict[str, Any]:
    """A run of a campaign that ended so many days ago; None for one that is not over."""
    ended = None if ended_days is None else datetime.fromtimestamp(page.now - ended_days * DAY_S, UTC).isoformat()
    return {"id": "run-1", "campaign": draft.id, "ended_at": ended, "is_practice": False, "is_purged": False} | more


def removed(page: Page) -> list[tuple[str, str]]:
    """What is removed now, as the record has it."""
    before = len(page.store.run_now(record.entries))
    asyncio.run(retention.remove_due(page.site))
    found = page.store.run_now(record.entries)
    return [(one.user, one.what) for one in reversed(found[: len(found) - before])]


def order(page: Page, draft: drafts.Draft, kind: str, **more: Any) -> Order:
    async def ask() -> Order:
        return await page.site.orders.ask(new_id(), kind, "kim", campaign=draft.id, **more)

    return asyncio.run(ask())


def test_a_draft_that_nobody_touches_is_removed_after_thirty_days_with_its_list(page: Page) -> None:
    young, old = draft_of(page, age_days=29.9), draft_of(page, age_days=30.1)
    grave = page.home / ".deleted-abc"
    (grave / "list").mkdir(parents=True)
    assert removed(page) == [("program", "remove_draft")]
    assert not grave.exists()
    assert young.file.exists()
    assert not old.folder.exists()
    assert removed(page) == []


def test_the_days_are_the_houses_and_none_at_all_keeps_everything(page: Page) -> None:
    draft = draft_of(page, age_days=400)
    (page.home / "web.toml").write_text("draft_days = 0\nretention_days = 0\n", encoding="utf-8")
    uses(
        page,
        {
            "id": "run-0",
            "campaign": None,
            "ended_at": "2020-01-01T00:00:00+00:00",
            "is_practice": True,
            "is_purged": False,
        },
    )
    assert removed(page) == []
    (page.home / "web.toml").write_text("draft_days = 401\nretention_days = -1\n", encoding="utf-8")
    assert removed(page) == [("program", "purge")]  # what is not a number of days counts as 90
    assert draft.file.exists()


@pytest.mark.parametrize("use", ["schedule", "running", "ordered", "to approve", "in another journal"])
def test_nothing_that_is_to_be_sent_or_is_being_sent_is_removed(page: Page, use: str) -> None:
    draft = draft_of(page, age_days=100)
    if use == "schedule":
        uses(page, run_of(page, draft, ended_days=80), scheduled=(draft.id,))
    elif use == "running":
        uses(page, run_of(page, draft, ended_days=80), run_of(page, draft, ended_days=None, id="run-2"))
    elif use == "in another journal":
        done = order(page, draft, "send")
        page.store.run_now(
            lambda connection: connection.execute(
                "UPDATE orders SET state = 'done', run = 'x' WHERE id = ?", (done.id,)
            )
        )
    else:
        order(page, draft, "send", needs_approval=use == "to approve")
    assert removed(page) == []
    assert draft.lists == ["명단.csv"]


def test_the_list_of_a_campaign_that_was_sent_goes_seven_days_after_its_run_and_its_message_stays(page: Page) -> None:
    draft = draft_of(page, age_days=20)
    (draft.folder / "fixes.csv").write_text("secret", encoding="utf-8")
    os.utime(draft.folder / "fixes.csv", (0, 0))
    uses(page, run_of(page, draft, ended_days=6.9))
    assert removed(page) == []
    uses(page, run_of(page, draft, ended_days=7.1))
    assert removed(page) == [("program", "remove_list")]
    assert draft.lists == []
    assert "files" not in drafts.read(draft).unwrap()["recipients"]
    assert "secret" not in (draft.folder / "fixes.csv").read_text(encoding="utf-8")
    assert drafts.message(draft) == "안녕"
    assert removed(page) == []


def test_a_campaign_that_was_only_practised_is_a_draft(page: Page) -> None:
    draft = draft_of(page, age_days=20)
    uses(page, run_of(page, draft, ended_days=19, is_practice=True))
    assert removed(page) == []
    assert draft.lists == ["명단.csv"]


def test_texts_and_numbers_of_runs_go_after_ninety_days_by_an_order(page: Page) -> None:
    draft = draft_of(page, age_days=1)
    runs = [run_of(page, draft, ended_days=days, id=f"run-{days}") for days in (89, 91, 92)]
    unknown = run_of(page, draft, ended_days=93, id="run-unknown")
    uses(page, *runs[:2], runs[2] | {"is_purged": True}, unknown)
    assert removed(page) == [("program", "purge")]
    [purge] = asyncio.run(page.site.orders.open())
    assert (purge.kind, purge.run, purge.given["run"]) == ("purge", "run-91", "run-91")


def test_the_list_says_when_it_will_be_removed(page: Page) -> None:
    draft = draft_of(page, age_days=10)
    assert "Personal data will be removed on 2027-02-04." in page.get(f"/campaigns/{draft.id}/list").text
    uses(page, run_of(page, draft, ended_days=2))
    assert "Personal data will be removed on 2027-01-20." in page.get(f"/campaigns/{draft.id}/list").text
    uses(page, scheduled=(draft.id,))
    assert "Personal data will be removed" not in page.get(f"/campaigns/{draft.id}/list").text


def test_a_campaign_that_a_schedule_or_an_order_sends_is_not_deleted(page: Page) -> None:
    draft = draft_of(page, age_days=1)
    uses(page, scheduled=(draft.id,))
    answer = page.post(f"/campaigns/{draft.id}/delete")
    assert (answer.status, "A schedule sends this campaign. Remove the schedule first." in answer.text) == (409, True)
    uses(page)
    order(page, draft, "send")
    answer = page.post(f"/campaigns/{draft.id}/delete")
    assert (answer.status, "about to be sent" in answer.text) == (409, True)
    del page.journal.answers["uses"]
    assert page.post(f"/campaigns/{draft.id}/delete").status == 503
    assert draft.file.exists()
