"""The list that nearly all files of the corpus hold, what should be read of it, and the book of expectations.

Written by hand; nothing of `campaign` is used.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILES = Path(__file__).parent / "files"

HEADINGS = ["이름", "휴대폰", "금액", "가입일", "메모"]
DAY = dt.date(2026, 12, 1)

Cell = str | int | float | bool | dt.date | dt.time | None


class Row(TypedDict):
    """What should be read from one row."""

    row: int
    hidden: bool
    number: str | None
    code: str | None
    cells: dict[str, str | None]


# name, phone cell, amount, day, remark | number or None, code of the reason or None
PEOPLE: list[tuple[list[Cell], str | None, str | None]] = [
    (["홍길동", "010-2345-6701", 12000, DAY, "단골"], "01023456701", None),
    (["김민서", 1023456702, 3.5, None, "두 줄\n메모"], "01023456702", None),
    (["이서준", "010 2345 6703", None, dt.date(1999, 2, 28), None], "01023456703", None),
    (["박지훈", "02-123-4567", 0, DAY, "집, 전화"], None, "phone_landline"),
    (["최수아", None, -5, None, "번호 없음"], None, "phone_empty"),
    (["정하은", "+82 10-2345-6706", 1000000, DAY, '"인용"'], "01023456706", None),
    (["강도윤", "010-2345-6707, 010-2345-9999", 7, None, None], None, "phone_several"),
    (["윤예준", "4.41E+11", 8, None, None], None, "phone_exponent"),
    (["장지우", "０１０－２３４５－６７０９", 9, DAY, "=아님"], "01023456709", None),
    (["임유나", "010.2345.6710", 10, DAY, "007"], "01023456710", None),
]
ROWS = [cells for cells, _, _ in PEOPLE]
LAST = len(PEOPLE) + 1

made: dict[str, dict[str, object]] = {}


def shown(cell: Cell) -> str | None:
    """A cell as a person sees it in a message."""
    if isinstance(cell, bool):
        return str(cell).lower()
    return None if cell is None or cell == "" else str(cell)


def people(
    rows: Iterable[int] = range(2, LAST + 1),
    *,
    hidden: Sequence[int] = (),
    headings: Sequence[str] = tuple(HEADINGS),
    more: Sequence[Sequence[str | None]] = (),
) -> list[Row]:
    """PEOPLE as they should be read, when they stand in the given rows with `more` cells each."""
    extra = more or [[]] * len(PEOPLE)
    return [
        row_of(row, number, dict(zip(headings, [*map(shown, cells), *beside], strict=True)), code, hidden=row in hidden)
        for row, (cells, number, code), beside in zip(rows, PEOPLE, extra, strict=True)
    ]


def row_of(
    row: int, number: str | None, cells: dict[str, str | None], code: str | None = None, *, hidden: bool = False
) -> Row:
    """One row as it should be read."""
    return {"row": row, "hidden": hidden, "number": number, "code": code, "cells": cells}


def expect(name: str, rows: list[Row], *, by: str, notes: Sequence[str] = (), **options: str) -> Path:
    """A file that is read; returns where to put it."""
    return _enter(name, {"by": by, "options": options, "notes": list(notes), "rows": rows})


def refuse(name: str, words: str, *, by: str, **options: str) -> Path:
    """A file that is refused in these words; returns where to put it."""
    return _enter(name, {"by": by, "options": options, "error": words})


def _enter(name: str, case: dict[str, object]) -> Path:
    assert name not in made, name
    made[name] = case
    return FILES / name
