"""The fast way beside a slow and obvious one, on lists made by chance: table, journal and workbook are the same."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jinja2
import openpyxl
import pandas as pd
import pytest

from campaign.cli.progress_bars import Progress
from campaign.config import campaign_file
from campaign.engine import planning, reports, results, runs
from campaign.engine.checking import check as checking
from campaign.journal import open_for_reading, open_for_writing
from campaign.model.sentences import with_sentences

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.engine.checking.checked import Checked

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ROWS = 400
HEADINGS = ("이름", "휴대폰", "지점", "금액", "메모")
TEXT = "[{{ 지점 }}] {{ 이름 }}님 {{ 금액 }}원{% if row['메모'] %} {{ 메모 }}{% endif %}"
SEED = range(6)

Cells = tuple[Any, ...]


def chosen(seed: int) -> list[Cells]:
    """A list as people have them: few places, many names, numbers that are good, bad, repaired and repeated."""
    chance = random.Random(seed)
    phones = [f"0102{number:07d}" for number in range(60)]
    phones += ["010-2345-6789", "+82 10-2345-6789", "1023456789", "02-123-4567", "4.41E+11", "", "010 1 2"]
    names = ["민서", "지훈", "하은", "가" * 30, "<&>", "Ab_c", "뷁", "한 줄\n두 줄"]
    return [
        (
            chance.choice(names),
            chance.choice(phones),
            chance.choice(["강남점", "홍대점"]),
            chance.choice([0, 1200, 99_000]),
            chance.choice([None, "메모", "긴 글 " * 12, "웃음 😀"]),
        )
        for _ in range(ROWS)
    ]


def check(folder: Path, rows: list[Cells], *, duplicates: str, text: str = TEXT) -> Checked:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADINGS, *rows):
        sheet.append(row)
    book.save(folder / "r.xlsx")
    values = {
        "name": "fast",
        "sender": "02-1234-5678",
        "recipients": {"files": ["r.xlsx"], "duplicates": duplicates},
        "message": {"text": text},
        "prices": {"SMS": 20, "LMS": 50},
    }
    return checking.check(campaign_file.build(values, folder=folder, place="here"), NOW, Progress(shown=False))


NUMBERS = {
    "010-2345-6789": "01023456789",
    "+82 10-2345-6789": "01023456789",
    "1023456789": "01023456789",
    **dict.fromkeys(["02-123-4567", "4.41E+11", "", "010 1 2"]),
}


@dataclass
class Plain:
    """One row after the other, with nothing but Python: what becomes of it."""

    number: str | None
    text: str
    size: int | None
    kind: str
    status: str | None = None
    request: int | None = None


def plainly(rows: list[Cells], *, duplicates: str) -> list[Plain]:
    template = jinja2.Template(TEXT)
    found = [one_row(template, row) for row in rows]
    seen: set[tuple[str | None, str]] = set()
    for row in found:
        if row.status is None and (row.number, row.text) in seen and duplicates != "keep":
            row.status = "duplicate" if duplicates == "skip" else "invalid"
        elif row.status is None:
            seen.add((row.number, row.text))
    assign(found)
    return found


def one_row(template: jinja2.Template, row: Cells) -> Plain:
    cells = dict(zip(HEADINGS, row, strict=True))
    text = template.render(cells, row=cells)
    number = NUMBERS.get(row[1], row[1])
    try:
        size: int | None = len(text.encode("cp949"))
    except UnicodeEncodeError:
        size = None
    kind = "SMS" if size is not None and size <= 90 else "LMS"
    return Plain(number, text, size, kind, "invalid" if number is None or size is None else None)


def assign(rows: list[Plain]) -> None:
    """Requests in the order of their first rows; of a text's copies to one number, each in another."""
    requests: dict[tuple[str, int, int], int] = {}
    copies: dict[tuple[str | None, str], int] = {}
    sizes: dict[tuple[str, int], int] = {}
    for row in rows:
        if row.status is None:
            copy = copies[row.number, row.text] = copies.get((row.number, row.text), -1) + 1
            place = sizes[row.text, copy] = sizes.get((row.text, copy), -1) + 1
            row.request = requests.setdefault((row.text, copy, place // 7), len(requests) + 1)


def listed(column: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in column]


@pytest.fixture(autouse=True)
def _small_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign.model.limits.RECIPIENTS", 7)


@pytest.mark.parametrize("duplicates", ["skip", "keep", "invalid"])
@pytest.mark.parametrize("seed", SEED)
def test_the_table_is_what_one_row_after_the_other_gives(tmp_path: Path, seed: int, duplicates: str) -> None:
    rows = chosen(seed)
    table = check(tmp_path, rows, duplicates=duplicates).table
    wanted = plainly(rows, duplicates=duplicates)
    assert listed(table["number"]) == [row.number for row in wanted]
    assert listed(table["text"]) == [row.text for row in wanted]
    assert listed(table["status"]) == [row.status for row in wanted]
    assert listed(table["request"]) == [row.request for row in wanted]
    sized = [place for place, row in enumerate(wanted) if row.size is not None]
    assert listed(table["bytes"].iloc[sized]) == [wanted[place].size for place in sized]
    assert listed(table["msgType"].iloc[sized]) == [wanted[place].kind for place in sized]


def digest_plainly(parts: list[str | None]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(b"-" if part is None else f"+{len(part.encode())}:".encode() + part.encode())
    return sha.hexdigest()


def fingerprints_plainly(table: pd.DataFrame) -> list[int]:
    rows = table.loc[table["request"].notna(), ["number", *planning.MESSAGE]]
    return list(pd.util.hash_pandas_object(rows.fillna("\0").astype(object), index=False).to_numpy())


@pytest.mark.parametrize("seed", SEED)
def test_the_journal_holds_the_same_plan_as_one_made_request_by_request(tmp_path: Path, seed: int) -> None:
    checked = check(tmp_path, chosen(seed), duplicates="keep")
    table, url = checked.table, f"sqlite:///{tmp_path}/journal.sqlite3"
    with open_for_writing(url) as journal:
        run = runs.plan(journal, checked, "http://127.0.0.1:1", runs.PlanOptions(now=runs.now())).id
        kept = journal.runs.recipients(run)
    with open_for_reading(url) as reader:
        thawed, requests = reader.runs.recipients(run), reader.requests.table(run)
    pd.testing.assert_frame_equal(kept.table, thawed.table)
    assert (kept.columns, kept.phone, kept.sources) == (thawed.columns, thawed.phone, thawed.sources)
    assert planning.fingerprints(table).tolist() == fingerprints_plainly(table)
    plan = planning.Plan(run, table)
    for no in range(1, len(plan) + 1):
        rows = table[(table["request"] == no).fillna(value=False)]
        message = [listed(rows[name].head(1))[0] for name in planning.MESSAGE]
        numbers = rows["number"].to_list()
        assert plan.request(no).id == digest_plainly([run, str(no), *message, *numbers])
        assert plan.request(no).numbers == tuple(numbers)
    assert requests["id"].to_list() == [plan.request(no).id for no in range(1, len(plan) + 1)]
    assert requests["recipients"].to_list() == plan.sizes.tolist()


@pytest.mark.parametrize("seed", SEED)
def test_the_workbook_shows_the_rows_as_the_table_has_them(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.report.xlsx.tables.BATCH", 64)  # several batches, packed by several threads
    rows = chosen(seed)
    checked = check(tmp_path, rows, duplicates="skip")
    result = results.of_check(checked, "http://127.0.0.1:1", NOW)
    path = reports.write_workbook(result, tmp_path / "결과.xlsx", Progress(shown=False))
    headings, *found = openpyxl.load_workbook(path)["results"].iter_rows(values_only=True)
    assert [row[:5] for row in found] == [tuple(None if cell == "" else cell for cell in row) for row in rows]
    ours = dict(zip(headings[5:], zip(*(row[5:] for row in found), strict=True), strict=True))
    for name in ("status", "reason", "number", "bytes", "row"):
        assert list(ours[name]) == listed(with_sentences(result).rows[name])
    assert list(ours["text"]) == listed(result.rows["text"])


def test_a_run_that_was_just_planned_is_purged_from_memory_too(tmp_path: Path) -> None:
    checked = check(tmp_path, chosen(0), duplicates="keep")
    with open_for_writing(f"sqlite:///{tmp_path}/journal.sqlite3") as journal:
        run = runs.plan(journal, checked, "http://127.0.0.1:1", runs.PlanOptions(now=runs.now())).id
        assert journal.runs.recipients(run).table["number"].notna().any()
        journal.requests.cancel(run, NOW)
        journal.runs.purge(run, NOW)
        assert not journal.runs.recipients(run).table["number"].notna().any()
        assert journal.runs.recipients(run).columns == ()
