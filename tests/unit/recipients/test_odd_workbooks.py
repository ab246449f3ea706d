"""Workbooks as rare programs and users make them: read as they are shown, or refused in one sentence."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastexcel
import openpyxl
import pandas as pd
import pytest
import python_calamine

from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table
from campaign.recipients.spreadsheets import headings
from campaign.recipients.spreadsheets.workbooks import number_format as numberformat
from tests.support.spreadsheets import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign.model import Recipients

ODD = Path(__file__).parents[2] / "corpus" / "odd"
ERRORS = (
    *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"),
    *("#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#EXTERNAL!", "#PYTHON!", "#ERROR!", "#CIRCULAR!"),
    "Err:502",
)


def column(path: Path, at: int = 1) -> list[Any]:
    return column_of(table.read([path]), at)


def column_of(read: Recipients, at: int = 1) -> list[Any]:
    return [None if pd.isna(value) else value for value in read.table[f"own.{at}"].to_list()]


def a_book(path: Path, cells: Sequence[float | str], *, number_format: str = "General") -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["휴대폰", "값"])
    for row, value in enumerate(cells, 2):
        book.worksheets[0].append([f"010-0000-{row:04}"])
        book.worksheets[0].cell(row, 2, value).number_format = number_format
    book.save(path)
    return path


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path) as packed:
        parts = [change(name, packed.read(name)) for name in packed.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts:
            packed.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("name", "at", "shown"),
    [
        ("date_overflow_birthday.xlsx", 1, [19900101, 19910202]),
        ("date_negative.xlsx", 1, [-1, -70000000]),
        ("leading_zero_format.xlsx", 1, ["00123", "04567"]),
        ("leading_zero_format.xlsx", 2, ["0007", "0012"]),
        ("weekday_format_aaa.xlsx", 2, ["화", "수요일"]),
        ("styles_part_other_name_percent.xlsx", 1, ["15%"]),
        ("workbook_part_other_name.xlsx", 1, ["홍길동"]),
        ("x000d_formula_string.xlsx", 1, ["홍\r\n길동"]),
        ("ods_pretty_printed.ods", 2, [12000]),
        ("error_name.xlsx", 1, ["홍", None]),
        ("error_getting_data.xlsx", 1, ["홍", None]),
        ("ods_error_float.ods", 1, [None]),
    ],
)
def test_a_cell_is_what_the_user_sees(name: str, at: int, shown: list[object]) -> None:
    assert column(ODD / name, at) == shown


@pytest.mark.parametrize("value", [-1, -0.5, 19900101, 2958466, 1e15])
@pytest.mark.parametrize("beside", ["2026-12-01", 46357])
def test_a_number_that_is_no_date_stays_the_number(tmp_path: Path, value: float, beside: float | str) -> None:
    path = a_book(tmp_path / "a.xlsx", [value, beside], number_format="yyyy-mm-dd")
    found = column(path)
    assert str(found[0]).removesuffix(".0") == f"{value:.15g}".replace("1e+15", "1000000000000000")
    assert str(found[1]) == "2026-12-01"


@pytest.mark.parametrize("word", ERRORS)
def test_an_error_value_is_an_empty_cell_and_is_said(tmp_path: Path, word: str) -> None:
    def broken(name: str, content: bytes) -> tuple[str, bytes]:
        cell = f'<c r="B3" t="e"><f>X()</f><v>{word}</v></c>'.encode()
        return name, re.sub(rb'<c r="B3".*?</c>', cell, content) if "sheet1" in name else content

    path = rewritten(a_book(tmp_path / "a.xlsx", ["가", "나", "다"]), broken)
    book = table.read([path])
    assert column_of(book) == ["가", None, "다"]
    assert "B3 shows an error" in sentence(book.notes[0])
    text = tmp_path / "a.csv"
    text.write_text(f"휴대폰,값\n010-0000-0002,{word}\n010-0000-0003,{word} 문의\n", encoding="utf-8")
    lines = table.read([text])
    assert column_of(lines) == [None, f"{word} 문의"]
    assert "row 2" in sentence(lines.notes[0])


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("00000", "123", "00123"),
        ("000-0000-0000", "1022223333", "010-2222-3333"),
        ("[<=99999999]####-####;(0##) ####-####", "22223333", "2222-3333"),
        ("[<=9999999]###-####;(0##) ###-####", "212345678", "(021) 234-5678"),
        ("000-000", "6236", "006-236"),
        ('"2026-"0000', "7", "2026-0007"),
        ("0.0%", "0.155", "15.5%"),
        ("aaa", "46357", "화"),
        ("(aaaa)", "2026-12-01", "(화요일)"),
        ("ddd", "46357", "Tue"),
        ("[$-412]dddd", "46357", "화요일"),
        ("aaa", "99999999999", "99999999999"),
        ("00000;(00000)", "-123", "(00123)"),
    ],
)
def test_a_format_that_says_more_than_the_number(code: str, value: str, shown: str) -> None:
    assert numberformat.is_shown(code)
    assert numberformat.shown(code, value) == shown


@pytest.mark.parametrize(
    "code",
    [
        *("General", "@", "0", "0.00", "#,##0", '#,##0"원"', '"No."0', "yyyy-mm-dd", 'yyyy"년" m"월" d"일"', "[h]:mm"),
        *("mm:ss", "0.00E+00", "# ?/?", "yyyy-mm-dd(aaa)", "₩#,##0", "", ";;;", '"', "[", "\\", "0" * 5000),
    ],
)
def test_a_format_that_leaves_the_number_a_number(code: str) -> None:
    assert not numberformat.is_shown(code)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_parts_in_utf_16(tmp_path: Path, codec: str) -> None:
    def encoded(name: str, content: bytes) -> tuple[str, bytes]:
        if not name.startswith("xl/") or not name.endswith((".xml", ".rels")):
            return name, content
        text = re.sub(r"<\?xml.*?\?>", "", content.decode())
        return name, f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode(codec)

    assert column(rewritten(a_book(tmp_path / "a.xlsx", ["가", "나"]), encoded)) == ["가", "나"]


def test_all_parts_under_other_names(tmp_path: Path) -> None:
    names = {
        "workbook.xml": "책.xml",
        "styles.xml": "stil.xml",
        "sharedStrings.xml": "words.xml",
        "sheet1.xml": "s.xml",
    }

    def renamed(name: str, content: bytes) -> tuple[str, bytes]:
        for old, new in names.items():
            name = name.replace(old, new)
            content = content.replace(old.encode(), new.encode())
        return name, content

    path = rewritten(a_book(tmp_path / "a.xlsx", [0.15, "가"], number_format="0%"), renamed)
    assert column(path) == ["15%", "가"]


class OldName(zipfile.ZipInfo):
    """A part whose name is written in another encoding than UTF-8, without a mark."""

    encoding = "cp949"

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the name that zipfile gives it
        return self.filename.encode(self.encoding), self.flag_bits & ~0x800


@pytest.mark.parametrize("encoding", ["cp949", "utf-8"])
def test_a_part_whose_name_is_not_marked_as_utf_8(tmp_path: Path, encoding: str) -> None:
    path = a_book(tmp_path / "a.xlsx", ["가"])
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            info = OldName(name.replace("sheet1", "명단"))
            info.encoding = encoding
            packed.writestr(info, content.replace(b"sheet1.xml", "명단.xml".encode()))
    assert column(path) == ["가"]


@pytest.mark.parametrize(("usual", "prefix"), [("table", "t"), ("office", "o"), ("text", "x"), ("calcext", "c")])
def test_an_ods_with_other_prefixes_is_refused_in_one_sentence(tmp_path: Path, usual: str, prefix: str) -> None:
    def prefixed(name: str, content: bytes) -> tuple[str, bytes]:
        old = rf"(</?|\s|\sxmlns:){usual}(?=[:=])".encode()
        return name, re.sub(old, rb"\1" + prefix.encode(), content) if name == "content.xml" else content

    path = tmp_path / "a.ods"
    path.write_bytes((ODD / "libreoffice_shown.ods").read_bytes())
    said = refusal(rewritten(path, prefixed))
    assert f"writes '{prefix}:' for '{usual}:'" in said


def test_a_sheet_name_of_80_letters(tmp_path: Path) -> None:
    def renamed(name: str, content: bytes) -> tuple[str, bytes]:
        return name, content.replace(b'name="Sheet"', b'name="' + b"Z" * 80 + b'"')

    assert column(rewritten(a_book(tmp_path / "a.xlsx", ["가"]), renamed)) == ["가"]


def test_an_ods_with_comments(tmp_path: Path) -> None:
    def commented(name: str, content: bytes) -> tuple[str, bytes]:
        return name, content.replace(b"<table:table-row>", b"<!-- a -->\n<table:table-row>\n<!-- b > c -->")

    path = tmp_path / "a.ods"
    path.write_bytes((ODD / "ods_pretty_printed.ods").read_bytes())
    assert column(rewritten(path, commented), 2) == [12000]


def said(path: Path) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; from pathlib import Path; from campaign.recipients import table\n"
        "from campaign.model.errors import RecipientsError\n"
        "try: table.read([Path(sys.argv[1])])\n"
        "except RecipientsError as error: print(error)\n"
        "import resource\n"
        "for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN): print(resource.getrusage(who).ru_maxrss)\n"
    )
    return subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for the memory used")
@pytest.mark.parametrize(
    ("name", "words"), [("panic_1.xls", "cannot be read"), ("xls_far_cell.xls", "reach to column IV")]
)
def test_a_reader_that_fails_gives_one_sentence_in_little_memory(name: str, words: str) -> None:
    done = said(ODD / name)
    sentence, own, child = done.stdout.splitlines()
    assert done.stderr == ""
    assert words in sentence
    assert int(own) + int(child) < 1 << 20


@pytest.mark.parametrize(
    ("place", "byte"), [(4298, 0x27), (4420, 0xFF)], ids=["an error value that calamine refuses", "a panic of calamine"]
)
def test_the_second_reader_reads_what_the_first_one_cannot(tmp_path: Path, place: int, byte: int) -> None:
    data = bytearray((ODD / "libreoffice_shown.xls").read_bytes())
    data[place] = byte
    path = tmp_path / "a.xls"
    path.write_bytes(data)
    with pytest.raises(BaseException, match=r"Unrecognized error|out of range"):
        python_calamine.CalamineWorkbook.from_path(path)
    damaged, whole = table.read([path]), table.read([ODD / "libreoffice_shown.xls"])
    assert [column_of(damaged, at) for at in range(1, 7)] == [column_of(whole, at) for at in range(1, 7)]
    assert said(path).stderr == ""


def test_a_heading_of_brackets_takes_no_time() -> None:
    assert headings.group("(" * 20_000) is None


def test_a_small_sheet_with_a_cell_far_away_is_refused(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(a_book(tmp_path / "a.xlsx", ["가"]))
    book.worksheets[0]["Z1048576"] = "x"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(RecipientsError, match="reach to column Z, row 1,048,576"):
        table.read([tmp_path / "a.xlsx"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of computing time")
@pytest.mark.parametrize(
    "rows",
    [
        '<table:table-row table:visibility="collapse" table:number-rows-repeated="1048576"/>' * 30_000,
        "<table:table-row>" + '<table:table-cell calcext:value-type="error">' * 60_000 + "</table:table-row>",
    ],
    ids=["repeated", "unclosed"],
)
def test_a_small_file_that_takes_long_is_given_up(tmp_path: Path, rows: str) -> None:
    import resource

    spaces = 'xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c"'
    body = f'<office:body><office:spreadsheet><table:table table:name="a">{rows}</table:table></office:spreadsheet>'
    content = f"<office:document-content {spaces}>{body}</office:body></office:document-content>"
    with zipfile.ZipFile(tmp_path / "a.ods", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", content)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(RecipientsError) as caught:
        table.read([tmp_path / "a.ods"])
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


def small_xlsx(path: Path, old: bytes, new: bytes) -> Path:
    """A list of two recipients with one place of its sheet's XML replaced."""
    book = openpyxl.Workbook()
    for row in (["이름", "휴대폰", "금액"], ["민서", "01020000001", 3], ["지훈", "01020000002", 4.5]):
        book.worksheets[0].append(row)
    book.save(path)
    with zipfile.ZipFile(path) as parts:
        content = {name: parts.read(name) for name in parts.namelist()}
    sheet = content["xl/worksheets/sheet1.xml"]
    assert sheet.count(old) == 1
    content["xl/worksheets/sheet1.xml"] = sheet.replace(old, new)
    with zipfile.ZipFile(path, "w") as parts:
        for name, data in content.items():
            parts.writestr(name, data)
    return path


@pytest.mark.parametrize("new", [b't="q"><v>3<', b't="e"><v>#WHAT!<'], ids=["a kind of cell", "an error value"])
def test_a_second_reader_reads_what_the_first_one_does_not_know(tmp_path: Path, new: bytes) -> None:
    path = small_xlsx(tmp_path / "r.xlsx", b't="n"><v>3<', new)
    with pytest.raises(fastexcel.FastExcelError):
        fastexcel.read_excel(path).load_sheet(0)
    assert table.read([path]).table["phone"].to_list() == ["01020000001", "01020000002"]


def test_what_no_reader_can_read_is_refused_with_the_sheet(tmp_path: Path) -> None:
    path = small_xlsx(tmp_path / "r.xlsx", b"<v>3<", b"<v>3,0<")
    with pytest.raises(RecipientsError, match=r"r\.xlsx: the sheet 'Sheet' cannot be read"):
        table.read([path])
