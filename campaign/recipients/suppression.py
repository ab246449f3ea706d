"""Reads suppression lists: numbers that are never sent to, from any spreadsheet that `recipients` reads."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _, ngettext
from campaign.model.naming import on_disk
from campaign.model.reasons import Reason
from campaign.recipients import table
from campaign.recipients.numbers import normalise
from campaign.recipients.spreadsheets import file_type, headings, isolated, wording
from campaign.recipients.spreadsheets.csv_files import encoding, quotes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HEADINGS: Final = (
    "수신거부번호",
    "수신거부전화번호",
    "수신거부자번호",
    "수신거부",
    "거부번호",
    "차단번호",
    "opted_out",
    "blocked",
)
"""Headings of a suppression list, besides the usual headings of a phone column."""

HARMLESS: Final = (Reason.PHONE_EMPTY, Reason.PHONE_LANDLINE, Reason.PHONE_SERVICE)
"""Reasons that need no note: such a number cannot receive messages anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Numbers that are never sent to, each once, and notes on cells without a valid number."""

    numbers: pa.Array
    notes: tuple[str, ...] = ()


def read(files: Sequence[Path], *, abroad: bool = False) -> Suppression:
    """Read the numbers of all lists. Hidden rows count too.

    Args:
        files: files that `table.read` reads; a file with a single column needs no heading.
        abroad: whether the campaign goes to numbers outside Korea; the lists may also contain Korean numbers.

    Raises:
        RecipientsError: a file cannot be read, or it is not clear which column has the numbers.
    """
    files = [on_disk(path) for path in files]
    lists = [read_cells(path) for path in files]
    found = [_normalised(cells, abroad=abroad) for cells in lists]
    notes = [
        note
        for path, cells, normalised in zip(files, lists, found, strict=True)
        for note in _note(path, cells, normalised)
    ]
    numbers = [
        number for normalised in found for number in normalised["number"].dropna().array.__arrow_array__().chunks
    ]
    return Suppression(numbers=pa.chunked_array(numbers, pa.string()).unique(), notes=tuple(notes))


def is_opted_out(number: pd.Series, suppression: Suppression) -> pd.Series:
    """Whether each number is on the lists (bool); False for a missing number.

    Args:
        number: normalised numbers, as from `numbers.normalise`.
        suppression: the lists, as from `read`.
    """
    held = pc.is_in(pa.array(number, from_pandas=True), value_set=suppression.numbers)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([held])), index=number.index)


def read_cells(path: Path) -> pd.DataFrame:
    """The cells of the phone column: `row` and `phone`, as in `schema.TABLE`."""
    for heading in (None, *HEADINGS):
        try:
            return table.read([path], phone=heading).table[["row", "phone"]]
        except headings.NoPhoneColumn:
            continue
        except headings.TwoPhoneColumns as error:
            raise RecipientsError(
                _(
                    "{file}: more than one column may contain the numbers ({names}). Keep one.",
                    file=path,
                    names=error.names,
                )
            ) from error
    alone = _one_column(path)
    if alone is None:
        raise RecipientsError(
            _(
                "{file}: it is not clear which column has the numbers. Give it a usual heading, such as 전화번호,"
                " or delete the other columns.",
                file=path,
            )
        )
    return alone


def _one_column(path: Path) -> pd.DataFrame | None:
    """The cells of a list without a heading; None if it has several columns."""
    places: set[int] = set()
    found: list[tuple[int, str]] = []
    for number, row in enumerate(_rows(path), 1):
        filled = [(at, cell) for at, cell in enumerate(row) if cell.strip()]
        places.update(at for at, _ in filled)
        found += [(number, cell) for _, cell in filled]
    if len(places) > 1:
        return None
    heading = found[:1] if not any(character.isdigit() for _, cell in found[:1] for character in cell) else []
    below = found[len(heading) :]
    return pd.DataFrame(
        {"row": [row for row, _ in below], "phone": pd.array([cell for _, cell in below], "string[pyarrow]")}
    )


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows of a file as text; of a workbook, those of the first visible sheet."""
    if path.suffix.lower() in file_type.TEXT:
        text, delimiter = encoding.utf8(path), "\t" if path.suffix.lower() == ".tsv" else ","
        quotes.check(path, text, delimiter)
        yield from csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter)
        return
    yield from map(list, zip(*(column.values.to_pylist() for column in isolated.read_text(path).cells), strict=True))


def _normalised(cells: pd.DataFrame, *, abroad: bool) -> pd.DataFrame:
    """The normalised numbers, with reasons for cells that are not numbers to which the campaign goes."""
    found = normalise.normalise(cells["phone"])
    if not abroad:
        return found
    outside = normalise.international(cells["phone"])
    return outside.where(found["number"].isna(), found)


def _note(path: Path, cells: pd.DataFrame, normalised: pd.DataFrame) -> Iterator[str]:
    lost = normalised["number"].isna() & ~normalised["code"].isin([reason.value for reason in HARMLESS])
    rows = cells["row"][lost].to_list()
    if rows:
        yield ngettext(
            "{file}: row {rows}: no valid number; no recipient is excluded for it.",
            "{file}: rows {rows}: no valid number; no recipient is excluded for it.",
            len(rows),
            file=path,
            rows=wording.few(rows),
        )
