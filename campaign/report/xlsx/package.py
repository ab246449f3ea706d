"""Writes a workbook's file: XlsxWriter's package, with the rows of the tables streamed into their sheets."""

from __future__ import annotations

import io
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, LargeZipFile, ZipFile

from campaign.model.i18n import N_
from campaign.report.xlsx.frames import write_frames
from campaign.report.xlsx.model import DoesNotFit, Table
from campaign.report.xlsx.rows import rows_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from campaign.report.xlsx.model import Page, Progress, Properties

LEVEL: Final = 1
"""Measured of 84 MB of rows: 0.24 s and 7.2 MB; at 6, zlib's usual one, 1.10 s and 6.4 MB."""

THREADS: Final = min(os.cpu_count() or 1, 4)
AHEAD: Final = THREADS + 1
"""Batches that are under way or wait to be written."""

LARGE: Final = 32 << 20
"""Bytes of a batch from which on it is cut; an ordinary one has 2 MB, and its XML four times as much."""

FIRST_ROW: Final = 2  # below the headings
END: Final = b"</sheetData>"


def write(
    file: IO[bytes], sheets: Sequence[Table | Page], properties: Properties, progress: Progress = lambda _: None
) -> None:
    """Write the workbook of `sheets`; `progress` receives the number of rows written so far of counted tables.

    Raises:
        OSError: the file cannot be written; `DoesNotFit` if it would be larger than a workbook can be.
    """
    frames = write_frames(sheets, properties)
    tables = {
        f"xl/worksheets/sheet{place}.xml": sheet for place, sheet in enumerate(sheets, 1) if isinstance(sheet, Table)
    }
    try:
        with (
            ZipFile(io.BytesIO(frames.package)) as parts,
            ZipFile(file, "w", ZIP_DEFLATED, allowZip64=False, compresslevel=LEVEL) as package,
        ):
            for name in parts.namelist():
                # By its name: the package's level of compression then counts, and no time is written.
                with package.open(name, "w") as target:
                    if name in tables:
                        table = tables[name]
                        stream_rows(target, parts.read(name), table, frames.styles[table.name], progress)
                    else:
                        target.write(parts.read(name))
    except LargeZipFile:
        raise DoesNotFit(
            N_("it would be larger than the 2 GiB that a workbook can have; CSV and Parquet have no such limit")
        ) from None


def stream_rows(target: IO[bytes], content: bytes, table: Table, styles: Sequence[str], progress: Progress) -> None:
    """Write a table's part: `content`, which has only the headings, with the rows added."""
    head, tail = content.split(END)
    target.write(head)
    for rows, xml in pieces(table, styles):
        target.write(xml)
        if table.counted:
            progress(rows)
    target.write(END + tail)


def pieces(table: Table, styles: Sequence[str]) -> Iterator[tuple[int, memoryview]]:
    """The table's rows in order, as pairs of a count and their XML; several threads format them.

    Arrow and zlib work outside Python's lock. What is made ahead is bounded.
    """
    waiting: deque[tuple[int, Future[memoryview]]] = deque()
    first = FIRST_ROW
    with ThreadPoolExecutor(THREADS, thread_name_prefix="rows") as pool:
        for batch in halved(table.batches()):
            waiting.append((len(batch), pool.submit(rows_xml, table, styles, batch, first)))
            first += len(batch)
            if len(waiting) >= AHEAD:
                rows, made = waiting.popleft()
                yield rows, made.result()
        for rows, made in waiting:
            yield rows, made.result()


def halved(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, with large ones halved: it bounds the memory, and texts stay within Arrow's 2 GiB."""
    for batch in batches:
        if batch.nbytes <= LARGE or len(batch) == 1:
            yield batch
        else:
            half = len(batch) // 2
            yield from halved([batch.slice(0, half), batch.slice(half)])
