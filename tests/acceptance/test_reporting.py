"""Results in other forms: a person's own workbook, CSV, several runs; and the round trip back into a campaign."""

from __future__ import annotations

import csv

import openpyxl
import pytest
from openpyxl.styles import Font

from tests.support.desk import Desk, number
from tests.support.postgres import on_each_database


def own_workbook(desk: Desk) -> None:
    path = desk.people(4)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    sheet["A1"].font = Font(bold=True, color="FF0000")
    sheet.column_dimensions["A"].width = 33
    book.create_sheet("메모")["A1"] = "내 메모"
    book.save(path)


def test_results_go_into_a_copy_of_the_persons_own_workbook(desk: Desk) -> None:
    own_workbook(desk)
    desk.campaign("{{ 이름 }}님")
    run = desk.run("send", "c.toml", "--yes", "--json").json
    done = desk.run("report", "last", "--into-original", "--json")
    assert done.status == 0
    book = openpyxl.load_workbook(desk.folder / done.json["report"])
    sheet = book.worksheets[0]
    assert sheet["A1"].font.color.rgb == "00FF0000"
    assert sheet.column_dimensions["A"].width == 33
    assert book["메모"]["A1"].value == "내 메모"
    heads = [cell.value for cell in sheet[1]]
    assert heads[:5] == ["이름", "휴대폰", "쿠폰", "status", "resultCode"]
    assert [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["accepted"] * 4
    assert done.json["report"] != run["report"]


def test_results_as_csv_open_in_excel_and_carry_no_formulas(desk: Desk) -> None:
    desk.sheet([["=1+1", number(1)], ["+나", number(2)]], headings=("이름", "휴대폰"))
    desk.campaign("안녕")
    desk.run("send", "c.toml", "--yes")
    done = desk.run("report", "--format", "csv", "--json")
    data = (desk.folder / done.json["report"]).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["status"] for row in rows] == ["accepted", "accepted"]
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


@on_each_database
def test_several_runs_go_into_one_workbook_with_a_comparison(desk: Desk) -> None:
    desk.people(3)
    for text in ("첫 번째", "두 번째"):
        desk.campaign(text)
        assert desk.run("send", "c.toml", "--yes").status == 0
    first, second = [run["run"] for run in desk.run("runs", "--json").json["runs"]][::-1]
    done = desk.run("report", first, second, "--json")
    assert done.status == 0
    book = openpyxl.load_workbook(desk.folder / done.json["report"])
    assert book.sheetnames[0] == "comparison"
    assert len(book.sheetnames) == 3
    assert [run["run"] for run in done.json["runs"]] == [first, second]
    since = desk.run("report", "--since", "2020-01-01", "--json")
    assert [run["run"] for run in since.json["runs"]] == [first, second]


def test_a_result_workbook_is_a_recipients_file_and_only_picks_from_it(desk: Desk) -> None:
    desk.sheet([["가", number(1)], ["나", "02-123-4567"], ["다", "010-0000-1021"]], headings=("이름", "휴대폰"))
    desk.campaign("{{ 이름 }}님")
    first = desk.run("send", "c.toml", "--yes", "--json").json
    assert first["rows"] == {"total": 3, "accepted": 1, "rejected": 1, "invalid": 1}
    mended = openpyxl.load_workbook(desk.folder / first["report"])
    mended["results"]["B3"] = number(2)
    mended["results"]["B4"] = number(3)
    mended.save(desk.folder / "mended.xlsx")
    desk.campaign("{{ 이름 }}님", recipients='files = ["mended.xlsx"]')
    second = desk.run("send", "c.toml", "--yes", "--json", "--only", "rejected,invalid")
    assert (second.status, second.json["rows"]) == (0, {"total": 2, "accepted": 2})
    assert sorted(one["number"] for one in desk.ask("/sandbox/deliveries")) == [number(1), number(2), number(3)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("check", "c.toml", "--only", "failed"), "no such status"),
        (("check", "c.toml", "--only", "rejected"), "only from a result workbook"),
        (("report", "--format", "pdf"), "expected one of"),
        (("report", "--format", "csv", "--into-original"), "cannot be combined with --format csv"),
        (("report", "--since", "soon"), "expected a day"),
        (("purge", "--yes"), "either a run or --older-than 90d"),
        (("purge", "--older-than", "long", "--yes"), "number of days"),
        (("test", "c.toml", "--to", "02-123-4567"), "--to"),
        (("test", "c.toml", "--to", "010-0200-0000", "--row", "99"), "row 99"),
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, words: tuple[str, ...], message: str) -> None:
    desk.people(2)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    done = desk.run(*words)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_a_test_sends_one_rows_message_to_ones_own_phone(desk: Desk) -> None:
    desk.people(5)
    desk.campaign("{{ 이름 }}님")
    mine = "010-0299-9999"
    done = desk.run("test", "c.toml", "--to", mine, "--row", "4", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 1, "accepted": 1})
    [delivery] = desk.ask("/sandbox/deliveries")
    assert (delivery["number"], delivery["text"]) == ("01002999999", "고객2님")
    assert desk.run("test", "c.toml", "--to", mine, "--row", "4").status == 0  # again and again
    assert desk.run("send", "c.toml", "--yes").status == 0  # and it is not taken for the campaign


