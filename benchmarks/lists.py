"""Makes seeded workbooks with shared strings, as Excel writes them, and campaign files for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import rustpy_xlsxwriter

if TYPE_CHECKING:
    from pathlib import Path

SHEET: Final = "r.xlsx"

TEXTS: Final = {
    "few": "[{{ 지점 }}] {{ 등급 }} 회원님께 드리는 안내입니다.",
    "each": "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}으로 {{ 금액 }}원 할인!",
}
"""Templates that give 12 different texts, and a different text for each row."""

CAMPAIGN: Final = """name = "{name}"
sender = "02-1234-5678"
[recipients]
files = ["{sheet}"]
[message]
text = '''{text}'''
"""


def make(folder: Path, rows: int) -> None:
    """Make a workbook with this number of rows, and a campaign file for each of `TEXTS`."""
    make_sheet(folder / SHEET, rows)
    for name, text in TEXTS.items():
        file = CAMPAIGN.format(name=name, sheet=SHEET, text=text)
        (folder / f"{name}.toml").write_text(file, encoding="utf-8")


def make_sheet(path: Path, rows: int, *, wrong: int = 0) -> None:
    """Make the workbook; equal arguments give equal ones. The first `wrong` phone numbers are too short."""
    chance = np.random.default_rng(rows)
    columns = {
        "이름": pa.array([f"김민{place % 1_000}" for place in range(rows)]),
        "휴대폰": pa.array([f"0102{place:07d}"[: 9 if place < wrong else 11] for place in range(rows)]),
        "등급": pa.array(np.array(["일반", "GOLD", "VIP"])[chance.integers(0, 3, rows)].tolist()),
        "금액": chance.integers(0, 99_999, rows),
        "지점": pa.array(np.array(["강남점", "홍대점", "부산점", "대구점"])[chance.integers(0, 4, rows)].tolist()),
        "쿠폰": pa.array([f"C{place:07d}" for place in range(rows)]),
    }
    rustpy_xlsxwriter.write_worksheet(pa.table(columns), str(path), dedupe_strings=True)
