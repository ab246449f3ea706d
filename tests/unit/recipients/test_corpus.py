"""Every file of the corpus, row by row: number, reason, hidden or not, and each cell as a message shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table as sheets
from campaign.recipients.numbers import normalise
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from campaign.model import Recipients

CORPUS = Path(__file__).parents[2] / "corpus"
EXPECTED: dict[str, dict[str, Any]] = json.loads((CORPUS / "expected.json").read_text(encoding="utf-8"))
READ = {name: case for name, case in EXPECTED.items() if "rows" in case}
REFUSED = {name: case for name, case in EXPECTED.items() if "error" in case}


def found(recipients: Recipients) -> list[dict[str, Any]]:
    table = recipients.table
    judged = normalise.normalise(table["phone"])
    shown = [
        column_types.text(pa.array(table[column.name], from_pandas=True)).to_pylist() for column in recipients.columns
    ]
    names = [column.heading for column in recipients.columns]
    return [
        {"row": row, "hidden": hidden, "number": number, "code": code, "cells": dict(zip(names, values, strict=True))}
        for row, hidden, number, code, *values in zip(
            table["row"].to_list(),
            table["hidden"].to_list(),
            pa.array(judged["number"], from_pandas=True).to_pylist(),
            pa.array(judged["code"], from_pandas=True).to_pylist(),
            *shown,
            strict=True,
        )
    ]


@pytest.mark.parametrize("name", READ)
def test_every_row_is_read_as_it_is_meant(name: str) -> None:
    case = READ[name]
    read = sheets.read([CORPUS / "files" / name], **case["options"])
    assert found(read) == case["rows"]
    assert len(read.notes) == len(case["notes"]), read.notes
    for note, words in zip(map(sentence, read.notes), case["notes"], strict=True):
        assert words in note


@pytest.mark.parametrize("name", REFUSED)
def test_every_file_that_is_no_list_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(RecipientsError) as caught:
        sheets.read([CORPUS / "files" / name], **REFUSED[name]["options"])
    assert REFUSED[name]["error"] in str(caught.value)
    assert name in str(caught.value)


def test_the_corpus_is_whole_and_its_files_are_small() -> None:
    files = {path.name: path.stat().st_size for path in (CORPUS / "files").iterdir()}
    assert set(files) == set(EXPECTED)
    assert len(files) >= 60
    assert max(files.values()) < 25_000
