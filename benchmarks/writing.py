"""Compares the result workbook with the bare library that writes the same columns, in turns.

python benchmarks/writing.py [--rows 200000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastexcel
import pandas as pd
import pyarrow as pa
import rustpy_xlsxwriter

from campaign.model import Column, Recipients, Result, RunFacts, RunState, Source, schema
from campaign.report import result_workbook

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def columns(rows: int) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """The user's own columns, and the columns of the result."""
    numbers = pa.array([f"0102{place:07d}" for place in range(rows)])
    own = {
        "이름": pa.array([f"고객{place % 997}" for place in range(rows)]),
        "휴대폰": numbers,
        "지점": pa.array(["강남점", "홍대점"] * (rows // 2)),
        "등급": pa.array(["VIP", "일반"] * (rows // 2)),
        "쿠폰": pa.array([f"C{place:07d}" for place in range(rows)]),
    }
    constant: dict[str, Any] = {"status": "accepted", "message": "전송 성공", "requestNo": "123456", "msgType": "SMS"}
    ours = {name: pa.array([value] * rows) for name, value in constant.items()}
    ours |= {
        "resultCode": pa.array([0] * rows, pa.int32()),
        "reason": pa.nulls(rows, pa.string()),
        "number": numbers,
        "text": pa.array(["[강남점] VIP 회원님께 드리는 안내입니다."] * rows),
        "bytes": pa.array([41] * rows, pa.int32()),
        "sentAt": pa.array([NOW] * rows, pa.timestamp("us", tz="UTC")),
        "row": pa.array(range(2, rows + 2), pa.int32()),
    }
    return own, {name: ours[name] for name in schema.RESULT if name in ours}


def frame(arrays: dict[str, pa.Array]) -> pd.DataFrame:
    """A table of Arrow columns."""
    return pd.DataFrame({name: pd.Series(array, dtype=pd.ArrowDtype(array.type)) for name, array in arrays.items()})


def result_of(own: dict[str, pa.Array], ours: dict[str, pa.Array]) -> Result:
    """The result of a finished run."""
    table = frame({f"own.{place}": array for place, array in enumerate(own.values())})
    headings = tuple(Column(name=f"own.{place}", heading=heading) for place, heading in enumerate(own))
    requests = pd.DataFrame({name: pd.Series([], dtype=fact.dtype) for name, fact in schema.REQUESTS.items()})
    facts = RunFacts(
        id="bench",
        name="bench",
        state=RunState.FINISHED,
        gateway="sandbox",
        api="v2",
        sandbox=True,
        created_at=NOW,
        started_at=NOW,
        ended_at=NOW,
        prices={"SMS": 20},
    )
    recipients = Recipients(table=table, columns=headings, phone="own.1", sources=(Source(file="r.xlsx"),))
    return Result(run=facts, recipients=recipients, rows=frame(ours), requests=requests)


SHEET = 1_048_576
"""Maximum number of rows of a sheet with its heading; the bare library does not continue on another sheet."""


def write_large(result: Result, rows: int) -> None:
    """Write more rows than fit on a sheet; print how many were written and how much memory that took."""
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = timed(lambda: result_workbook.write(result, Path(folder) / "ours.xlsx"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        reader = fastexcel.read_excel(f"{folder}/ours.xlsx")
        heights = [reader.load_sheet(name).height for name in reader.sheet_names if name.startswith("results")]
    print(f"  {rows:,} rows in {seconds:.1f} s, in sheets of {heights}: {sum(heights):,} in all")
    print(f"  peak memory: {before:,.0f} MiB with the table, before writing; {peak:,.0f} MiB after writing")


def timed(work: Callable[[], object]) -> float:
    """The duration of the work in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    own, ours = columns(given.rows)
    if given.rows >= SHEET:
        write_large(result_of(own, ours), given.rows)
        return
    bare_table = pa.table({**own, **ours, "sentAt": ours["sentAt"].cast(pa.timestamp("us"))})
    result = result_of(own, ours)
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            gc.collect()
            bare = timed(lambda: rustpy_xlsxwriter.write_worksheets([("results", bare_table)], f"{folder}/bare.xlsx"))
            whole = timed(lambda: result_workbook.write(result, Path(folder) / "ours.xlsx"))
            ratios.append(bare / whole)
            print(f"  bare {bare:6.2f} s   ours {whole:6.2f} s   rows a second, ours / bare {bare / whole:5.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {given.rows:,} rows: median {statistics.median(ratios):.2f}; peak memory {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
