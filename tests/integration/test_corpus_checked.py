"""The corpus through the whole check: the status, the number and the text of every row of every file."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from campaign.cli.progress_bars import Progress
from campaign.config.campaign_file import build
from campaign.engine import runs
from campaign.engine.checking import check
from campaign.model import i18n
from campaign.model.reasons import decode
from campaign.model.sentences import sentence
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def told_in_each_language(cells: Sequence[str]) -> None:
    """Fails where a reason or a note has no sentence of its own in a language, or not all its parameters."""
    for cell in cells:
        with i18n.in_language("ko"):
            korean = sentence(cell)
        english = sentence(cell)
        assert korean != english
        for _code, parameters in decode(cell):
            for said in (korean, english):
                texts = [value for value in parameters.values() if isinstance(value, str)]
                assert all(text in said or repr(text) in said for text in texts), said


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
    told_in_each_language([*table["reason"].dropna(), *table["note"].dropna()])
    for found, expected in zip(rows, case["rows"], strict=True):
        pattern = "".join(rf"\[{shown(expected['cells'][heading])}\]" for heading in headings) or "안녕하세요"
        assert re.fullmatch(pattern, found["text"]), (expected["row"], found["text"], pattern)
        assert (found["row"], found["number"]) == (expected["row"], expected["number"])
        assert found["status"] == status(expected, found["text"]), expected["row"]


def test_there_are_at_least_60_files() -> None:
    assert len(READ) >= 60
