"""The floor: the spreadsheet read and written back with eleven more columns, by the fastest libraries there are."""

from __future__ import annotations

import sys
from pathlib import Path

import fastexcel
import pyarrow as pa
import rustpy_xlsxwriter
from stages import note_start, stage

MORE = {
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


def with_more(table: pa.Table) -> pa.Table:
    """The table with the columns of a result beside its own, the same in every row."""
    for name, value in MORE.items():
        more = pa.nulls(len(table), pa.string()) if value is None else pa.repeat(pa.scalar(value), len(table))
        table = table.append_column(name, more)
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
