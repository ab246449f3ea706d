"""Applies fixes: replaces cells of the recipients by those that a file of fixes has instead."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.model import Kind, schema
from campaign.model.columns import one_array
from campaign.model.list_notes import ListNote
from campaign.model.naming import on_disk
from campaign.model.reasons import SEPARATOR, Reason, all_nested, encode, nested
from campaign.recipients.spreadsheets import column_types
from campaign.recipients.spreadsheets.sheet import ColumnCells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from campaign.model import Column, Recipients, Source
    from campaign.recipients.fix_file import Fix

_LISTED: Final = 5
"""Maximum number of rows that a note names."""

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,2}(,\d{3}){1,4}|[1-9]\d{0,14})(\.\d{1,15})?")
_DAY: Final = re.compile(r"(\d{4})[-./]\s?(\d{1,2})[-./]\s?(\d{1,2})\.?")


def apply(recipients: Recipients, found: Iterable[Fix], folder: Path) -> Recipients:
    """The recipients with their cells fixed.

    A cell is fixed only if it still says what it said when it was fixed; of others a note tells. Several fixes of a
    cell follow one another.

    Args:
        recipients: as they were read.
        found: the fixes.
        folder: the campaign file's folder, to which the fixes' files are relative.

    Returns:
        The recipients; their table also has a column `note` with a reason (`schema.TEXT`) for each fixed row.
    """
    table = recipients.table
    lookup = _Lookup(recipients, folder)
    fixed: defaultdict[int, dict[int, str]] = defaultdict(dict)  # by column: the cells by their places
    said: dict[int, list[str]] = {}
    stale: list[Fix] = []
    shown: dict[int, pa.Array] = {}
    for one in found:
        column, place = lookup.column(one), lookup.place(one)
        if column is None or place is None:
            stale.append(one)
            continue
        if column not in shown:
            shown[column] = one_array(column_types.text(_arrow(table[recipients.columns[column].name])))
        now = fixed[column].get(place, shown[column][place].as_py() or "")
        if now != one.was:
            stale.append(one)
            continue
        fixed[column][place] = one.value
        said.setdefault(place, []).append(encode(Reason.FIXED, heading=one.heading, was=one.was))
    changed: dict[str, pd.api.extensions.ExtensionArray] = {}
    columns = list(recipients.columns)
    for at, cells in fixed.items():
        if cells:
            is_phone = columns[at].name == recipients.phone
            columns[at], replaced = _replaced(table, columns[at], cells, is_phone=is_phone)
            changed |= replaced
    note = pd.Series(pd.NA, index=table.index, dtype=schema.TEXT)
    if said:
        places = sorted(said)
        note.iloc[places] = pd.array([SEPARATOR.join(said[place]) for place in places], dtype=schema.TEXT)
    return replace(
        recipients,
        table=table.assign(**changed, note=note),
        columns=tuple(columns),
        notes=(*recipients.notes, *_not_applied(stale)),
    )


class _Lookup:
    """Finds the cell of a fix: the index of its column, and its place in the table."""

    def __init__(self, recipients: Recipients, folder: Path) -> None:
        self._folder = folder
        self._sources = recipients.sources
        self._headings = [column.heading for column in recipients.columns]
        self._source = recipients.table["source"].to_numpy(dtype=np.int64)
        self._row = recipients.table["row"].to_numpy(dtype=np.int64)
        self._rows: dict[tuple[str, str], tuple[np.ndarray, np.ndarray] | None] = {}

    def column(self, one: Fix) -> int | None:
        """None where no column has that heading, or several have it."""
        return self._headings.index(one.heading) if self._headings.count(one.heading) == 1 else None

    def place(self, one: Fix) -> int | None:
        """None where there is no such row."""
        key = one.file, one.sheet
        if key not in self._rows:
            self._rows[key] = self._rows_of(one)
        rows = self._rows[key]
        if rows is None:
            return None
        numbers, places = rows
        at = int(np.searchsorted(numbers, one.row))
        return int(places[at]) if at < len(numbers) and numbers[at] == one.row else None

    def _rows_of(self, one: Fix) -> tuple[np.ndarray, np.ndarray] | None:
        """The rows of the fix's sheet, in order, and their places."""
        file = str(on_disk(self._folder / one.file))
        same = [at for at, source in enumerate(self._sources) if _is_of(source, file, one.sheet)]
        if not same:
            return None
        places = np.flatnonzero(np.isin(self._source, same))
        order = np.argsort(self._row[places], kind="stable")
        return self._row[places][order], places[order]


