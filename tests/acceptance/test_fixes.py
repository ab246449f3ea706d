"""A cell corrected outside the spreadsheet: what the terminal makes of the file of fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from campaign.recipients.fix_file import Fix, write
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path


def test_the_terminal_applies_the_fixes_and_the_workbook_says_which_cells_they_are(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.sheet([("김민서", "02-1234-5600", "A"), ("이지훈", number(2), "B"), ("박서연", "02-1234-5601", "C")])
    desk.campaign(recipients='files = ["r.xlsx"]\nfixes = "fixes.csv"')
    fixed = Fix(file="r.xlsx", sheet="Sheet", row=2, heading="휴대폰", was="02-1234-5600", value=number(1))
    changed_since = Fix(file="r.xlsx", sheet="Sheet", row=4, heading="휴대폰", was="02-9", value=number(3))
    write(tmp_path / "fixes.csv", [fixed, changed_since])
    done = desk.run("check", "c.toml", "--report", "check.xlsx")
    assert done.status == 1
    assert "1 fix was not applied, because its cell is not what it was: row 4 (휴대폰)" in done.err
    rows = list(openpyxl.load_workbook(tmp_path / "check.xlsx")["results"].values)
    head = list(rows[0])
    status, reason, to = (head.index(name) for name in ("status", "reason", "number"))
    assert [(row[status], row[to]) for row in rows[1:]] == [
        ("pending", number(1)),
        ("pending", number(2)),
        ("invalid", None),
    ]
    assert str(rows[1][reason]).startswith("'휴대폰' was fixed: the spreadsheet has '02-1234-5600'")
    assert rows[1][head.index("휴대폰")] == number(1)


def test_a_file_of_fixes_that_is_missing_stops_the_check(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.people(2)
    desk.campaign(recipients='files = ["r.xlsx"]\nfixes = "none.csv"')
    done = desk.run("check", "c.toml")
    assert done.status == 2
    assert "none.csv: the fixes cannot be read: No such file or directory" in done.err
