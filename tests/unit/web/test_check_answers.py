"""What the check process answers about a campaign's list, message and check, against the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from campaign import engine
from campaign.messages.cp949 import byte_lengths
from campaign.model.errors import RecipientsError, TemplateError
from campaign.web import drafts
from campaign.web.check_answers import CellChanged, Checks, NotChecked, WhichColumn
from tests.support.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PHONE = "invalid.phone_landline.own1"
TEXT = "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}"


def put_list(draft: drafts.Draft, rows: Iterable[Sequence[object]], name: str = "명단.xlsx") -> None:
    book = openpyxl.Workbook()
    tab = book.active
    assert tab is not None
    for row in rows:
        tab.append(list(row))
    book.save(draft.folder / drafts.LIST / name)
    drafts.set_lists(draft, [name])


ROWS: list[tuple[object, ...]] = [
    ("이름", "휴대폰", "쿠폰", "금액(원)"),
    ("김민서", "010-0200-0001", "A-1", 12000),
    ("이지훈", "02-1234-5600", "A-2", 3000),
    ("박서연", "010-0200-0003", None, 100),
    ("최하늘", "010-0200-0001", "A-1", None),
    ("선우은하수", "010-0200-0005", "A-55", 7),
]


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> drafts.Draft:
    monkeypatch.setenv("CAMPAIGN_JOURNAL", str(tmp_path / "none.sqlite3"))
    draft = drafts.create(tmp_path, "봄 세일")
    put_list(draft, ROWS)
    settings: dict[str, Mapping[str, object]] = {"": {"sender": "02-1234-5678"}, "prices": {"SMS": 20, "LMS": 50}}
    drafts.change(draft, settings, text=TEXT)
    return draft


@pytest.fixture(scope="module")
def checks() -> Iterator[Checks]:
    checks = Checks()
    yield checks
    checks.close()


def check(checks: Checks, draft: drafts.Draft) -> dict[str, Any]:
    return checks.check(draft, engine.SILENT)


def test_the_numbers_are_those_of_the_command_line(checks: Checks, draft: drafts.Draft) -> None:
    found = check(checks, draft)
    done = Desk(draft.folder).run("check", "campaign.toml", "--json")
    assert found["json"] == json.loads(done.out) | {"report": None}
    assert (found["goes"], found["total"], found["left_out"]) == (3, 5, {"invalid": 2})
    assert [(one["title"], one["count"], one["decide"]) for one in found["causes"]] == [
        ("A landline, which receives no texts", 1, None),
        ("'쿠폰' is empty", 1, "default"),
    ]


def test_the_columns_come_with_an_example_and_how_a_template_reads_them(checks: Checks, draft: drafts.Draft) -> None:
    found: dict[str, Any] = checks.columns(draft, engine.SILENT)
    assert (found["rows"], found["phone"]) == (5, "휴대폰")
    assert [tuple(one.values()) for one in found["columns"]] == [
        ("이름", "이름", "text", "김민서", 0),
        ("휴대폰", "휴대폰", "phone", "010-0200-0001", 0),
        ("쿠폰", "쿠폰", "text", "A-1", 1),
        ("금액(원)", 'row["금액(원)"]', "number", "12000", 1),
    ]


def test_a_list_without_a_phone_column_asks_for_it_and_shows_its_rows(checks: Checks, draft: drafts.Draft) -> None:
    put_list(draft, [("성함", "연락 가능"), ("김민서", "010-0200-0001")])
    with pytest.raises(WhichColumn):
        checks.columns(draft, engine.SILENT)
    found = checks.glance(draft, None)
    assert (found["header"], found["phones"]) == (0, [1])
    drafts.change(draft, {"recipients": {"phone": "연락 가능"}})
    assert checks.columns(draft, engine.SILENT)["phone"] == "연락 가능"


def test_a_fixed_row_goes_and_the_next_check_agrees(checks: Checks, draft: drafts.Draft) -> None:
    found = check(checks, draft)
    rows: Any = checks.rows(draft, cause=found["causes"][0]["id"], page=1)["rows"]
    row = rows[0]
    facts = {"place": row["place"], "row": row["row"], "cause": PHONE, "was": "02-1234-5600", "by": "김하늘"}
    judged = checks.fix(draft, **facts, value="010-0200-0009")
    assert (judged["goes"], judged["row"], judged["is_fixed"]) == (True, 3, True)
    with pytest.raises(NotChecked):
        checks.rows(draft, cause=found["causes"][0]["id"], page=1)
    after = check(checks, draft)
    assert (after["goes"], after["left_out"]) == (4, {"invalid": 1})
    assert after["fixes"]["last"][0]["value"] == "010-0200-0009"
    cell = {key: after["fixes"]["last"][0][key] for key in ("file", "sheet", "row", "heading")}
    checks.unfix(draft, **cell)
    assert check(checks, draft)["goes"] == 3


def test_a_row_fixed_into_another_is_a_duplicate(checks: Checks, draft: drafts.Draft) -> None:
    put_list(draft, [*ROWS[:2], ("김민서", "02-1234-5600", "A-1", 1)])
    check(checks, draft)
    judged = checks.fix(draft, place=1, row=3, cause=PHONE, was="02-1234-5600", value="010-0200-0001", by="")
    assert (judged["goes"], judged["status"]) == (False, "duplicate")
    assert judged["reason"] == "the same number and message as row 2"
    assert check(checks, draft)["left_out"] == {"duplicate": 1}


def test_a_cell_that_was_fixed_in_another_window_is_not_fixed_over(checks: Checks, draft: drafts.Draft) -> None:
    check(checks, draft)
    facts: dict[str, Any] = {"place": 1, "row": 3, "cause": PHONE, "was": "02-1234-5600", "by": ""}
    checks.fix(draft, **facts, value="010-0200-0009")
    with pytest.raises(CellChanged, match="010-0200-0009"):
        checks.fix(draft, **facts, value="010-0200-0008")


def look(checks: Checks, draft: drafts.Draft, text: str) -> dict[str, Any]:
    checks.columns(draft, engine.SILENT)
    return checks.look(draft, message={"text": text, "title": "안내"}, sender="", prices={"SMS": 20, "LMS": 50})


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "가" * 40 + "{{ 이름 }} {{ 이름 }}",
        '{{ 쿠폰|default("없음") }} {{ row["금액(원)"]|default(0)|thousands }}',
        "{% if 쿠폰 %}{{ 쿠폰 }}{% else %}긴 말을 여기에 적어 둡니다{% endif %}",
    ],
)
def test_the_bytes_while_typing_are_those_of_the_check(checks: Checks, draft: drafts.Draft, text: str) -> None:
    put_list(draft, [ROWS[0], *((*ROWS[1 + at % 5][:1], f"0100{at:07d}", *ROWS[1 + at % 5][2:]) for at in range(900))])
    seen = look(checks, draft, text)
    drafts.change(draft, {"message": {"title": "안내"}}, text=text)
    check(checks, draft)
    [longest] = [one for one in checks.messages(draft)["messages"] if "longest" in one["why"]]  # type: ignore[attr-defined]
    assert seen["longest"] == longest["bytes"] == byte_lengths([longest["text"]]).bytes[0]


def test_what_fewer_bytes_save_is_known_before_the_check(checks: Checks, draft: drafts.Draft) -> None:
    put_list(draft, [ROWS[0], *(("김민서", f"0100{at:07d}", "A", 1) for at in range(900))])
    text = "가" * 43 + "{{ 이름 }}"
    seen = look(checks, draft, text)
    assert (seen["is_certain"], seen["types"]) == (True, {"LMS": 900})
    assert seen["cuts"] == [{"bytes": 2, "rows": 900, "saved": 27000}]
    drafts.change(draft, {"message": {"title": "안내"}}, text=text)
    assert check(checks, draft)["advice"] == seen["cuts"]


def test_a_fault_of_the_template_names_its_line_and_the_nearest_column(checks: Checks, draft: drafts.Draft) -> None:
    with pytest.raises(TemplateError, match=r"Message: .*: there is no column '이릅'"):
        look(checks, draft, "{{ 이릅 }}")
    with pytest.raises(TemplateError, match="Message, line 2"):
        look(checks, draft, "가\n{% if %}")


def test_placeholders_of_other_services_become_ours(checks: Checks, draft: drafts.Draft) -> None:
    checks.columns(draft, engine.SILENT)
    found = checks.prepare(
        draft,
        text="#{이름}님 ##쿠폰## {없음}",
        is_advertisement=True,
        advertiser="하늘상점",
        refusal_number="080-000-0000",
    )
    assert found["text"] == "(광고)하늘상점\n{{ 이름 }}님 {{ 쿠폰 }} {없음}\n무료거부 080-000-0000"
    assert found["converted"] == [{"was": "#{이름}", "now": "{{ 이름 }}"}, {"was": "##쿠폰##", "now": "{{ 쿠폰 }}"}]


def test_folders_of_this_machine_are_not_in_the_answers(checks: Checks, draft: drafts.Draft) -> None:
    book = openpyxl.load_workbook(draft.folder / "list" / "명단.xlsx")
    book.create_sheet("다른 시트")
    book.save(draft.folder / "list" / "명단.xlsx")
    found = check(checks, draft)
    assert "명단.xlsx: only the sheet 'Sheet' is read, not '다른 시트'." in found["notes"]
    assert str(draft.folder) not in json.dumps(found, ensure_ascii=False)


def test_the_next_message_is_that_of_the_next_row(checks: Checks, draft: drafts.Draft) -> None:
    check(checks, draft)
    rows = [checks.messages(draft, row=row, step=step)["messages"] for row, step in ((2, 0), (2, 1), (6, 1), (3, -1))]
    assert [one[0]["row"] for one in rows] == [2, 3, 6, 2]  # type: ignore[index]


def test_the_check_workbook_is_written_into_the_campaign(checks: Checks, draft: drafts.Draft) -> None:
    path = Path(str(checks.workbook(draft, engine.SILENT, "ko")["path"]))
    assert path.parent == draft.folder / "check"
    assert "results" in openpyxl.load_workbook(path, read_only=True).sheetnames


def test_a_damaged_file_of_fixes_is_refused_in_words(checks: Checks, draft: drafts.Draft) -> None:
    (draft.folder / "fixes.csv").write_text("nothing", encoding="utf-8")
    with pytest.raises(RecipientsError, match="lacks the columns"):
        check(checks, draft)