def _is_of(source: Source, file: str, sheet: str) -> bool:
    return source.file == file and sheet in {"", source.sheet or ""}


def _replaced(
    table: pd.DataFrame, column: Column, values: dict[int, str], *, is_phone: bool
) -> tuple[Column, dict[str, pd.api.extensions.ExtensionArray]]:
    """The column with these cells, and the table's columns of it."""
    places = np.array(sorted(values), dtype=np.int64)
    found = [values[int(place)].strip() for place in places]
    kind = column.name.replace(schema.OWN, schema.KIND, 1)
    cells = ColumnCells(_arrow(table[column.name]), _arrow(table[kind]) if column.mixed else None)
    put = _put(cells, places, found, as_text=is_phone)
    changed: dict[str, pd.api.extensions.ExtensionArray] = {column.name: _series(put.values)}
    if is_phone:
        changed["phone"] = changed[column.name]
    elif put.kinds is not None:
        changed[kind] = _series(put.kinds)
    return replace(column, mixed=put.kinds is not None), changed


def _put(cells: ColumnCells, places: np.ndarray, found: Sequence[str], *, as_text: bool) -> ColumnCells:
    """The cells with others at these places. Each gets the kind that most cells of the column have, or is text."""
    texts = one_array(column_types.text(cells.values)).to_numpy(zero_copy_only=False).copy()
    kinds = one_array(column_types.kinds(cells)).to_numpy(zero_copy_only=False).copy()
    kinds[places] = Kind.EMPTY
    counts = np.bincount(kinds, minlength=Kind.TEXT + 1)
    counts[Kind.EMPTY] = 0
    usual = Kind.TEXT if as_text else int(counts.argmax())
    for place, words in zip(places, found, strict=True):
        read = _as_kind(words, usual)
        texts[place] = (words or None) if read is None else read
        kinds[place] = Kind.EMPTY if not words else Kind.TEXT if read is None else usual
    values = pa.array(texts, pa.string())
    return ColumnCells(values) if as_text else column_types.from_kinds(values, pa.array(kinds, pa.uint8()))


def _as_kind(words: str, kind: int) -> str | None:
    """The words as the text of a cell of that kind; None if they cannot be read as one."""
    if kind == Kind.NUMBER and _NUMBER.fullmatch(words):
        return column_types.number_text(float(words.replace(",", "")))
    if kind == Kind.DATE and (match := _DAY.fullmatch(words)):
        try:
            return date(*map(int, match.groups())).isoformat()
        except ValueError:
            return None
    if kind == Kind.DATETIME:
        try:
            moment = datetime.fromisoformat(words)
        except ValueError:
            return None
        return None if moment.tzinfo else moment.replace(microsecond=0).isoformat(" ")
    return None


def _not_applied(stale: Sequence[Fix]) -> list[str]:
    """A note on fixes of cells that say something else by now, or are not there any more."""
    if not stale:
        return []
    rows = all_nested(encode(ListNote.ROW_AND_HEADING, row=one.row, heading=one.heading) for one in stale[:_LISTED])
    if len(stale) > _LISTED:
        rows = nested(encode(ListNote.AND_OTHERS, names=rows, others=len(stale) - _LISTED))
    return [encode(ListNote.FIXES_NOT_APPLIED, count=len(stale), rows=rows)]


def _arrow(column: pd.Series) -> pa.Array:
    return one_array(pa.array(column.array))


def _series(values: pa.Array | pa.ChunkedArray) -> pd.arrays.ArrowExtensionArray:
    return pd.arrays.ArrowExtensionArray(values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values]))
