"""Renders the text fields of a campaign (sender, text, title, image, reservation), each variant once.

A *variant* is a distinct combination of values in the columns that the templates read: rows of one variant
get the same message. Variants go to the renderer processes (`pool`) in batches of columns, and texts come
back as columns.
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
from campaign.messages.rendering.pool import RendererPool
from campaign.messages.templates.column_names import is_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from campaign.messages.rendering.process import Answer
    from campaign.model import Recipients

    Sanitize = Callable[[pa.ChunkedArray], pa.ChunkedArray]


@dataclass(frozen=True, slots=True)
class Variants:
    """The distinct messages of a table, before they are checked.

    Attributes:
        fields: for each text field, an Arrow column of strings with one entry a variant; missing if rendering failed.
        reasons: why rendering failed, by variant.
        of_row: the variant of each row (int64, as long as the table).
        places: the indices of the columns that each field reads; a field without placeholders has no entry.
        failed: the field that failed, by variant.
        blamed: the index of the column whose cell made the field fail, by variant, where it is known.
    """

    fields: dict[str, pa.ChunkedArray]
    reasons: dict[int, str]
    of_row: np.ndarray
    places: dict[str, list[int]]
    failed: dict[int, str]
    blamed: dict[int, int]

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))


class Failure(NamedTuple):
    """Why a variant failed, in which field, and the index of the column at fault, where it is known."""

    words: str
    field: str
    place: int | None


def render(
    recipients: Recipients,
    sources: Mapping[str, tuple[str, str]],
    *,
    sanitize: Sanitize,
    progress: Callable[[int], None] | None = None,
    pool: RendererPool | None = None,
    files: TemplateFiles | None = None,
) -> Variants:
    """Render text fields for all rows.

    Args:
        recipients: the rows.
        sources: the label (for errors) and the source of each field, by its name.
        sanitize: replaces what cannot be sent in all rendered texts of a field.
        progress: called with the number of rows rendered since the last call.
        pool: the renderer processes, if they were started before; otherwise starts its own.
        files: the files that the fields may include.

    Raises:
        TemplateError: a field has a syntax error, names an unknown column, or exceeded a limit.
    """
    templates = {name: source for name, source in sources.items() if is_template(source[1])}
    if templates:
        with RendererPool() if pool is None else nullcontext(pool) as renderers:
            headings = [column.heading for column in recipients.columns]
            places = dict(
                zip(
                    templates, renderers.compile(headings, [*templates.values()], files or TemplateFiles()), strict=True
                )
            )
            used = sorted(set().union(*places.values()))
            of_row, firsts = find_variants(recipients, used)
            renderers.scale_for(len(firsts))
            requests = batches.cut(batches.cells(recipients, used, firsts), len(firsts))
            rendered, failures = gather(templates, renderers.fill(requests), progress)
    else:
        of_row, firsts = find_variants(recipients, ())
        rendered, failures, places = {}, {}, {}
    for name, (_, text) in sources.items():
        rendered.setdefault(name, _constant(text, len(firsts)))
    if progress:
        progress(len(of_row) - (len(firsts) if templates else 0))
    return Variants(
        fields={name: sanitize(texts) for name, texts in rendered.items()},
        reasons={variant: one.words for variant, one in failures.items()},
        of_row=of_row,
        places=places,
        failed={variant: one.field for variant, one in failures.items()},
        blamed={variant: one.place for variant, one in failures.items() if one.place is not None},
    )


def find_variants(recipients: Recipients, places: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The variant of each row and the first row of each variant; variants are ordered by their first rows."""
    table = recipients.table
    if not places:
        return np.zeros(len(table), dtype=np.int64), np.arange(min(len(table), 1))
    used = [recipients.columns[place].name for place in places]
    used += [f"kind.{place}" for place in places if recipients.columns[place].mixed]
    codes = np.zeros(len(table), dtype=np.int64)
    for name in used:
        column, uniques = pd.factorize(table[name], use_na_sentinel=False)
        codes = pd.factorize(codes * max(len(uniques), 1) + column)[0]
    # `factorize` numbers in the order of first rows, so each new code is the largest so far.
    highest = np.maximum.accumulate(codes)
    return codes, np.flatnonzero(np.diff(highest, prepend=-1))


def gather(
    names: Mapping[str, object], answers_by_batch: Iterator[list[Answer]], progress: Callable[[int], None] | None
) -> tuple[dict[str, pa.ChunkedArray], dict[int, Failure]]:
    """Collect the answers of all batches: the texts of each field, and the variants that failed."""
    texts: dict[str, list[pa.Array]] = {name: [] for name in names}
    failures: dict[int, Failure] = {}
    done = rows = 0
    for answers in answers_by_batch:
        for name, (header, (lengths, data)) in zip(names, answers, strict=True):
            texts[name].append(batches.texts(np.frombuffer(lengths, dtype=np.int32), data))
            rows = len(texts[name][-1])
            for variant, words in header["reasons"].items():
                failures[done + int(variant)] = Failure(words, name, header["blamed"].get(variant))
        done += rows
        if progress:
            progress(rows)
    return {name: pa.chunked_array(chunks, type=pa.string()) for name, chunks in texts.items()}, failures


def _constant(text: str, times: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.string()), times)])
