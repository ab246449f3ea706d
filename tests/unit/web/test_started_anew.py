"""A check process that was started anew reads and checks again what it is asked, without an error or wrong numbers."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import openpyxl
import pytest

from campaign import engine
from campaign.model.errors import CampaignError
from campaign.web import check_answers, check_process, drafts
from campaign.web.check_answers import Checks
from campaign.web.pipes import Refused
from tests.support.asgi import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.asgi import Page

ROWS = [
    ("이름", "휴대폰", "쿠폰"),
    ("김민서", "010-0200-0001", "A-1"),
    ("이지훈", "02-1234-5600", "A-2"),
    ("박서연", "010-0200-0003", None),
]


class Process(StandIn):
    """The check process's answers, given in the server's own process."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page, self.checks, self.ended = page, Checks(), list[Checks]()

    def start_anew(self) -> None:
        """As after its end: it knows nothing any more."""
        self.ended.append(self.checks)
        self.checks = Checks()

    def close(self) -> None:
        for checks in (self.checks, *self.ended):
            checks.close()

    async def ask(self, do: str, *, timeout_s: float = 30.0, **fields: Any) -> dict[str, Any]:
        del timeout_s
        self.asked.append((do, fields))
        draft = drafts.find(self.page.home, fields.pop("campaign"))
        more = (engine.SILENT,) if do in {"columns", "check"} else ()
        try:
            return getattr(self.checks, do)(draft, *more, **fields)  # type: ignore[no-any-return] # any of its questions
        except CampaignError as problem:
            raise Refused(problem.code, str(problem), {}) from None


@pytest.fixture
def process(page: Page, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    monkeypatch.setenv("CAMPAIGN_JOURNAL", str(page.home / "none.sqlite3"))
    process: Any = Process(page)
    page.check = page.site.check = process
    yield process
    process.close()


@pytest.fixture
def draft(page: Page) -> drafts.Draft:
    draft = drafts.create(page.home, "봄 세일")
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    for row in ROWS:
        tab.append(list(row))
    book.save(draft.folder / drafts.LIST / "명단.xlsx")
    drafts.set_lists(draft, ["명단.xlsx"])
    drafts.change(draft, {"": {"sender": "02-1234-5678"}}, text="{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}")
    return draft


def checks_made(page: Page) -> int:
    return sum(do == "check" for do, _fields in page.check.asked)


def test_a_cell_is_fixed_after_the_check_was_forgotten(page: Page, draft: drafts.Draft, process: Process) -> None:
    path = f"/campaigns/{draft.id}/check"
    assert "It can be sent to 1 recipient" in page.get(path).text
    process.start_anew()
    where = "cause=invalid.phone_landline.own1&page=1&place=1&row=3"
    form = urlencode({"was": "02-1234-5600", "value": "010-0200-0009"})
    answer = page.post(f"{path}/fix?{where}", form, x_fragment="1")
    assert (answer.status, "changed since" in answer.text) == (200, False)
    assert "010-0200-0009" in (draft.folder / drafts.FIXES).read_text(encoding="utf-8")
    assert "It can be sent to 2 recipients" in page.get(path).text


def test_the_page_of_a_forgotten_check_has_the_numbers_and_the_rows_of_the_same_check(
    page: Page, draft: drafts.Draft, process: Process
) -> None:
    path = f"/campaigns/{draft.id}/check"
    page.get(path)
    process.start_anew()
    page.site.checking.forget()  # as after a run: what is looked at now may be another check
    page.get(path)
    made = checks_made(page)
    process.start_anew()
    cause = "/check?cause=invalid.empty_cell.own2"
    found = page.get(f"/campaigns/{draft.id}{cause}")
    assert (found.status, checks_made(page)) == (200, made + 1)
    assert "박서연" in found.text


@pytest.mark.parametrize("row", ["", "?row=2"])
def test_messages_of_a_forgotten_check_are_shown(page: Page, draft: drafts.Draft, process: Process, row: str) -> None:
    page.get(f"/campaigns/{draft.id}/check")
    process.start_anew()
    found = page.get(f"/campaigns/{draft.id}/check/messages{row}")
    assert (found.status, "쿠폰 A-1" in found.text) == (200, True)


def test_a_decision_for_a_forgotten_check_is_carried_out(page: Page, draft: drafts.Draft, process: Process) -> None:
    path = f"/campaigns/{draft.id}/check"
    page.get(path)
    process.start_anew()
    form = urlencode({"decide": "default", "heading": "쿠폰", "words": "없음"})
    assert page.post(f"{path}/decide", form).status == 303
    assert "없음" in drafts.message(draft)


def test_a_message_is_looked_at_after_its_list_was_forgotten(page: Page, draft: drafts.Draft, process: Process) -> None:
    path = f"/campaigns/{draft.id}/message"
    page.get(path)
    process.start_anew()
    form = urlencode({"text": "{{ 이름 }}님께", "sender": "02-1234-5678", "title": "", "SMS": "", "LMS": "", "MMS": ""})
    found = page.post(f"{path}/look", form, x_fragment="1")
    assert (found.status, "김민서님께" in found.text, "changed since" in found.text) == (200, True, False)


# -- when


def test_something_is_done_once_nothing_is_under_way() -> None:
    is_idle, answered = threading.Event(), Future[dict[str, object]]()
    idle = check_process.Idle({0.0: is_idle.set})
    assert is_idle.wait(10)
    question = idle.counted(lambda: answered)
    question()
    is_idle.clear()
    idle.counted(dict)()
    assert not is_idle.is_set()  # the long answer is still awaited, so no timer was started
    answered.set_result({})
    assert is_idle.wait(10)


def test_an_error_ends_a_question_as_well() -> None:
    is_idle = threading.Event()
    idle = check_process.Idle({0.0: is_idle.set})

    def fails() -> None:
        assert is_idle.wait(10)
        is_idle.clear()
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        idle.counted(fails)()
    assert is_idle.wait(10)


def test_nothing_is_asked_of_a_process_while_it_ends() -> None:
    is_ending, goes_on, began = threading.Event(), threading.Event(), threading.Event()

    def end() -> None:
        if is_ending.is_set():
            return
        is_ending.set()
        assert goes_on.wait(10)
        assert not began.is_set()

    idle = check_process.Idle({0.0: end})
    assert is_ending.wait(10)
    asking = threading.Thread(target=idle.counted(began.set))
    asking.start()
    goes_on.set()
    asking.join(10)
    assert began.is_set()


@pytest.mark.parametrize(("most", "is_large"), [(2, True), (3, False)])
def test_a_process_with_a_long_list_is_large(
    draft: drafts.Draft, process: Process, monkeypatch: pytest.MonkeyPatch, most: int, is_large: bool
) -> None:
    monkeypatch.setattr(check_answers, "KEPT_IDLE_ROWS", most)
    assert not process.checks.is_large
    process.checks.columns(draft, engine.SILENT)
    assert process.checks.is_large == is_large
