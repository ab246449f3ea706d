"""Every program reads the same rows and values from every workbook that we write."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from openxml_audit import FileFormat, OpenXmlValidator, ValidationSeverity

from campaign.model import Kind, Source
from campaign.report import original, result_workbook
from tests.support.builders import ResultOf, own
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from collections.abc import Callable

Sheets: TypeAlias = "dict[str, list[list[Any]]]"

NODE = Path(__file__).parents[1] / "node"
BASE = dt.datetime(1899, 12, 30)
EVERY = ["accepted", "rejected", "unknown", "pending", "cancelled", "invalid", "duplicate", "opted_out", "hidden"]
NOT_RESULTS = {"summary", "requests", "problems", "comparison"}
KINDS = ("result", "check", "comparison", "several sheets", "into original", "starter", "odd")
ODD = [
    "say \"hi\" & 'hi' <b>",
    "😀👨‍👩‍👧 뷁",
    "_x000D_",
    "_x0041_x0042_",
    '=HYPERLINK("http://x")',
    "+82-10",
    " 앞 뒤 ",
    "   ",
    "\u00a0",
    "두\n줄\t탭",
    "가" * 32_767,
    "007",
    "1e5",
    "벨\x07",
    "나" * 40_000,
]
CUT = " …[32,767자를 넘어 잘림 / cut]"
SHOWN = [*ODD[:-2], "벨␇", "나" * (32_767 - len(CUT)) + CUT]
"""The same, as a cell can hold them."""
WITHOUT_EMOJI = [text for text in ODD if "😀" not in text]
"""Where openpyxl finds lxml, it writes an emoji as the number of its character, which SheetJS cuts to 16 bits."""


def odd_workbook(path: Path) -> Path:
    """Data that has broken writers before."""
    count = len(ODD)
    days = [dt.date(1899, 1, 1), dt.date(1900, 1, 1), None, *[dt.date(2026, 12, 1)] * (count - 3)]
    mixed = ["12.5", "inf", "nan", "2026-12-01", "true", "1e400", *["글"] * (count - 6)]
    kinds = [Kind.NUMBER, Kind.NUMBER, Kind.NUMBER, Kind.DATE, Kind.BOOLEAN, Kind.NUMBER, *[Kind.TEXT] * (count - 6)]
    floats = [0.1, float("inf"), float("-inf"), float("nan"), -0.0, 1e300, *[None] * (count - 6)]
    columns = [
        ("_x000D_", own(ODD)),
        ("이름", own(days)),
        ("이름", own(mixed)),
        ("", own(floats, pa.float64())),
        ("_x0041_x0042_ <&> 벨\x07", own(["가"] * count)),
        *[(f"열 {place}", own([place] * count)) for place in range(195)],
    ]
    result = ResultOf(statuses=["accepted"] * count, columns=columns, mixed={2: kinds}).build()
    return result_workbook.write(result, path)


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One workbook of each of `KINDS`."""
    folder = tmp_path_factory.mktemp("books")
    desk = Desk(folder)
    desk.sheet([("김민서", number(0), "SPRING"), ("이지훈", "4.41E+11", "SPRING"), ("박서연", number(2), None)])
    desk.campaign("{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}")
    desk.run("new", "starter")
    result = ResultOf(statuses=EVERY * 3, rows={"message": [*WITHOUT_EMOJI, *[None] * (28 - len(ODD))]}).build()
    other = ResultOf(statuses=["accepted"] * 4, run={"id": "여름 & 세일 '1'"}).build()
    theirs = openpyxl.Workbook()
    sheet = theirs.worksheets[0]
    sheet.append(["이름", "휴대폰", "지점", "구매금액"])
    for row in result.recipients.table.itertuples(index=False):
        sheet.append(list(row[2:6]))
    theirs.save(folder / "theirs.xlsx")
    source = Source(file="theirs.xlsx", sheet=sheet.title)
    object.__setattr__(result.recipients, "sources", (source,))
    return {
        "result": result_workbook.write(result, folder / "result.xlsx"),
        "check": folder / desk.run("check", "c.toml", "--json").json["report"],
        "comparison": result_workbook.write_several([result, other], folder / "comparison.xlsx"),
        "several sheets": result_workbook.write(result, folder / "several.xlsx", rows_a_sheet=10),
        "into original": original.write(result, folder / "theirs.xlsx", folder / "into.xlsx"),
        "starter": next((folder / "starter").glob("*.xlsx")),
        "odd": odd_workbook(folder / "odd.xlsx"),
    }


def plain(value: Any) -> Any:
    """A cell's value whatever the reader's type for it: times as Excel's days, nothing and empty text as None."""
    if isinstance(value, dict):
        return plain(dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=value["t"]))
    if isinstance(value, dt.datetime):
        return plain((value - BASE) / dt.timedelta(days=1))
    if isinstance(value, dt.date):
        return plain(dt.datetime(value.year, value.month, value.day))
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return round(float(value), 6)
    return value or None


def shape(rows: Any) -> list[list[Any]]:
    """The rows without the empty cells at their ends, and without the empty rows at the end."""
    found = [[plain(cell) for cell in row] for row in rows]
    for row in found:
        while row and row[-1] is None:
            row.pop()
    while found and not found[-1]:
        found.pop()
    return found


