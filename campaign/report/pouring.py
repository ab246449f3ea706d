"""A table's rows made and packed by several threads, and given in order; what waits is bounded.

Arrow and zlib work outside Python's lock. Packed data (deflate) is a chain of blocks, so
pieces that were packed apart make one stream when they are put one behind the other.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign.report.rows import rows_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    import pyarrow as pa

    from campaign.report.sheet import Table

LEVEL: Final = 1
"""Measured of 84 MB of rows: 0.24 s and 7.2 MB; at 6, zlib's usual one, 1.10 s and 6.4 MB."""

THREADS: Final = min(os.cpu_count() or 1, 4)
AHEAD: Final = THREADS + 1
"""Batches that are under way or wait to be written."""

LARGE: Final = 32 << 20
"""Bytes of a batch from which on it is cut; an ordinary one has 2 MB, and its XML four times as much."""

HEADING: Final = 1  # rows above the first


@dataclass(frozen=True, slots=True)
class Piece:
    """Packed bytes: what they unpack to has `size` bytes and the checksum `crc`; `rows` of a table are in it."""

    data: bytes
    size: int
    crc: int
    rows: int = 0


def pack(content: bytes | memoryview, *, rows: int = 0, last: bool = False) -> Piece:
    """The content packed, to be followed by other pieces unless it is the last one."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = packer.compress(content) + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
    return Piece(data, len(content), zlib.crc32(content), rows)


def cut(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, those that are too large in halves: what waits stays small, and texts stay within Arrow's 2 GiB."""
    for batch in batches:
        if batch.nbytes <= LARGE or len(batch) == 1:
            yield batch
        else:
            half = len(batch) // 2
            yield from cut([batch.slice(0, half), batch.slice(half)])


def pour(table: Table, styles: Sequence[str]) -> Iterator[Piece]:
    """The table's rows, packed; `styles` are the columns' attributes (`rows.rows_xml`)."""

    def made(batch: pa.RecordBatch, first: int) -> Piece:
        return pack(rows_xml(table, styles, batch, first), rows=len(batch))

    waiting: deque[Future[Piece]] = deque()
    first = HEADING + 1
    with ThreadPoolExecutor(THREADS, thread_name_prefix="write") as pool:
        for batch in cut(table.batches()):
            waiting.append(pool.submit(made, batch, first))
            first += len(batch)
            if len(waiting) >= AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
