"""The corpus through the whole check: the status, the number and the text of every row of every file."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from campaign.cli.progress_bars import Progress
from campaign.config.campaign_file import build
from campaign.engine import runs
from campaign.engine.checking import check
from tests.support.desk import ROOT

CORPUS = ROOT / "tests" / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))
READ = {name: case for name, case in EXPECTED.items() if case.get("rows")}


def shown(cell: str | None) -> str:
    """A pattern for how a message shows a cell: TRUE for true, a time without its seconds where they are none."""
    if cell is None:
        return "-"
    clock = cell.removesuffix(":00")
    if re.fullmatch(r".*\d\d:\d\d:00", cell):
        return f"{re.escape(clock)}(?::00)?"
    return f"(?i:{cell})" if cell in {"true", "false"} else re.escape(cell.replace("\r\n", "\n"))


def named(case: dict[str, Any]) -> list[str]:
    """The headings that stand once, so that a template means the one column by them."""
    times = Counter(" ".join(heading.split()) for heading in case["rows"][0]["cells"])
    return [
        heading for heading in case["rows"][0]["cells"] if heading.strip() and times[" ".join(heading.split())] == 1
    ]


def status(row: dict[str, Any], text: str) -> str | None:
    if row["hidden"]:
        return "hidden"
    try:
        text.encode("cp949")
    except UnicodeEncodeError:
        return "invalid"
    return "invalid" if row["code"] else None


@pytest.mark.parametrize("name", READ)
def test_every_row_has_the_status_the_number_and_the_text_that_it_should(name: str) -> None:
    case = READ[name]
    headings = named(case)
    text = "".join(f"[{{{{ row[{heading!r}] | default('-') }}}}]" for heading in headings) or "안녕하세요"
    values = {
        "name": "corpus",
        "sender": "02-1234-5678",
        "recipients": {"files": [f"files/{name}"], "duplicates": "keep", **case["options"]},
        "message": {"text": text},
    }
    table = check.check(build(values, folder=CORPUS, place=name), runs.now(), Progress(shown=False)).table
    rows = table[["row", "status", "number", "text"]].astype(object).where(table.notna(), None).to_dict("records")
    assert len(rows) == len(case["rows"])
    for found, expected in zip(rows, case["rows"], strict=True):
        pattern = "".join(rf"\[{shown(expected['cells'][heading])}\]" for heading in headings) or "안녕하세요"
        assert re.fullmatch(pattern, found["text"]), (expected["row"], found["text"], pattern)
        assert (found["row"], found["number"]) == (expected["row"], expected["number"])
        assert found["status"] == status(expected, found["text"]), expected["row"]


def test_there_are_at_least_60_files() -> None:
    assert len(READ) >= 60
