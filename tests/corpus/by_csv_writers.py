"""CSV files as Python, Excel, PowerShell and people write them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

from tests.corpus.people import HEADINGS, LAST, ROWS, expect, people, row_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.corpus.people import Cell, Row

BY = "Python csv"


def lines(
    rows: Sequence[Sequence[Cell]] = tuple(ROWS), *, delimiter: str = ",", end: str = "\r\n", quote: bool = False
) -> str:
    """The list as text."""
    text = io.StringIO(newline="")
    how: Literal[0, 1] = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=how)
    writer.writerow(HEADINGS)
    writer.writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text.getvalue()


def put(
    name: str, text: str, encoding: str = "utf-8", rows: list[Row] | None = None, notes: Sequence[str] = ()
) -> None:
    """A file that is read."""
    path = expect(name, people() if rows is None else rows, by=BY, notes=notes)
    path.write_bytes(text.encode(encoding))


def encodings() -> None:
    """The same list in every encoding."""
    put("utf8.csv", lines())
    put("utf8_bom.csv", lines(), "utf-8-sig")
    put("cp949.csv", lines(), "cp949")
    put("euckr_semicolon.csv", lines(delimiter=";"), "euc-kr")
    put("utf16.csv", lines(), "utf-16")
    put("utf16_tab.csv", lines(delimiter="\t"), "utf-16")
    put("utf16be.tsv", "\ufeff" + lines(delimiter="\t"), "utf-16-be")


def dialects() -> None:
    """Delimiters, newlines, quotes."""
    put("unix.csv", lines(end="\n"))
    put("mac.csv", lines(end="\r", quote=True))
    put("all_quoted.csv", lines(quote=True))
    put("pipes.csv", lines(delimiter="|"))
    put("tabs.tsv", lines(delimiter="\t"))
    put("commas.tsv", lines())
    put("upper.CSV", lines())
    put("no_last_newline.csv", lines().rstrip("\r\n"))
    put("blank_lines_below.csv", lines() + "\r\n\r\n\r\n")
    put("separator_line.csv", "sep=;\r\n" + lines(delimiter=";"), "utf-8-sig")
    powershell = "#TYPE System.Management.Automation.PSCustomObject\r\n" + lines(quote=True)
    put("powershell.csv", powershell, "utf-16", people(range(3, LAST + 2)))


def shapes() -> None:
    """Titles, blank lines, too few and too many commas."""
    title = '"2026년 겨울, 명단",,,,\r\n기준일,2026-12-01,,,\r\n,,,,\r\n'
    put("title_lines.csv", title + lines(), rows=people(range(5, LAST + 4)))
    put("ragged_title.csv", "2026년 겨울 명단\r\n\r\n" + lines(), "cp949", people(range(4, LAST + 3)))
    blank = lines(end="\n").replace("\n홍", "\n\n홍").replace("\n이서준", "\n,,,,\n이서준")
    put("blank_lines.csv", blank, rows=people([3, 4, *range(6, LAST + 3)]))
    four: list[Row] = [{**row, "row": at} for at, row in enumerate(people()[2:6], 2)]
    put("extra_commas.csv", "".join(f"{line},,\n" for line in lines(ROWS[2:6], end="\n").splitlines()), rows=four)
    cells: dict[str, str | None] = {"이름": "홍길동", "휴대폰": "010-2345-6701", "금액": None}
    note = "row 2: fewer cells than the 3 of the header"
    put(
        "short_row.csv",
        "이름,휴대폰,금액\n홍길동,010-2345-6701\n",
        rows=[row_of(2, "01023456701", cells)],
        notes=[note],
    )


def guards() -> None:
    """What people do so that the 0 stays, and what comes along unseen."""
    formula = [[row[0], f'="{row[1]}"' if row[1] else None, *row[2:]] for row in ROWS]
    put("guarded.csv", lines(formula))
    apostrophe = [[row[0], f"'{row[1]}" if row[1] else None, *row[2:]] for row in ROWS]
    rows = people()
    for row in rows:
        phone = row["cells"]["휴대폰"]
        row["cells"]["휴대폰"] = phone and f"'{phone}"
    put("apostrophes.csv", lines(apostrophe), rows=rows)
    unseen = ["\u200b010-2345-6701\ufeff", "010\u00a02345\u00a06701", "010\u20132345\u20116701"]
    found = [row_of(at, "01023456701", {"이름": "홍", "휴대폰": cell}) for at, cell in enumerate(unseen, 2)]
    put("invisible.csv", "이름,휴대폰\n" + "".join(f"홍,{cell}\n" for cell in unseen), rows=found)
    zero: dict[str, str | None] = {"휴대폰": "01023456701", "우편번호": "06236", "번호": "1"}
    one: dict[str, str | None] = {"휴대폰": "1023456702", "우편번호": "12345", "번호": "2"}
    text = "휴대폰,우편번호,번호\n01023456701,06236,1\n1023456702,12345,2\n"
    put("leading_zeros.csv", text, rows=[row_of(2, "01023456701", zero), row_of(3, "01023456702", one)])


def make() -> None:
    """All of them."""
    for some in (encodings, dialects, shapes, guards):
        some()
