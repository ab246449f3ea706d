"""Chooses the rows for which `recipients.where` holds, in a renderer process of its own."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.config.template_files import TemplateFiles
from campaign.messages.rendering import batches, render
from campaign.messages.rendering.pool import RendererPool
from campaign.messages.templates.column_names import NO
from campaign.model import schema
from campaign.model.reasons import Reason, decode, encode, nested
from campaign.model.times import in_seoul

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

    from campaign.model import Recipients

WHERE: Final = "recipients.where"


@dataclass(frozen=True, slots=True)
class Choice:
    """The rows that a condition chooses, one entry a row.

    Attributes:
        left_out: rows for which it does not hold (bool).
        failed: why it could not be decided, as `model.reasons` encodes it; or missing.
        blamed: the name of the column at fault, where it could not be decided and the column is known; or missing.
    """

    left_out: np.ndarray
    failed: pd.Series
    blamed: pd.Series


def choose(
    recipients: Recipients, condition: str, now: datetime, *, pool: RendererPool | None = None, label: str = WHERE
) -> Choice:
    """Evaluate a condition once for each distinct set of the values that it reads.

    Args:
        recipients: the rows.
        condition: the expression of the campaign file.
        now: the time, with its zone, that `today` and `now` stand for.
        pool: the renderer processes, if they were started before; otherwise starts its own.
        label: what errors call the condition.

    Raises:
        TemplateError: it is not an expression, names an unknown column, or exceeded a limit.
    """
    headings = [column.heading for column in recipients.columns]
    with RendererPool() if pool is None else nullcontext(pool) as renderers:
        [places] = renderers.compile(headings, [(label, condition)], TemplateFiles(), in_seoul(now))
        of_row, firsts = render.find_variants(recipients, places)
        renderers.scale_for(len(firsts))
        requests = batches.cut(batches.cells(recipients, places, firsts), len(firsts))
        answers, failures = render.gather({label: condition}, renderers.fill(requests), None)
    holds = answers[label].to_pandas()
    reasons = {place: encode(Reason.WHERE_FAILED, problem=nested(_bare(one.words))) for place, one in failures.items()}
    blamed = {place: recipients.columns[one.place].name for place, one in failures.items() if one.place is not None}
    return Choice(
        left_out=(holds == NO).to_numpy(dtype=bool)[of_row],
        failed=_spread(reasons, len(firsts), of_row, recipients),
        blamed=_spread(blamed, len(firsts), of_row, recipients),
    )


def _bare(reason: str) -> str:
    """The reason without the words on a template around it."""
    [(code, parameters)] = decode(reason)
    return encode(Reason.TEMPLATE_REFUSED, error=parameters["error"]) if code == Reason.TEMPLATE_FAILED else reason


def _spread(by_variant: dict[int, str], variants: int, of_row: np.ndarray, recipients: Recipients) -> pd.Series:
    """A text for each row, given those of some variants."""
    column: pd.Series = pd.Series(by_variant, dtype=schema.TEXT).reindex(range(variants)).take(of_row)
    return pd.Series(column.array, index=recipients.table.index)
