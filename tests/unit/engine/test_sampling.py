from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from campaign import engine
from campaign.engine.sampling import ListLengths, sample

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.engine.sampling import Sample


def look(folder: Path, text: str) -> Sample:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("이름", "휴대폰"), ("김민서", "010-2345-6701"), ("박서연", "010-2345-6702"), (None, "02-1")):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    book.save(folder / "list.xlsx")
    file = folder / "campaign.toml"
    file.write_text(
        f'name = "look"\nsender = "02-1234-5678"\n[recipients]\nfiles = ["list.xlsx"]\n[message]\ntext = "{text}"\n',
        encoding="utf-8",
    )
    campaign = engine.load_campaign(file)
    with engine.EarlyStart(campaign) as started:
        recipients = engine.read_recipients(started, campaign, engine.SILENT)
        return sample(ListLengths(recipients), campaign, engine.now())


def test_a_hidden_row_and_a_wrong_number_are_no_failures_of_the_message(tmp_path: Path) -> None:
    found = look(tmp_path, "안녕하세요")
    assert found.failed is None
    assert [one.facts["row"] for one in found.shown] == [2]


def test_a_row_whose_message_cannot_be_made_is_named(tmp_path: Path) -> None:
    found = look(tmp_path, "{{ 이름 }}님")
    assert found.failed is not None
    assert found.failed.facts["row"] == 4
