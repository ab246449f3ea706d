"""Writes the rows of a result as one flat file, for other programs: CSV or Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from campaign.model import Kind, schema
from campaign.model.sentences import with_sentences
from campaign.report import atomic_file
from campaign.report.xlsx.text import well_formed
from campaign.report.xlsx.values import arrow, one_array, plain, seoul, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.model import Result

BATCH: Final = 16_384  # rows written at a time
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
"""Excel reads a CSV without it in the system's own encoding, and garbles Korean."""

FORMULA: Final = r"^[=+\-@\t\r]"
"""Text that a spreadsheet program might run, or hide, when it opens a CSV. Source: OWASP, CSV Injection."""

DIGITS: Final = r"^(?:0[0-9]+|[0-9]{12,})$"
"""Text that Excel would read as a number and change: it drops leading zeros and saves long ones as 1.23E+11."""

KOREAN: Final = r"^(02|0[0-9]{2})([0-9]{3,4})([0-9]{4})$"
"""A Korean phone number; with hyphens, every program reads it as text."""


def csv(result: Result, path: Path, *, language: str | None = None) -> Path:
    """Write the rows as CSV in UTF-8 with the columns of the sheet `results`; returns the file's path.

    Phone numbers get hyphens, and other text that Excel would change or run gets an apostrophe before it. Numbers,
    negative ones too, stay as they are. Times are in Seoul's. The reasons are in `language`, by default the reader's.

    Raises:
        OSError: the folder or the file cannot be written; what was there is untouched.
    """
    named = {result.recipients.phone, *result.recipients.table.get("column", ())}
    phones = {place for place, column in enumerate(result.recipients.columns) if column.name in named}
    columns = [
        (
            guarded_heading(heading),
            guarded(hyphenated(values) if place in phones or heading == "number" else values, kinds),
        )
        for place, (heading, values, kinds) in enumerate(columns_of(result, language))
    ]
    table = pa.Table.from_arrays([values for _, values in columns], names=[heading for heading, _ in columns])

    def write(made: Path) -> None:
        with made.open("wb") as file:
            file.write(BYTE_ORDER_MARK)
            with pacsv.CSVWriter(file, table.schema) as writer:
                for batch in table.to_batches(max_chunksize=BATCH):
                    writer.write_batch(batch)

    return atomic_file.write(path, write)


def parquet(result: Result, path: Path, *, language: str | None = None) -> Path:
    """Write the rows as Parquet, each column with its own type; returns the file's path.

    Readers of Parquet find columns by name, so the names are unique: a column of the spreadsheet whose heading occurs
    twice, or is the name of a result column, gets a number behind it. The reasons are in `language`, by default the
    reader's.

    Raises:
        OSError: the folder or the file cannot be written; what was there is untouched.
    """
    columns = list(columns_of(result, language))
    names = unique([heading for heading, _, _ in columns], len(result.recipients.columns))
    table = pa.Table.from_arrays([values for _, values, _ in columns], names=names)
    facts = {"run": result.run.id, "state": str(result.run.state), "sandbox": str(result.run.sandbox).lower()}
    return atomic_file.write(
        path, lambda made: pq.write_table(table.replace_schema_metadata(facts), made, compression="zstd")
    )


def columns_of(
    result: Result, language: str | None = None
) -> Iterator[tuple[str, pa.ChunkedArray, pa.ChunkedArray | None]]:
    """Yields heading, values and, for a mixed column, kinds: the spreadsheet's columns, then the result's."""
    result = with_sentences(result, language)
    for column in result.recipients.columns:
        kinds = column.name.replace(schema.OWN, schema.KIND, 1)
        values = plain(arrow(result.recipients.table[column.name]))
        yield column.heading, values, arrow(result.recipients.table[kinds]) if column.mixed else None
    for name in schema.RESULT:
        if name in result.rows:
            yield name, plain(arrow(result.rows[name])), None


def guarded(values: pa.ChunkedArray, kinds: pa.ChunkedArray | None) -> pa.ChunkedArray:
    """The values as a CSV shows them: times in Seoul's, text that Excel would change or run after an apostrophe."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        return pa.chunked_array([seoul(one_array(values)).cast(pa.timestamp("s"), safe=False)])
    if pa.types.is_time(kind):
        return values.cast(pa.time64("us")).cast(pa.time32("s"), safe=False)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return values if pa.types.is_primitive(kind) or pa.types.is_decimal(kind) else spelled(values)
    risky = pc.or_(pc.match_substring_regex(values, FORMULA), pc.match_substring_regex(values, DIGITS))
    if kinds is not None:
        risky = pc.and_(risky, pc.not_equal(kinds, Kind.NUMBER))
    return pc.if_else(risky, pc.binary_join_element_wise("'", values.cast(pa.string()), ""), values.cast(pa.string()))


def hyphenated(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Korean phone numbers with hyphens; everything else unchanged."""
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return values
    return pc.replace_substring_regex(values, KOREAN, r"\1-\2-\3")


def guarded_heading(heading: str) -> str:
    """The heading, after an apostrophe where a spreadsheet program might run it."""
    words = well_formed(heading)
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words


def unique(headings: list[str], own: int) -> list[str]:
    """The headings, with a number behind those of the first `own` that occur before or among the others."""
    taken = {heading.casefold() for heading in headings[own:]}
    names: list[str] = []
    for heading in map(well_formed, headings[:own]):
        name, number = heading, 2
        while name.casefold() in taken:  # some readers ignore case
            name, number = f"{heading} ({number})", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names + headings[own:]
