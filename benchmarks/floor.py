"""The floor: reads the spreadsheet and writes it back with eleven more columns, with the fastest libraries."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path
from typing import Final

import fastexcel
import pyarrow as pa
import rustpy_xlsxwriter
from stages import note_start, stage

MORE: Final[dict[str, str | int | None]] = {
    "status": "accepted",
    "resultCode": 0,
    "message": "전송 성공",
    "requestNo": "123456",
    "msgType": "SMS",
    "reason": None,
    "number": "01020000000",
    "text": "[강남점] VIP 회원님께 드리는 안내입니다.",
    "bytes": 40,
    "sentAt": "2026-12-01 10:00:00",
    "row": 2,
}


def repeated(value: str | int, times: int) -> pa.Array:
    """A column of one value, built from bytes: given a Python value, pyarrow would load pandas first."""
    if isinstance(value, int):
        return pa.Array.from_buffers(pa.int64(), times, [None, pa.py_buffer(array("q", [value]) * times)])
    data = value.encode()
    edges = array("i", range(0, len(data) * times + 1, len(data)))
    return pa.StringArray.from_buffers(times, pa.py_buffer(edges), pa.py_buffer(data * times))


def with_more(table: pa.Table) -> pa.Table:
    """The table with the columns of a result, which are equal in all rows."""
    for name, value in MORE.items():
        rows = len(table)
        table = table.append_column(name, pa.nulls(rows, pa.string()) if value is None else repeated(value, rows))
    return table


def main(folder: Path) -> None:
    """Copy r.xlsx."""
    with stage("read"):
        batch = fastexcel.read_excel(str(folder / "r.xlsx")).load_sheet(0, eager=True)
    table = with_more(pa.Table.from_batches([batch]))
    with stage("write"):
        rustpy_xlsxwriter.write_worksheet(table, str(folder / "floor.xlsx"), sheet_name="results")


if __name__ == "__main__":
    note_start()
    main(Path(sys.argv[1]))
