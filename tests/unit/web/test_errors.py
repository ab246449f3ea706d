"""Errors are pages with a way on: what each status says, and what a fault of ours tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from campaign.web import drafts
from campaign.web.pipes import ChildEnded, ChildFailed, ChildTimeout, Refused
from campaign.web.server import errors
from campaign.web.server.sessions import Session

if TYPE_CHECKING:
    from tests.support.asgi import Page


def raising(problem: Exception) -> Any:
    def raise_it(*_: object) -> None:
        raise problem

    return raise_it


def test_a_fault_shows_a_number_that_stands_in_the_log_and_nothing_else(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drafts, "everything", raising(RuntimeError("a secret at /home/me")))
    answer = page.get("/")
    assert answer.status == 500
    found = re.search(r"under (\w{8})", answer.text)
    assert found is not None
    assert "secret" not in answer.text
    assert f"fault {found[1]}: GET /" in caplog.text
    assert "a secret at /home/me" in caplog.text


@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [
        (Refused("no_such_run", "There is no such run.", {}), 400, "There is no such run."),
        (ChildEnded("It has ended."), 503, "It has ended."),
        (ChildTimeout("It takes long."), 503, "It takes long."),
        (ChildFailed("It is broken.", "12ab34cd"), 500, "12ab34cd"),
        (errors.Refusal(409), 409, "changed this in another window"),
        (errors.Refusal(404, "That campaign is gone."), 404, "That campaign is gone."),
        (errors.Refusal(429), 429, "Try again in a moment."),
    ],
)
def test_what_a_page_cannot_do_is_a_page_and_for_the_script_a_piece(
    page: Page, monkeypatch: pytest.MonkeyPatch, problem: Exception, status: int, words: str
) -> None:
    monkeypatch.setattr(drafts, "everything", raising(problem))
    whole, piece = page.get("/"), page.get("/", x_fragment="1")
    assert whole.status == piece.status == status
    assert words in whole.text
    assert words in piece.text
    assert 'href="/"' in whole.text
    assert "<html" not in piece.text
    assert whole.headers.get("refresh") == ("3" if status == 503 else None)


def test_home_is_shown_while_the_engine_starts(page: Page) -> None:
    answer = page.get("/")
    assert answer.status == 200
    assert "still starting" in answer.text


def test_home_shows_what_the_engine_knows_and_a_draft_that_was_sent_only_there(page: Page) -> None:
    draft = drafts.create(page.home, "Sale <1>")
    at = "2026-11-27T14:05:00+09:00"
    counts = {"accepted": 2, "planned": 1}
    run = {"id": "r1", "name": "Spring", "at": at, "state": "running", "counts": counts, "is_practice": True}
    facts = {"id": "s1", "name": draft.name, "at": at, "every": None, "state": "active", "is_practice": False}
    planned = {**facts, "file": str(draft.file)}
    page.journal.answers["overview"] = lambda **_: {"sending": [run], "scheduled": [planned], "past": []}
    text = page.get("/").text
    assert 'href="/runs/r1"' in text
    assert "3 recipients" in text
    assert text.count("Sale &lt;1&gt;") == 1
    assert f"/campaigns/{draft.id}" not in text


def test_the_language_is_the_browsers_until_one_is_chosen(page: Page) -> None:
    for asked, language in (("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("fr,en;q=0.5", "en"), ("fr", "ko"), ("", "ko")):
        assert f'<html lang="{language}">' in page.get("/", accept_language=asked).text
    page.post("/language", "language=en&back=%2F")
    assert '<html lang="en">' in page.get("/", accept_language="ko").text
    assert page.post("/language", "language=xx").status == 400


def test_what_a_role_does_not_allow_is_said(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "may", lambda _, role: role != "view")
    answer = page.get("/")
    assert answer.status == 403
    assert "may not do this" in answer.text


def test_a_program_that_is_being_stopped_says_so(page: Page) -> None:
    page.site.is_stopping = True
    assert "is being stopped" in page.get("/").text


def test_the_name_of_a_campaign_stays_a_name(page: Page) -> None:
    draft = drafts.create(page.home, "x")
    for given, kept in (
        ("  봄\t세일\r\n ", "봄 세일"),
        ('"]\n[gateway]\nurl = "https://evil.example"', '"] [gateway] url = "https://evil.example"'),
        ("가" * 100, "가" * 60),
        ("\u202e\u0000a", "a"),
    ):
        assert page.post(f"/campaigns/{draft.id}/name", urlencode({"name": given})).status == 303
        assert drafts.read(draft).unwrap().keys() == {"name", "recipients"}
        assert draft.name == kept
    assert page.post(f"/campaigns/{draft.id}/name", "name=++").status == 303
    assert draft.name == "a"
