"""Makes the sample spreadsheets anew: `python sample_data/generate.py`. Seeded: the cells are always the same.

All mobile numbers lie in 010-0200-xxxx, which no carrier has assigned: no real person is ever addressed.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

HERE: Final = Path(__file__).parent
ROWS: Final = 3_000
FAMILY: Final = "김이박최정강조윤장임한오서신권황안송전홍"
GIVEN: Final = (
    *("민서", "지훈", "서연", "도윤", "하은", "시우", "지우", "예준", "수아", "주원", "지아", "건우"),
    *("서윤", "현우", "채원", "우진", "다은", "선우", "유진", "승현", "은지", "태윤", "혜진", "성민"),
)
BRANCHES: Final = {
    "강남점": "02-000-1000",
    "홍대점": "02-000-2000",
    "부산 서면점": "051-000-3000",
    "대구 동성로점": "053-000-4000",
    "광주 충장로점": "062-000-5000",
}
REMARKS: Final = ("", "", "", "복용 중인 약이 있으면 가져와 주세요.", "진료 전 두 시간은 금식입니다.")
HEADINGS: Final = ("회원번호", "이름", "휴대폰", "등급", "지점", "매장 전화", "쿠폰", "누적 구매액(원)", "가입일")


def phone(place: int) -> str:
    """A number of its own for every place, in the range of examples, which no carrier has assigned."""
    return f"0100200{place * 2_731 % 10_000:04d}"


def spelled(digits: str, chance: random.Random) -> str:
    """A number as people write it."""
    dashed = f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    ways = [dashed] * 12 + [digits] * 6 + [dashed.replace("-", "."), dashed.replace("-", " "), f"+82 {dashed[1:]}"]
    return chance.choice(ways)


def customers() -> list[list[object]]:
    """The members, some of their rows damaged as such lists are."""
    chance = random.Random(20260401)  # noqa: S311 - sample data
    rows = []
    for place in range(ROWS):
        grade = chance.choices(("일반", "GOLD", "VIP"), (82, 12, 6))[0]
        branch = chance.choices(tuple(BRANCHES), (35, 25, 18, 12, 10))[0]
        rows.append(
            [
                f"{place + 1:06d}",
                chance.choice(FAMILY) + chance.choice(GIVEN),
                spelled(phone(place), chance),
                grade,
                branch,
                BRANCHES[branch],
                f"SPRING-{place:04d}" if grade == "VIP" else None,
                chance.randrange(0, 3_000_000, 100),
                dt.date(2018, 1, 1) + dt.timedelta(days=chance.randrange(2_900)),
            ]
        )
    damage(rows)
    return rows


def damage(rows: list[list[object]]) -> None:
    """What happens to lists: eaten zeros, copies, landlines, holes, two numbers in a cell."""
    for place in (17, 412, 1_730):
        rows[place][2] = int(phone(place))  # a number cell: its leading 0 is gone
    rows[58][2] = "02-555-0123"
    rows[733][2] = "010-0123-45"
    rows[1_204][2] = None
    rows[1_909][2] = "4.41E+11"
    rows[2_311][2] = f"{phone(2_311)} / {phone(2_312)}"
    vip = [place for place, row in enumerate(rows) if row[3] == "VIP"]
    for place in vip[5:7]:
        rows[place][6] = None
    for place, first in ((901, 900), (1_500, 20), (2_750, 2_749)):
        rows[place][2:7] = rows[first][2:7]
    rows[640][1] = " 김 민서 "


def write_customers() -> None:
    """The workbook, as somebody in a shop would keep it: a styled heading, a filter, a second sheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = "수신자"
    sheet.append(HEADINGS)
    for row in customers():
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(name="맑은 고딕", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="4472C4")
        cell.alignment = Alignment(horizontal="center")
    for letter, width in zip("ABCDEFGHI", (10, 10, 18, 8, 16, 14, 14, 16, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    for cell in sheet["H"][1:]:
        cell.number_format = "#,##0"
    for number in (77, 78, 1_402):
        sheet.row_dimensions[number].hidden = True
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("메모")
    notes.append(["봄맞이 행사: 4월 1일 ~ 7일", "담당: 마케팅팀"])
    book.save(HERE / "spring_sale" / "customers.xlsx")


def write_patients() -> None:
    """The clinic's list, in the encoding of old Korean programs."""
    chance = random.Random(7)  # noqa: S311 - sample data
    with (HERE / "appointments" / "patients.csv").open("w", encoding="cp949", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["차트번호", "이름", "연락처", "예약일", "시간", "진료", "비고"])
        for place in range(60):
            day = dt.date(2026, 4, 6) + dt.timedelta(days=chance.randrange(5))
            lines.writerow(
                [
                    f"{4_200 + place}",
                    chance.choice(FAMILY) + chance.choice(GIVEN),
                    spelled(phone(5_000 + place), chance) if place != 31 else "031-000-0000",
                    f"{day.month}월 {day.day}일",
                    f"{chance.randrange(10, 18)}시",
                    chance.choice(["검진", "스케일링", "임플란트 상담", "신경치료", "교정"]),
                    chance.choice(REMARKS),
                ]
            )


if __name__ == "__main__":
    write_customers()
    write_patients()