def by_openpyxl(path: Path, *, read_only: bool = False) -> Sheets:
    book = openpyxl.load_workbook(path, read_only=read_only)
    found = {sheet.title: shape(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    book.close()
    return found


def by_pandas(path: Path, engine: Any) -> Sheets:
    frames = pd.read_excel(path, sheet_name=None, header=None, engine=engine, dtype=object, na_filter=False)
    return {name: shape(frame.to_numpy().tolist()) for name, frame in frames.items()}


@pytest.fixture(scope="session")
def by_node(books: dict[str, Path]) -> dict[str, dict[str, Sheets]]:
    """What SheetJS and exceljs read of each workbook, by its path."""
    if shutil.which("node") is None or not (NODE / "node_modules" / "exceljs").exists():
        pytest.skip("SheetJS and exceljs are not here; `make test` brings them along where there is node")
    command = ["node", "read.js", *map(str, books.values())]
    done = subprocess.run(command, cwd=NODE, capture_output=True, check=True)
    found: dict[str, dict[str, Sheets]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def by_libreoffice(books: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheets]:
    """What LibreOffice reads of each workbook, as it writes it again."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not here; `make test` brings it along where it can")
    folder = tmp_path_factory.mktemp("libreoffice")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = ["--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), *map(str, books.values())]
    subprocess.run([program, profile, *words], capture_output=True, check=True)
    return {kind: by_openpyxl(folder / "out" / path.name) for kind, path in books.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_openpyxl_sees_all_rows_without_reading_the_sheet_to_its_end(books: dict[str, Path], kind: str) -> None:
    assert by_openpyxl(books[kind], read_only=True) == by_openpyxl(books[kind])


@pytest.mark.parametrize("engine", ["openpyxl", "calamine"])
@pytest.mark.parametrize("kind", KINDS)
def test_pandas_reads_the_same(books: dict[str, Path], kind: str, engine: str) -> None:
    assert by_pandas(books[kind], engine) == unescaped(by_openpyxl(books[kind]), decoded=engine == "calamine")


@pytest.mark.parametrize("library", ["SheetJS", "exceljs"])
@pytest.mark.parametrize("kind", KINDS)
def test_libraries_of_node_read_the_same(
    books: dict[str, Path], by_node: dict[str, dict[str, Sheets]], kind: str, library: str
) -> None:
    found = {name: shape(rows) for name, rows in by_node[str(books[kind])][library].items()}
    # exceljs, as openpyxl, leaves the codes of characters to its caller.
    assert unescaped(found, decoded=True) == unescaped(by_openpyxl(books[kind]), decoded=True)


@pytest.mark.parametrize("kind", KINDS)
def test_libreoffice_reads_the_same(books: dict[str, Path], by_libreoffice: dict[str, Sheets], kind: str) -> None:
    assert unescaped(by_libreoffice[kind], decoded=True) == unescaped(by_openpyxl(books[kind]), decoded=True)


def unescaped(sheets: Sheets, *, decoded: bool) -> Sheets:
    """What openpyxl read, with the codes of characters decoded, which it leaves to its caller."""
    if not decoded:
        return sheets

    def text(value: Any) -> Any:
        # LibreOffice writes a truth value in a column of several kinds as a formula.
        if value in {"=TRUE()", "=FALSE()"}:
            return value == "=TRUE()"
        return value.replace("_x005F_", "_") if isinstance(value, str) else value

    return {name: [[text(cell) for cell in row] for row in rows] for name, rows in sheets.items()}


def test_odd_data_reads_as_it_was_given(books: dict[str, Path]) -> None:
    headings, *rows = unescaped(by_openpyxl(books["odd"]), decoded=True)["results"]
    assert headings[:5] == ["_x000D_", "이름", "이름", None, "_x0041_x0042_ <&> 벨␇"]
    assert [row[0] for row in rows] == SHOWN
    assert [row[1] for row in rows][:4] == ["1899-01-01", "1900-01-01", None, "2026-12-01"]
    assert [row[2] for row in rows][:6] == [12.5, "inf", "nan", 46357.0, True, "1e400"]
    assert [row[3] for row in rows][:6] == [0.1, "inf", "-inf", "nan", 0.0, 1e300]
    assert [row[5:200] for row in rows] == [list(map(float, range(195)))] * len(ODD)


@pytest.mark.parametrize("kind", ["result", "several sheets", "comparison", "into original"])
def test_odd_data_of_ours_reads_as_it_was_given(books: dict[str, Path], kind: str) -> None:
    sheets = unescaped(by_openpyxl(books[kind]), decoded=True)
    lines = [line for name, (_, *lines) in sheets.items() if name not in NOT_RESULTS for line in lines]
    heading = next(lines[0] for name, lines in sheets.items() if name not in NOT_RESULTS)
    assert [line[heading.index("message")] for line in lines[: len(ODD) - 1]] == [
        text for text in SHOWN if "😀" not in text
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_openxml_audit_reports_no_error(books: dict[str, Path], kind: str) -> None:
    found = OpenXmlValidator(FileFormat.OFFICE_2019).validate(books[kind])
    assert [str(error) for error in found.errors if error.severity is ValidationSeverity.ERROR] == []


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    write: Callable[[str], bytes] = lambda name: result_workbook.write(  # noqa: E731
        ResultOf(statuses=EVERY).build(), tmp_path / name
    ).read_bytes()
    assert write("one.xlsx") == write("two.xlsx")
