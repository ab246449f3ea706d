"""What users of other systems ask for, through the page: conditions, numbers, opt-outs, limits, stages, results.

Without a browser. The page has no rule of its own: its numbers are those of the command line.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import datetime
from html import unescape
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import openpyxl
import pytest

from campaign.model.times import SEOUL
from campaign.sandbox import start
from campaign.timing.working_days import WorkingDays
from campaign.web import drafts
from tests.support.desk import KEYS, Desk, number
from tests.support.web import start_web
from tests.support.web_campaigns import Client, fields_of, make_campaign, numbers_of, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.web import WebServer

_PLACES = count(700_000, 100)
HEADINGS = ("이름", "휴대폰", "보호자", "등급")


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with start(seed=1, history="my-org") as sandbox:
        yield sandbox.url


@pytest.fixture(scope="module")
def server(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """`campaign web` with keys, and a gateway that has a history."""
    home = tmp_path_factory.mktemp("web") / "campaigns"
    home.mkdir()
    (home / "web.toml").write_text("undo_seconds = 0\n", encoding="utf-8")
    running = start_web(home, env=KEYS | {"CAMPAIGN_GATEWAY_URL": gateway})
    yield running
    errors = running.stop()
    assert "Traceback" not in errors, errors


@pytest.fixture
def client(server: WebServer) -> Client:
    return Client(server)


@pytest.fixture
def desk(server: WebServer, gateway: str) -> Desk:
    """The command line beside the page: the same folder, and so the same journal."""
    return Desk(server.home.parent, gateway)


def campaign(
    client: Client,
    rows: Sequence[Sequence[object]],
    text: str = "안녕하세요",
    *,
    headings: Sequence[str] = HEADINGS,
    **sections: Any,
) -> drafts.Draft:
    """A campaign of the page with such a list."""
    draft = make_campaign(client.server.home, 0, text)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (headings, *rows):
        sheet.append(list(row))
    book.save(draft.folder / drafts.LIST / "명단.xlsx")
    drafts.change(draft, sections)
    return draft


def in_korean(client: Client, path: str) -> str:
    answer = client.session.get(client.server.url + path, headers={"Accept-Language": "ko"}, timeout=60)
    return unescape(answer.text)


def checked(client: Client, draft: drafts.Draft) -> str:
    return unescape(client.until(f"/campaigns/{draft.id}/check", 'id="sentence"'))


def counts(page: str) -> dict[str, int]:
    """Which rows the check page leaves out, by the title of the cause."""
    found = re.findall(r'<b dir="auto">([^<]*) · ([\d,]+) rows?</b>', page)
    return {title: int(rows.replace(",", "")) for title, rows in found}


def columns(**more: object) -> dict[str, object]:
    return {"phone": ["휴대폰"], "where": "", "consent": "", "night_consent": "", "skip_hidden": "1"} | {
        "skip_duplicates": "1",
        **more,
    }


def test_a_condition_and_a_second_number_column_are_chosen_on_the_list_page(client: Client, desk: Desk) -> None:
    first = next(_PLACES)
    rows = [
        ("가", number(first), number(first + 1), "VIP"),
        ("나", number(first + 2), None, "일반"),
        ("다", number(first + 3), "없음", "VIP"),
        ("라", "02-123-4567", None, "VIP"),
    ]
    draft = campaign(client, rows)
    path = f"/campaigns/{draft.id}/list"
    client.until(path, "4 rows read")
    wrong = client.post(f"{path}/columns", columns(where="등금 == 'VIP'"))
    assert wrong.status_code == 400
    assert "Condition: " in unescape(wrong.text)
    assert "Did you mean 등급?" in unescape(wrong.text)
    assert "The condition was not saved." in wrong.text
    assert "where" not in drafts.read(draft).unwrap()["recipients"]

    saved = client.post(f"{path}/columns", columns(phone=["휴대폰", "보호자", ""], where="등급 == 'VIP'"))
    assert saved.status_code == 200
    assert "Each number of a row gets the message." in saved.text
    section = drafts.read(draft).unwrap()["recipients"]
    assert (section["phone"], section["where"]) == (["휴대폰", "보호자"], "등급 == 'VIP'")
    page = checked(client, draft)
    assert "It can be sent to 3 recipients." in page
    assert counts(page)["Left out by the condition"] == 1
    assert sum(counts(page).values()) == 2
    assert "조건에 맞지 않는 행입니다 · 1행" in in_korean(client, f"/campaigns/{draft.id}/check")
    said = desk.run("check", draft.file, "--json").json
    assert said["rows"] == {"total": 5, "pending": 3, "invalid": 1, "hidden": 1}
    cell = re.search(r'action="(check/fix[^"]*row=5)"', page)
    assert cell is not None
    fixed = {"was": "02-123-4567", "value": number(first + 4)}
    client.post(f"/campaigns/{draft.id}/{unescape(cell[1])}", fixed)
    assert "It can be sent to 4 recipients." in checked(client, draft)
    assert desk.run("check", draft.file, "--json").json["rows"] == {"total": 5, "pending": 4, "hidden": 1}
    client.post(f"{path}/columns", columns(phone=["보호자", ""]))
    section = drafts.read(draft).unwrap()["recipients"]
    assert ("where" in section, section["phone"]) == (False, "보호자")


def test_the_opt_out_list_is_kept_on_a_page_of_its_own(client: Client, desk: Desk) -> None:
    first = next(_PLACES)
    draft = campaign(client, [(f"고객{at}", number(first + at), None, "") for at in range(5)])
    assert "It can be sent to 5 recipients." in checked(client, draft)
    before = desk.run("optout", "list", "--json").json["opted_out"]

    def give(action: str, **fields: str) -> str:
        order = client.form("/opt-outs", f"/opt-outs/{action}") if action != "find" else {}
        return unescape(client.post(f"/opt-outs/{action}", order | fields).text)

    assert "1 added, 0 on the list before" in give("add", number=f"+82 {number(first)[1:]}")
    assert "It can be sent to 4 recipients." in checked(client, draft)
    assert "is a landline" in give("add", number="02-123-4567")
    assert "is on the list." in give("find", number=number(first))
    assert "is not on the list." in give("find", number=number(first + 1))
    assert "too few digits" in give("find", number="010-12")

    def load(name: str, content: bytes) -> str:
        order = client.form("/opt-outs", "/opt-outs/import")
        answer = client.session.post(
            f"{client.server.url}/opt-outs/import", data=order, files={"file": (name, content)}, timeout=60
        )
        return unescape(answer.text)

    export = f"일시,수신거부번호\n2026-11-02,{number(first)}\n2026-11-03,{number(first + 1)}\n,없음\n"
    loaded = load("080.csv", export.encode("cp949"))
    assert "1 added, 1 on the list before" in loaded
    assert "080.csv: row 4: no valid number" in loaded
    masked = load("080.csv", "수신거부번호\n010-****-1234\n".encode())
    assert "080.csv: row 2: '010-****-1234' has hidden digits" in masked
    assert str(client.server.home) not in masked
    assert "cannot" in load("list.hwp", b"HWP") or "read" in load("list.hwp", b"HWP")
    assert not [path for path in (client.server.home / "opt-outs").rglob("*") if path.is_file()]

    page = checked(client, draft)
    assert "It can be sent to 3 recipients." in page
    assert counts(page) == {"Opted out": 2}
    assert desk.run("check", draft.file, "--json").json["rows"] == {"total": 5, "pending": 3, "opted_out": 2}
    # What the terminal adds is seen after "check again".
    desk.run("optout", "add", number(first + 2))
    client.post(f"/campaigns/{draft.id}/check", {})
    assert "It can be sent to 2 recipients." in checked(client, draft)
    shown = give("find", number=number(first + 1))
    assert "080.csv" in shown
    removed = client.post("/opt-outs/remove", {"order": "r" * 20, "number": number(first + 1)})
    assert "campaigns may go to" in removed.text
    assert (
        "is not on the list; nothing was changed"
        in client.post("/opt-outs/remove", {"order": "s" * 20, "number": number(first + 1)}).text
    )
    assert len(desk.run("optout", "list", "--json").json["opted_out"]) == len(before) + 2
    assert "어떤 캠페인에서도" in in_korean(client, "/opt-outs")
    record = client.get("/record.csv").text
    for what in ("opt_out_add", "opt_out_import", "opt_out_remove"):
        assert f",{what}," in record
    assert number(first) not in record


def test_limits_are_set_and_refuse_before_anything_is_sent(client: Client, desk: Desk) -> None:
    first = next(_PLACES)
    draft = campaign(client, [(f"고객{at}", number(first + at), None, "") for at in range(3)], prices={"SMS": 20})
    path = f"/campaigns/{draft.id}/send"
    form = client.form(path)

    def limit(**fields: str) -> Any:
        return client.post(f"{path}/limits", fields)

    for fields, words in (
        ({"first": "many"}, "sending.first"),
        ({"stop_above": "300"}, "sending.stop_above"),
        ({"max_recipients": "0"}, "sending.max_recipients"),
        ({"frequency": "2", "days": "7"}, "sending.frequency applies to advertisements only"),
    ):
        wrong = limit(**fields)
        assert (wrong.status_code, words in unescape(wrong.text)) == (400, True), wrong.text
    assert "sending" not in drafts.read(draft).unwrap()

    for key, value, words in (
        ("max_recipients", "2", "sending.max_recipients = 2: the campaign goes to 3 recipients. Nothing was sent."),
        ("max_cost", "59", "sending.max_cost = 59: the campaign costs 60 won. Nothing was sent."),
    ):
        limit(**{key: value})
        page = unescape(client.until(path, 'id="ceiling"'))
        assert words in page
        assert f'action="{path}"' not in page
        assert "한도" in in_korean(client, path)
        assert words in checked(client, draft)
        assert words in desk.run("check", draft.file).err.replace("\n", " ")
        refused = client.post(path, form | {"mode": "real", "when": "now", "order": key * 3})
        assert words in unescape(client.until(path_of(refused), "Nothing was sent"))
        limit()
    assert drafts.read(draft).unwrap()["sending"] == {}


def test_after_the_first_stage_the_run_asks_whether_to_go_on_and_is_counted_by_a_column(client: Client) -> None:
    first = next(_PLACES)
    rows = [(f"고객{at}", number(first + at), None, "VIP" if at else "일반") for at in range(4)]
    draft = campaign(client, rows)
    client.post(f"/campaigns/{draft.id}/send/limits", {"first": "1", "stop_above": "50 %"})
    assert drafts.read(draft).unwrap()["sending"] == {"first": 1, "stop_above": "50%"}
    run = client.run_of(client.send(draft))
    page = client.until(run, '<span class="badge">Paused</span>')
    assert "the first 1 recipient was sent" in page
    assert "Is the rest to be sent?" in page
    assert "나머지도 보낼까요?" in in_korean(client, run)
    client.order(run, "resume")
    done = client.until(run, '<span class="badge">Finished</span>')
    assert "Is the rest to be sent?" not in done
    book = client.get(f"{run}/by.xlsx?column=등급")
    by = openpyxl.load_workbook(BytesIO(book.content))["by"]
    assert [row[:2] for row in by.iter_rows(min_row=2, values_only=True)][:2] == [("일반", 1), ("VIP", 3)]
    wrong = client.get(f"{run}/by.xlsx?column=지점")
    assert wrong.status_code == 400
    assert "there is no column '지점'" in unescape(wrong.text)


def test_who_got_as_many_advertisements_as_allowed_is_counted_by_the_rule(client: Client, desk: Desk) -> None:
    first = next(_PLACES)
    rows = [(f"고객{at}", number(first + at), None, "") for at in range(3)]
    text = "(광고)하늘상점 {} 무료거부 080-000-0000"
    settings: dict[str, Any] = {"message": {"advertisement": True}, "recipients": {"consent": None}}
    sent = campaign(client, rows[:2], text.format("하나"), **settings)
    run = client.run_of(client.send(sent, mode="real", override="1"))
    client.until(run, '<span class="badge">')
    draft = campaign(client, rows, text.format("둘"), **settings)
    client.post(f"/campaigns/{draft.id}/send/limits", {"frequency": "1", "days": "7"})
    assert drafts.read(draft).unwrap()["sending"] == {"frequency": "1 every 7 days"}
    page = checked(client, draft)
    assert counts(page) == {"Got as many advertisements as allowed": 2}
    assert desk.run("check", draft.file, "--json").json["rows"] == {"total": 3, "pending": 1, "duplicate": 2}


def test_a_start_on_a_holiday_shows_the_day_that_it_moved_to(client: Client) -> None:
    now = datetime.now(SEOUL)
    christmas = datetime(now.year, 12, 25, 10, tzinfo=SEOUL)
    christmas = christmas if christmas > now else christmas.replace(year=now.year + 1)
    moved = WorkingDays().next_opening(christmas)
    draft = campaign(client, [("가", number(next(_PLACES)), None, "")])
    path = f"/campaigns/{draft.id}/send"
    fields = {"mode": "real", "when": "later", "at": christmas.strftime("%Y-%m-%dT%H:%M"), "skip_holidays": "1"}
    client.post(path, client.form(path) | fields)
    page = unescape(client.until("/schedules", "public holiday"))
    assert f"{moved.month}/{moved.day} 10:00" in page
    assert f"{christmas:%Y-%m-%d %H:%M:%S} is on a public holiday" in page
    assert "공휴일" in in_korean(client, "/schedules")
    assert drafts.read(draft).unwrap()["sending"]["skip_holidays"] is True


def test_delivery_results_are_shown_and_what_they_propose_is_added_on_a_yes(client: Client, desk: Desk) -> None:
    rows = [("가", "010-0000-2093", None, ""), ("나", "010-0000-2006", None, ""), ("다", "010-0000-2007", None, "")]
    draft = campaign(client, rows, delivery={"company": "my-org", "rate": 100})
    run = client.run_of(client.send(draft))
    page = client.until(run, '<span class="badge">Finished</span>')
    assert "Nothing known yet" in page
    assert "As public clients of the gateway show it" in unescape(page)
    assert desk.run("delivery", unquote(run.rpartition("/")[2])).status == 1
    page = unescape(client.get(run).text)
    for words in ("<dt>Delivered</dt><dd>1</dd>", "<dt>Not delivered</dt><dd>2</dd>", "93 (the number is on"):
        assert words in page
    assert "1 number is on the refusal list: 010-****-2093" in page
    assert "전송 결과" in in_korean(client, run)
    form = client.form(run, f"{run}/opt-outs")
    changed = client.post(f"{run}/opt-outs", form | {"count": "7", "order": "x" * 20})
    assert "have changed since they were shown" in unescape(changed.text)
    assert client.post(f"{run}/opt-outs", form | {"ground": "everybody", "order": "y" * 20}).status_code == 400
    assert "1 number was added." in client.post(f"{run}/opt-outs", form).text
    [entry] = [one for one in desk.run("optout", "list", "--json").json["opted_out"] if one["number"] == "01000002093"]
    assert "delivery code 93 in run" in entry["from"]
    assert "Opt-outs added" in client.get(run).text


def test_unknown_requests_are_looked_up_in_the_history_and_the_won_left_when_asked_for(
    client: Client, desk: Desk
) -> None:
    first = next(_PLACES)
    desk.fault(fault="accept_then_hang_up")
    rows = [("가", number(first), None, ""), ("나", number(first + 1), None, "")]
    draft = campaign(client, rows, delivery={"company": "my-org", "rate": 100})
    run = client.run_of(client.send(draft))
    client.until(run, '<span class="badge">Finished</span>')
    found = unescape(client.order(run, "reconcile").text)
    assert "Request 1: sent less than five minutes ago. Look again later." in found
    assert "Make 1 request accepted" not in found
    [there] = [one for one in desk.ask("/sandbox/deliveries?limit=1000") if one["number"] == number(first)]
    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as connection:
        connection.execute(
            "UPDATE requests SET request_no = ? WHERE state = 'unknown' AND run = ?",
            (there["requestNo"], unquote(run.rpartition("/")[2])),
        )
        connection.commit()
    answer = client.order(run, "reconcile")
    assert "Request 1: its number is in the history, with exactly its recipients." in unescape(answer.text)
    form = fields_of(answer.text[answer.text.index('-accept"') - 400 :], f"{run}/reconcile")
    assert form["accept"] == "1"
    accepted = client.post(f"{run}/reconcile", form)
    assert "1 request is accepted now." in accepted.text
    assert numbers_of(accepted.text)["Result unknown"] == 0
    refused = client.post(f"{run}/reconcile", {"order": "z" * 20, "accept": "1"})
    assert "No request of it is unknown any more." in refused.text
    assert "Look up the won left" in refused.text
    assert re.search(r"Won left: [\d,]+", client.get(f"{run}?balance=1").text)
    assert "잔액" in in_korean(client, f"{run}?balance=1")


def test_a_campaign_of_the_rest_goes_to_nobody_who_got_the_message(client: Client, desk: Desk) -> None:
    first = next(_PLACES)
    rows = [("가", number(first), None, ""), ("나", "02-123-4567", None, ""), ("다", "02-123-4568", None, "")]
    draft = campaign(client, rows, headings=("이름", "휴대폰", "status", "등급"))
    run = client.run_of(client.send(draft))
    client.until(run, '<span class="badge">Finished</span>')
    rest = drafts.find(client.server.home, path_of(client.order(run, "again", invalid="1")).split("/")[2])
    page = checked(client, rest)
    assert counts(page)["A landline, which receives no texts"] == 2
    for row, value in ((2, number(first)), (3, number(first + 1))):
        address = re.search(rf'action="(check/fix[^"]*row={row})"', page)
        assert address is not None, page
        fields = {"was": rows[row - 1][1], "value": value}
        assert client.post(f"/campaigns/{rest.id}/{address[1]}", fields).status_code == 200
    page = checked(client, rest)
    assert "It can be sent to 1 recipient." in page
    assert counts(page)["Got this message before"] == 1
    said = desk.run("check", rest.file, "--json").json["rows"]
    assert said == {"total": 2, "pending": 1, "duplicate": 1}
    run = client.run_of(client.send(rest))
    client.until(run, '<span class="badge">Finished</span>')
    assert desk.ask("/sandbox/stats")["repeats"] == 0
