"""The rendering: every row's sender, text, title, image and reservation, each different combination made once.

Rows whose used columns hold the same values get the same message, so what is
rendered are *variants*: the different combinations of those values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.messages import template
from campaign.messages.values import cell_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign.model import Recipients

BATCH: Final = 2_000
"""Variants rendered between two words to the progress bar."""


@dataclass(frozen=True, slots=True)
class Variants:
    """The different messages of a table, before any rule has looked at them.

    `fields` holds one list a text field (`None` where it is not used), each of
    one entry a variant; `reasons` says, by variant, why it could not be
    rendered; `of_row` is the variant of every row (int64, the table's length).
    """

    fields: dict[str, list[str | None]]
    reasons: dict[int, str]
    of_row: np.ndarray

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))


def render(
    recipients: Recipients,
    sources: Mapping[str, tuple[str, str]],
    *,
    finish: Callable[[str], str],
    progress: Callable[[int], None] | None = None,
) -> Variants:
    """Render text fields over all rows.

    Args:
        recipients: the rows.
        sources: the fields by name, each with its label (for errors) and its source text.
        finish: what is done to every rendered text.
        progress: told how many rows' worth of rendering has been done since the last time.

    Raises:
        TemplateError: a field's syntax is wrong or names an unknown column.
    """
    names = template.Names.of([column.heading for column in recipients.columns])
    fields = {
        name: template.compile_field(label, text, names)
        for name, (label, text) in sources.items()
        if template.is_template(text)
    }
    places = sorted(frozenset().union(*(field.places for field in fields.values())))
    of_row, firsts = _variants(recipients, places)
    values = _values(recipients, places, firsts)
    rendered, reasons = _render_each(fields, values, len(firsts), finish, progress)
    for name, (_, text) in sources.items():
        rendered.setdefault(name, [finish(text)] * len(firsts))
    if progress:
        progress(len(of_row) - len(firsts))
    return Variants(rendered, reasons, of_row)


def _variants(recipients: Recipients, places: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The variant of every row, and the first row of every variant, variants in the order of their first rows."""
    table = recipients.table
    if not places:
        return np.zeros(len(table), dtype=np.int64), np.arange(min(len(table), 1))
    used = [recipients.columns[place].name for place in places]
    used += [f"kind.{place}" for place in places if recipients.columns[place].mixed]
    codes = np.zeros(len(table), dtype=np.int64)
    for name in used:
        column, uniques = pd.factorize(table[name], use_na_sentinel=False)
        codes = pd.factorize(codes * max(len(uniques), 1) + column)[0]
    _, firsts = np.unique(codes, return_index=True)
    return codes, firsts


def _values(recipients: Recipients, places: Sequence[int], rows: np.ndarray) -> dict[int, list[object]]:
    values: dict[int, list[object]] = {}
    for place in places:
        column = recipients.columns[place]
        cells = pa.array(recipients.table[column.name].take(rows).array)
        kinds = pa.array(recipients.table[f"kind.{place}"].take(rows).array) if column.mixed else None
        values[place] = cell_values(cells, kinds, template.missing(column.heading))
    return values


def _render_each(
    fields: Mapping[str, template.Field],
    values: Mapping[int, list[object]],
    variants: int,
    finish: Callable[[str], str],
    progress: Callable[[int], None] | None,
) -> tuple[dict[str, list[str | None]], dict[int, str]]:
    rendered: dict[str, list[str | None]] = {name: [None] * variants for name in fields}
    reasons: dict[int, str] = {}
    places = list(values)
    if not fields:
        return rendered, reasons
    for variant, cells in enumerate(zip(*values.values(), strict=True) if places else [()] * variants):
        row = dict(zip(places, cells, strict=True))
        try:
            for name, field in fields.items():
                rendered[name][variant] = finish(field.render(row))
        except Exception as problem:  # noqa: BLE001 - a template can raise anything; it is the row's problem
            reasons[variant] = template.say(problem)
        if progress and variant % BATCH == BATCH - 1:
            progress(BATCH)
    if progress:
        progress(variants % BATCH)
    return rendered, reasons
