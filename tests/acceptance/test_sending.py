"""A campaign through the command line to the real sandbox, and the workbook that comes back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import openpyxl

from tests.support.desk import ROOT, number
from tests.support.languages import in_both_languages, on_each_database_and_in_both_languages
from tests.support.postgres import on_each_database

if TYPE_CHECKING:
    from tests.support.desk import Desk

CONTRACT = [
    "status",
    "resultCode",
    "message",
    "requestNo",
    "msgType",
    "reason",
    "number",
    "text",
    "bytes",
    "sentAt",
    "row",
]


def test_one_text_for_2345_rows_takes_three_requests(desk: Desk) -> None:
    desk.people(2345)
    desk.campaign("모두에게 같은 말")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 0
    assert sorted(one["recipients"] for one in desk.ask("/sandbox/requests")) == [345, 1000, 1000]
    assert done.json["requests"] == {"total": 3, "accepted": 3}
    assert done.json["rows"] == {"total": 2345, "accepted": 2345}
    assert done.json["codes"] == {"0": 2345}


def test_fifty_texts_for_fifty_rows_take_fifty_requests(desk: Desk) -> None:
    desk.people(50)
    desk.campaign("{{ 이름 }}님")
    assert desk.run("send", "c.toml", "--yes", "--json").json["requests"] == {"total": 50, "accepted": 50}
    assert {one["text"] for one in desk.ask("/sandbox/deliveries")} == {f"고객{place}님" for place in range(50)}


def test_90_bytes_go_as_sms_and_91_as_lms(desk: Desk) -> None:
    desk.sheet([["가" * 45, number(1)], ["가" * 45 + "a", number(2)]], headings=("글", "휴대폰"))
    desk.campaign("{{ 글 }}")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.json["types"] == {"SMS": 1, "LMS": 1}
    assert [one["msgType"] for one in desk.ask(f"/sandbox/deliveries?number={number(1)}")] == ["SMS"]
    assert [one["msgType"] for one in desk.ask(f"/sandbox/deliveries?number={number(2)}")] == ["LMS"]
    assert [(row["bytes"], row["msgType"]) for row in desk.results(done.json["report"])] == [(90, "SMS"), (91, "LMS")]


def test_every_row_is_answered_for_in_order_with_its_own_columns_first(desk: Desk) -> None:
    rows: list[list[object]] = [
        ["김민서", number(1), "A1"],
        ["이지훈", 1009001234, "A2"],  # a number cell: the leading 0 was eaten
        ["박서연", "02-555-0123", "A3"],
        ["최도윤", f"+82 {number(2)[1:]}", None],
        ["정하은", number(1), "A1"],
        ["강시우", None, "A6"],
    ]
    desk.sheet(rows)
    desk.campaign("안녕하세요{% if 쿠폰 %} {{ 쿠폰 }}{% endif %}")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 1
    book = openpyxl.load_workbook(desk.folder / done.json["report"])
    head = [cell.value for cell in book["results"][1]]
    assert head == ["이름", "휴대폰", "쿠폰", *CONTRACT]
    results = desk.results(done.json["report"])
    assert [row["이름"] for row in results] == [row[0] for row in rows]
    assert [row["row"] for row in results] == [2, 3, 4, 5, 6, 7]
    statuses = ["accepted", "accepted", "invalid", "accepted", "duplicate", "invalid"]
    assert [row["status"] for row in results] == statuses
    assert [row["number"] for row in results] == [number(1), "01009001234", None, number(2), number(1), None]
    assert [row["resultCode"] for row in results] == [0, 0, None, 0, None, None]
    assert "1009001234" in results[1]["reason"]
    assert "landline" in results[2]["reason"]
    assert "row 2" in results[4]["reason"]


@on_each_database
def test_statuses_add_up_and_the_sandboxs_ledger_has_the_accepted_rows_number_by_number(desk: Desk) -> None:
    folder = ROOT / "sample_data" / "spring_sale"
    done = desk.run("send", folder / "campaign.toml", "--yes", "--json")
    assert done.status == 1
    counts = dict(done.json["rows"])
    assert counts.pop("total") == 3000 == sum(counts.values())
    results = desk.results(done.json["report"])
    assert Counter(row["status"] for row in results) == counts
    accepted = sorted((row["number"], row["text"]) for row in results if row["status"] == "accepted")
    delivered = sorted((one["number"], one["text"]) for one in desk.ask("/sandbox/deliveries"))
    assert delivered == accepted
    assert desk.ask("/sandbox/stats")["repeats"] == 0
    sheet = openpyxl.load_workbook(folder / "customers.xlsx")["수신자"]
    ours = openpyxl.load_workbook(desk.folder / done.json["report"])["results"]
    for original, written in zip(sheet.iter_rows(values_only=True), ours.iter_rows(values_only=True), strict=True):
        for column, (was, now) in enumerate(zip(original, written[: len(original)], strict=True)):
            # Numbers that people are called by are text in the workbook; all else is as it was.
            assert now == (str(was) if column == 2 and isinstance(was, int) else was)


def test_a_csv_of_an_old_program_is_read_and_answered_for(desk: Desk) -> None:
    done = desk.run("send", ROOT / "sample_data" / "appointments" / "campaign.toml", "--yes", "--json")
    assert done.json["rows"] == {"total": 60, "accepted": 59, "invalid": 1}
    assert done.json["requests"]["total"] == 59
    first = desk.results(done.json["report"])[0]
    assert first["text"].startswith(f"[하늘치과] {first['이름']}님, {first['예약일']}")


def test_what_the_gateway_refuses_is_rejected_on_every_row_of_its_request(desk: Desk) -> None:
    desk.sheet([["가", number(1)], ["나", number(2)], ["나", "010-0000-1021"]], headings=("글", "휴대폰"))
    desk.campaign("{{ 글 }}")
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert done.status == 1
    rows = desk.results(done.json["report"])
    assert [(row["status"], row["resultCode"]) for row in rows] == [("accepted", 0), ("rejected", 21), ("rejected", 21)]
    assert "장문 메시지는 2000 Bytes까지만" in rows[1]["message"]


@on_each_database
def test_the_built_in_sandbox_sends_without_keys_and_says_that_nothing_went_out(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    done = desk.run("send", "c.toml", "--sandbox", keys=False)
    assert done.status == 0
    assert "nothing really went out" in done.out
    assert desk.ask("/sandbox/stats")["requests"] == 0
    [report] = (desk.folder / "reports").glob("*.xlsx")
    words = [str(cell) for row in openpyxl.load_workbook(report)["summary"].iter_rows(values_only=True) for cell in row]
    assert any("실제로" in cell for cell in words)


@in_both_languages
def test_check_sends_nothing_and_exits_as_sending_would(desk: Desk) -> None:
    desk.sheet([["가", number(1)], ["나", "02-123-4567"]], headings=("글", "휴대폰"))
    desk.campaign("{{ 글 }}", prices="SMS = 20")
    done = desk.run("check", "c.toml", "--json")
    assert done.status == 1
    assert done.json["state"] == "checked"
    assert done.json["rows"] == {"total": 2, "pending": 1, "invalid": 1}
    assert done.json["cost"] == 20
    assert desk.ask("/sandbox/stats")["requests"] == 0
    assert [row["status"] for row in desk.results(done.json["report"])] == ["pending", "invalid"]
    assert not (desk.folder / "reports" / "journal.sqlite3").exists()


def test_a_campaign_without_a_file_goes_by_options(desk: Desk) -> None:
    desk.people(2)
    words = ("--recipients", "r.xlsx", "--text", "{{ 이름 }}님", "--sender", "02-1234-5678")
    done = desk.run("send", *words, "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 2, "accepted": 2})


@on_each_database
def test_the_same_plan_is_refused_until_again_is_said(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    first = desk.run("send", "c.toml", "--yes", "--json")
    second = desk.run("send", "c.toml", "--yes", "--json")
    assert second.status == 2
    assert first.json["run"] in second.err
    assert second.out == ""
    assert desk.ask("/sandbox/stats")["requests"] == 1
    again = desk.run("send", "c.toml", "--yes", "--again")
    assert again.status == 0
    assert f"these are exactly the messages of run {first.json['run']}" in again.err
    assert desk.ask("/sandbox/stats")["repeats"] == 3


def test_a_plan_that_is_nearly_the_same_is_sent_after_a_word_on_what_differs(desk: Desk) -> None:
    rows = [[f"고객{place}", number(place), "A"] for place in range(10)]
    desk.sheet(rows)
    desk.campaign("{{ 이름 }} {{ 쿠폰 }}")
    first = desk.run("send", "c.toml", "--yes", "--json").json
    rows[0][2] = "B"
    desk.sheet([*rows, ["새 고객", number(99), "A"]])
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 0
    assert f"9 of these 11 messages were in run {first['run']}" in done.err
    assert "to the same numbers; 1 new number, 1 number with a different message" in done.err


def test_hidden_rows_are_not_sent_to(desk: Desk) -> None:
    path = desk.people(3)
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    desk.campaign()
    done = desk.run("send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 3, "accepted": 2, "hidden": 1})


@on_each_database_and_in_both_languages
def test_report_and_status_need_the_journal_alone(desk: Desk) -> None:
    sheet = desk.people(3)
    desk.campaign()
    run = desk.run("send", "c.toml", "--yes", "--json").json
    sheet.unlink()
    (desk.folder / "c.toml").unlink()
    (desk.folder / run["report"]).unlink()
    again = desk.run("report", run["run"], "--json")
    assert again.json == run
    assert len(desk.results(run["report"])) == 3
    assert desk.run("status", "--json").json["rows"] == run["rows"]
    [listed] = desk.run("runs", "--json").json["runs"]
    assert (listed["run"], listed["state"]) == (run["run"], "finished")
    story = desk.run("status", "last", "--request", "1", "--json").json
    assert [event["state"] for event in story["events"]] == ["in_flight", "accepted"]


def test_preview_shows_a_row_as_its_recipient_reads_it(desk: Desk) -> None:
    desk.people(3)
    desk.campaign("{{ 이름 }}님\n쿠폰 {{ 쿠폰 }}")
    done = desk.run("preview", "c.toml", "--row", "3")
    assert done.status == 0
    assert "│ 고객1님" in done.out
    assert "row 3: SMS, 18 bytes" in done.out


def test_codes_lists_every_code_with_the_vendors_words(desk: Desk) -> None:
    done = desk.run("codes")
    assert done.status == 0
    for words in ("전송 성공", "등록되지 않은 발신번호입니다.", "최대 1000건 전송 가능합니다."):
        assert words in done.out
