"""The rendering: every row's sender, text, title, image and reservation, each different combination made once.

Rows whose used columns hold the same values get the same message, so what is
rendered are *variants*: the different combinations of those values. They go to
confined processes (`crew`) as columns, in batches, and come back as columns.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import batches
from campaign.messages.rendering.pool import Crew
from campaign.messages.templates.column_names import is_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from campaign.messages.rendering.process import Answer
    from campaign.model import Recipients

    Finish = Callable[[pa.ChunkedArray], pa.ChunkedArray]


@dataclass(frozen=True, slots=True)
class Variants:
    """The different messages of a table, before any rule has looked at them.

    `fields` holds one Arrow column of strings a text field that is used, each
    of one entry a variant, missing where it could not be rendered; `reasons`
    says why, by variant, `failed` in which field, and `blamed` by which column's cell, by its place, as far as
    that is known; `of_row` is the variant of every row (int64, the table's length);
    `places` are the columns that each field reads, none for one that is no template.
    """

    fields: dict[str, pa.ChunkedArray]
    reasons: dict[int, str]
    of_row: np.ndarray
    places: dict[str, list[int]]
    failed: dict[int, str]
    blamed: dict[int, int]

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))


class _Failure(NamedTuple):
    """Why a variant could not be rendered, in which field, and the place of the column to blame, if known."""

    words: str
    field: str
    place: int | None


def render(
    recipients: Recipients,
    sources: Mapping[str, tuple[str, str]],
    *,
    finish: Finish,
    progress: Callable[[int], None] | None = None,
    crew: Crew | None = None,
    files: TemplateFiles | None = None,
) -> Variants:
    """Render text fields over all rows.

    Args:
        recipients: the rows.
        sources: the fields by name, each with its label (for errors) and its source text.
        finish: what is done to all rendered texts of a field.
        progress: told how many rows' worth of rendering has been done since the last time.
        crew: the processes to render in, where they have been started already.
        files: what the fields may take in.

    Raises:
        TemplateError: a field's syntax is wrong, it names an unknown column, or it was stopped by a limit.
    """
    templates = {name: source for name, source in sources.items() if is_template(source[1])}
    if templates:
        with Crew() if crew is None else nullcontext(crew) as hired:
            headings = [column.heading for column in recipients.columns]
            places = dict(
                zip(templates, hired.learn(headings, [*templates.values()], files or TemplateFiles()), strict=True)
            )
            used = sorted(set().union(*places.values()))
            of_row, firsts = _variants(recipients, used)
            hired.expect(len(firsts))
            questions = batches.cut(batches.cells(recipients, used, firsts), len(firsts))
            rendered, failures = _gather(templates, hired.fill(questions), progress)
    else:
        of_row, firsts = _variants(recipients, ())
        rendered, failures, places = {}, {}, {}
    for name, (_, text) in sources.items():
        rendered.setdefault(name, _constant(text, len(firsts)))
    if progress:
        progress(len(of_row) - (len(firsts) if templates else 0))
    return Variants(
        fields={name: finish(texts) for name, texts in rendered.items()},
        reasons={variant: one.words for variant, one in failures.items()},
        of_row=of_row,
        places=places,
        failed={variant: one.field for variant, one in failures.items()},
        blamed={variant: one.place for variant, one in failures.items() if one.place is not None},
    )


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
    # Codes are given in the order of first rows, so each new one is the largest so far.
    highest = np.maximum.accumulate(codes)
    return codes, np.flatnonzero(np.diff(highest, prepend=-1))


def _gather(
    names: Mapping[str, object], answered: Iterator[list[Answer]], progress: Callable[[int], None] | None
) -> tuple[dict[str, pa.ChunkedArray], dict[int, _Failure]]:
    """Put the batches' answers together: each field's texts, and the variants that failed."""
    texts: dict[str, list[pa.Array]] = {name: [] for name in names}
    failures: dict[int, _Failure] = {}
    done = rows = 0
    for answers in answered:
        for name, (header, (lengths, data)) in zip(names, answers, strict=True):
            texts[name].append(batches.texts(np.frombuffer(lengths, dtype=np.int32), data))
            rows = len(texts[name][-1])
            for variant, words in header["reasons"].items():
                failures[done + int(variant)] = _Failure(words, name, header["blamed"].get(variant))
        done += rows
        if progress:
            progress(rows)
    return {name: pa.chunked_array(chunks, type=pa.string()) for name, chunks in texts.items()}, failures


def _constant(text: str, times: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.string()), times)])
