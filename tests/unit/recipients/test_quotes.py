"""Stray quotation marks in a CSV: refused, so that no recipient's message holds another's name and number."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.model.errors import RecipientsError
from campaign.recipients import suppression
from campaign.recipients import table as sheets
from campaign.recipients.spreadsheets.csv_files import quotes

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.model import Recipients

HEADINGS = ["휴대폰", "이름", "메모"]


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def cells(recipients: Recipients) -> list[list[str | None]]:
    columns: list[list[Any]] = [
        pa.array(recipients.table[column.name], from_pandas=True).cast(pa.string()).to_pylist()
        for column in recipients.columns
    ]
    return [list(row) for row in zip(*columns, strict=True)]


EVEN = (
    '휴대폰,이름,메모\n010-1111-0001,"홍길동,a\n010-1111-0002,김철수,b\n010-1111-0003,"이영희,c\n010-1111-0004,박,d\n'
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_an_even_number_of_stray_marks_is_refused_with_row_and_value(
    tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path = write(tmp_path, EVEN.replace(",", delimiter), encoding)
    shown = re.escape(f'"홍길동{delimiter}a 010'.replace("\t", " "))
    with pytest.raises(RecipientsError, match=rf"row 2 cannot be read: text follows .*: {shown}"):
        sheets.read([path])


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('010-1,24" 모니터,a\n', 'row 2 .*is inside a cell: 24" 모니터'),
        ('010-1,"홍"길동,a\n', 'row 2 .*text follows .*: "홍"길동'),
        ('010-1, "홍",a\n', "row 2 .*is inside a cell"),
        ('010-1,"홍" ,a\n', "row 2 .*text follows"),
        ('010-1,"24\\" 모니터",a\n', "row 2 .*text follows"),
        ('010-1,홍,a\n010-2,"김,b\n', 'row 3 .*never closed: "김,b'),
        ('010-1,"홍,a\n010-2222-3333,김",b\n', 'row 2 .*the number of another row: "홍,a 010-2222-3333'),
        ('010-1,"홍,a\n1022223333,김",b\n', "row 2 .*the number of another row"),
        ('010-1,"홍,a\n+82 10-2222-3333,김",b\n', "row 2 .*the number of another row"),
        ('010-1,"홍,a\n０１０－２２２２－３３３３,김",b\n', "row 2 .*the number of another row"),
        ('"010-1111-2222,홍,a\n010-1",김,b\n', "row 2 .*the number of another row"),
        ('010-1,"두\n줄",a\n010-1,홍,"다\n라,010-2222-3333"\n', r"row 3 \(line 4 of the file\) .*of another row"),
        ('010-1,"홍,a\n010-2222-3333",,\n', "row 2 has 4 cells, the header 3"),
    ],
)  # fmt: skip
def test_each_kind_of_stray_mark_is_refused(tmp_path: Path, lines: str, words: str) -> None:
    with pytest.raises(RecipientsError, match=f"list.csv: {words}"):
        sheets.read([write(tmp_path, f"휴대폰,이름,메모\n{lines}")])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('010-1,"서울시 강남구\n역삼동, 101호",a\n', ["010-1", "서울시 강남구\n역삼동, 101호", "a"]),
        ('010-1,"""홍"" 길동\n""님""",a\n', ["010-1", '"홍" 길동\n"님"', "a"]),
        ('010-1,"",""""\n', ["010-1", None, '"']),
        ('010-1,"방문, 2026-12-01\n10:00, 3명",a\n', ["010-1", "방문, 2026-12-01\n10:00, 3명", "a"]),
        ('010-1,"메모\n010-2222-3333",a\n', ["010-1", "메모\n010-2222-3333", "a"]),
        ('010-1,"엄마, 010-2222-3333",a\n', ["010-1", "엄마, 010-2222-3333", "a"]),
        ('="01012345678",홍,a\n', ["01012345678", "홍", "a"]),
    ],
)
def test_what_a_program_writes_in_quotes_still_works(tmp_path: Path, line: str, expected: list[str | None]) -> None:
    for text in (f"휴대폰,이름,메모\n{line}", f"휴대폰,이름,메모\r\n{line}010-9,끝,z"):
        read = sheets.read([write(tmp_path, text)])
        assert cells(read)[0] == expected


