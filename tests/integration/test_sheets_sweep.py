"""Spreadsheets damaged or made by chance: each read right or refused in one sentence, quickly and in little memory.

`CAMPAIGN_SWEEP=400 pytest tests/integration/test_sheets_sweep.py` tries as many; a usual run tries 60.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import os
import random
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Final, TypeGuard

import openpyxl
import pytest

from tests.support import mutations

CORPUS: Final = Path(__file__).parents[1] / "corpus"
COUNT: Final = int(os.environ.get("CAMPAIGN_SWEEP", "60"))
BATCH: Final = 20
MEMORY: Final = 1 << 20  # KiB
NUMBER: Final = re.compile(r"-?[1-9]\d*(?:\.\d+)?|0(?:\.\d+)?|-0\.\d+")
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
CPU: Final = 10  # seconds

READER: Final = """
import json, resource, sys
from pathlib import Path
import pyarrow as pa
from campaign.model.errors import RecipientsError
from campaign.recipients import table as sheets
from campaign.recipients.spreadsheets import column_types

def used():
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]

for name in sys.argv[1:]:
    before = sum(one.ru_utime + one.ru_stime for one in used())
    said = {"name": name}
    try:
        read = sheets.read([Path(name)])
        said["rows"] = read.table["row"].to_list()
        said["sheet"] = read.sources[0].sheet
        columns = [pa.array(read.table[column.name], from_pandas=True) for column in read.columns]
        said["columns"] = [[column.heading, column_types.text(values).to_pylist()]
                           for column, values in zip(read.columns, columns)]
        said["phone"] = [column.name for column in read.columns].index(read.phone)
    except RecipientsError as error:
        said["refused"] = str(error)
    said["cpu"] = sum(one.ru_utime + one.ru_stime for one in used()) - before
    said["memory"] = sum(one.ru_maxrss for one in used())
    print(json.dumps(said))
"""


def sources() -> list[Path]:
    return sorted(path for folder in ("files", "odd") for path in (CORPUS / folder).iterdir() if path.is_file())


def a_file(folder: Path, seed: int) -> Path:
    chance = random.Random(seed)
    if seed % 5 == 0:
        return mutations.made(folder / f"{seed}.xlsx", chance)
    source = chance.choice(sources())
    path = folder / f"{seed}{source.suffix}"
    path.write_bytes(mutations.mutated(source, chance))
    return path


def as_openpyxl(path: Path, sheet: str) -> dict[tuple[int, str], object] | None:
    """The text cells of a sheet by row and heading; None where openpyxl cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows = list(
                openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)[sheet].iter_rows(values_only=True)
            )
        except Exception:  # noqa: BLE001 - it raises all kinds over a damaged file
            return None
    return {(at, str(head)): cell for at, row in enumerate(rows, 1) for head, cell in zip(rows[0], row, strict=True)}


def check_values(said: dict[str, Any]) -> None:
    """Text and plain numbers are the same; what a number format shows is for other tests."""
    path = Path(said["name"])
    if path.suffix.lower() not in {".xlsx", ".xlsm"} or "rows" not in said:
        return
    expected = as_openpyxl(path, said["sheet"])
    headings = [heading for heading, _ in said["columns"]]
    if expected is None:
        return
    for heading, values in said["columns"]:
        if headings.count(heading) > 1:
            continue
        for row, value in zip(said["rows"], values, strict=True):
            cell = expected.get((row, heading))
            if (
                isinstance(cell, str)
                and cell.strip()
                and not cell.startswith(("#", "Err:"))
                and not re.search("\r|_x", cell)
            ):
                assert value == cell, (path.name, row, heading)
            elif cell is None and (row, heading) in expected:
                assert value is None, (path.name, row, heading)
            elif is_plain_number(cell) and value is not None and NUMBER.fullmatch(value):
                assert float(value) == pytest.approx(float(cell), rel=1e-14), (path.name, row, heading)
            elif isinstance(cell, dt.datetime) and value is not None and DAY.match(value):
                assert value[:10] == cell.date().isoformat(), (path.name, row, heading)


def is_plain_number(cell: object) -> TypeGuard[int | float]:
    """Whether it is a number and not a truth value; a number format may show it otherwise, as text."""
    return isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize("first", range(0, COUNT, BATCH))
def test_whatever_a_spreadsheet_has_suffered(tmp_path: Path, first: int) -> None:
    paths = [a_file(tmp_path, seed) for seed in range(first, min(first + BATCH, COUNT))]
    done = subprocess.run([sys.executable, "-c", READER, *map(str, paths)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["name"] for one in said] == [str(path) for path in paths]
    for one in said:
        assert one["cpu"] < CPU, one["name"]
        assert one["memory"] < MEMORY, one["name"]
        assert "\n" not in one.get("refused", ""), one["refused"]
        check_values(one)