def test_purge_removes_people_and_keeps_the_counts(desk: Desk) -> None:
    desk.people(5)
    desk.campaign("{{ 이름 }}님")
    before = desk.run("send", "c.toml", "--yes", "--json").json
    assert desk.run("purge", "last", "--yes").status == 0
    after = desk.run("status", "last", "--json").json
    assert {key: after[key] for key in ("rows", "requests", "codes", "types")} == {
        key: before[key] for key in ("rows", "requests", "codes", "types")
    }
    for path in (desk.folder / "reports").glob("journal*"):
        data = path.read_bytes()
        assert number(2).encode() not in data
        assert "고객".encode() not in data
    rows = desk.results(desk.run("report", "last", "--json").json["report"])
    assert [(row["status"], row["number"], row["text"]) for row in rows] == [("accepted", None, None)] * 5
    assert all(row["requestNo"] for row in rows)


@on_each_database
def test_purge_leaves_young_and_unfinished_runs_alone(desk: Desk) -> None:
    desk.people(2)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="code", code=13)
    desk.run("send", "c.toml", "--yes")
    assert "still to send" in desk.run("purge", "last", "--yes").err
    assert "0 runs" in desk.run("purge", "--older-than", "90d", "--yes").err


def test_a_report_after_a_purge_never_replaces_the_workbook_with_the_texts(desk: Desk) -> None:
    desk.people(2)
    desk.campaign("{{ 이름 }}님")
    full = desk.run("send", "c.toml", "--yes", "--json").json["report"]
    assert desk.run("purge", "last", "--yes").status == 0
    before = (desk.folder / full).read_bytes()
    for _again in range(2):
        later = desk.run("report", "last", "--json").json["report"]
        assert later == full.replace(".xlsx", "-purged.xlsx")
    refused = desk.run("report", "last", "--report", full)
    assert refused.status == 2
    assert "is not overwritten" in refused.err
    assert (desk.folder / full).read_bytes() == before
    assert [row["text"] for row in desk.results(full)] == ["고객0님", "고객1님"]


@pytest.mark.parametrize(
    ("report_language", "label", "reason"),
    [
        ("en", "Status", "the phone cell is empty"),
        ("ko", "상태", "전화번호 셀이 비어 있습니다"),
        ("both", "상태 Status", "the phone cell is empty"),
    ],
)
def test_the_workbook_is_in_the_language_that_the_user_chose(
    desk: Desk, report_language: str, label: str, reason: str
) -> None:
    desk.sheet([("고객", number(1), "C"), ("고객", None, "C")])
    desk.campaign("{{ 이름 }}님")
    option = ("--report-lang", report_language, "--json")
    reports = [
        desk.run("check", "c.toml", *option).json["report"],
        desk.run("send", "c.toml", "--yes", *option).json["report"],
    ]
    reports += [desk.run("report", "last", *option).json["report"], desk.run("resume", "last", *option).json["report"]]
    for report in reports:
        assert [row["reason"] for row in desk.results(report)][1] == reason
        summary = openpyxl.load_workbook(desk.folder / report)["summary"]
        assert label in {str(cell.value) for row in summary for cell in row if cell.value}, report


def test_a_language_that_no_workbook_has_is_refused(desk: Desk) -> None:
    for command in (("check", "c.toml"), ("send", "c.toml"), ("report",), ("resume",)):
        desk.people(1)
        desk.campaign()
        done = desk.run(*command, "--report-lang", "fr")
        assert (done.status, "expected one of ko, en, both" in done.err) == (2, True)