def test_a_header_that_swallowed_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match=r"row 1 cannot be read"):
        sheets.read([write(tmp_path, '휴대폰,이름,"메모\n010-1111-2222,홍,a\n010-3333-4444,김,"\n')])


def test_a_suppression_list_that_swallowed_numbers_is_refused(tmp_path: Path) -> None:
    for text in (
        '전화번호,메모\n010-2222-3333,"a\n010-4444-5555,b"\n',
        '"010-2222-3333\n010-4444-5555\n"010-6666-7777\n',
    ):
        with pytest.raises(RecipientsError, match="cannot be read"):
            suppression.read([write(tmp_path, text)])


@pytest.mark.parametrize("block", [100, 257, 1000])
def test_a_mark_is_judged_the_same_wherever_the_pieces_are_cut(
    tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes, "BLOCK", block)
    monkeypatch.setattr(quotes, "LONGEST", 20)
    good = "휴대폰,이름,메모\n" + '"010-1","""두""\n줄","a,""b"""\n' * 50
    quotes.check(tmp_path, good.encode(), ",")
    for place in range(30, len(good.encode()), 17):
        bad = good.encode()[:place] + b'"' + good.encode()[place:]
        with pytest.raises(RecipientsError, match=r"cannot be read"):
            quotes.check(tmp_path, bad, ",")


NUMBER = st.integers(0, 99_999_999).map(lambda number: f"010-{number:08d}"[:8] + "-" + f"{number:08d}"[4:])
WORDS = st.text(st.sampled_from('가나 x1,;|\t\n".-'), max_size=12)
CELL = st.one_of(st.just("홍길동"), WORDS)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[str]], int]:
    """Rows with a phone number each, all different, in the column whose place is given."""
    width = draw(st.integers(2, 4))
    at = draw(st.integers(0, width - 1))
    numbers = draw(st.lists(NUMBER, min_size=1, max_size=6, unique=True))
    rows = [[*draw(st.lists(CELL, min_size=width, max_size=width))] for _ in numbers]
    for row, number in zip(rows, numbers, strict=True):
        row[at] = number
    return rows, at


def written(rows: list[list[str]], at: int, how: tuple[str, Any, str]) -> str:
    delimiter, quoting, newline = how
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=newline)
    writer.writerow(["휴대폰" if place == at else f"칸{place}" for place in range(len(rows[0]))])
    writer.writerows(rows)
    return file.getvalue()


HOW = st.tuples(
    st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"])
)
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@SLOW
@given(tables(), HOW)
def test_what_a_writer_of_csv_writes_is_read_back_the_same(
    tmp_path: Path, table: tuple[list[list[str]], int], how: tuple[str, Any, str]
) -> None:
    rows, at = table
    read = sheets.read([write(tmp_path, written(rows, at, how))])
    phone = pa.array(read.table["phone"], from_pandas=True).to_pylist()
    assert phone == [row[at] for row in rows]
    for found, row in zip(cells(read), rows, strict=True):
        assert [cell or "" for cell in found if (cell or "").strip()] == [cell for cell in row if cell.strip()]


@SLOW
@given(tables(), HOW, st.data())
def test_stray_marks_are_refused_or_swallow_no_row(
    tmp_path: Path, table: tuple[list[list[str]], int], how: tuple[str, Any, str], data: st.DataObject
) -> None:
    rows, at = table
    text = written(rows, at, how)
    first = text.index("\n") + 1
    for place in sorted(data.draw(st.lists(st.integers(first, len(text)), min_size=1, max_size=4)), reverse=True):
        text = text[:place] + '"' + text[place:]
    try:
        read = sheets.read([write(tmp_path, text)])
    except RecipientsError:
        return
    numbers = [row[at] for row in rows]
    assert len(read.table) == len(rows)
    for own, row in zip(numbers, cells(read), strict=True):
        others = [number for number in numbers if number != own]
        assert not [cell for cell in row for number in others if number in (cell or "")]
