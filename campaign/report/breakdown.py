"""A result by the values of one of the user's own columns: counts, rates and won for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.model import MsgType, Status, schema
from campaign.model.i18n import N_, _
from campaign.report.labels import label
from campaign.report.sheets.columns import our_field
from campaign.report.totals import priced_rows
from campaign.report.xlsx.tables import Field, sheets
from campaign.report.xlsx.values import arrow, spelled

if TYPE_CHECKING:
    from campaign.model import Column, Result
    from campaign.report.xlsx.model import Table
    from campaign.report.xlsx.text import Changes

NAME: Final = "by"
"""The sheet's name."""

_COUNTED: Final = (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.PENDING)
_FLOAT: Final[Any] = pd.ArrowDtype(pa.float64())
_COUNT: Final[Any] = pd.ArrowDtype(pa.int64())


def values_of(result: Result, column: Column) -> pd.Series:
    """The column's cells as text, as a spreadsheet shows them; missing where empty (`schema.TEXT`)."""
    cells = result.recipients.table[column.name]
    shown = spelled(arrow(cells)).cast(pa.string())
    found: pd.Series = pd.Series(pd.array(shown, dtype=schema.TEXT), index=cells.index).str.strip()
    return found.where(found != "")


def count_by(result: Result, column: Column) -> pd.DataFrame:
    """The result by a column's values, in the order of their first rows; empty cells come last.

    Returns:
        `value` (missing for empty cells), `rows`, a column for each of accepted, rejected, unknown and pending,
        `others`, `accepted_percent` of the rows, and `won` for the accepted rows (missing where a type has no price).
        The counts of all values add up to those of the result.
    """
    status = result.rows["status"]
    code, values = pd.factorize(values_of(result, column))
    code = np.where(code < 0, len(values), code)
    groups = len(values) + int((code == len(values)).any())
    of = {one: np.bincount(code[(status == str(one)).to_numpy(dtype=bool)], minlength=groups) for one in _COUNTED}
    rows = np.bincount(code, minlength=groups)
    prices = result.run.prices or {}
    accepted = (status == str(Status.ACCEPTED)).to_numpy(dtype=bool)
    won = priced_rows(result)["msgType"].map({str(kind): prices.get(str(kind)) for kind in MsgType}).astype(float)
    spent = won[accepted].groupby(code[accepted]).sum(min_count=0).reindex(range(groups), fill_value=0.0)
    unpriced = won[accepted].isna().groupby(code[accepted]).any().reindex(range(groups), fill_value=False)
    named = pd.array([*map(str, values), *[None] * (groups - len(values))], dtype=schema.TEXT)
    return pd.DataFrame(
        {
            "value": named,
            "rows": pd.array(rows, dtype=_COUNT),
            **{str(one): pd.array(counts, dtype=_COUNT) for one, counts in of.items()},
            "others": pd.array(rows - sum(of.values()), dtype=_COUNT),
            "accepted_percent": pd.array(np.round(100 * of[Status.ACCEPTED] / np.maximum(rows, 1), 1), dtype=_FLOAT),
            "won": pd.array(spent.where(~unpriced).to_numpy(), dtype=_FLOAT),
        }
    )


_HEADINGS: Final = {
    "rows": N_("Rows"),
    "accepted": N_("accepted"),
    "rejected": N_("rejected"),
    "unknown": N_("unknown"),
    "pending": N_("pending"),
    "others": N_("Others"),
    "accepted_percent": N_("Accepted, %"),
    "won": N_("Won"),
}


def sheet_by(result: Result, column: Column, changes: Changes) -> tuple[Table, ...]:
    """A sheet with one line for each value, and one for all."""
    counts = count_by(result, column)
    total = counts.drop(columns=["value", "accepted_percent"]).sum(min_count=len(counts)).astype(float)
    share = round(100 * total["accepted"] / max(total["rows"], 1), 1)
    counts["value"] = counts["value"].fillna(_("(empty)"))
    whole = pd.DataFrame([{**total, "value": label(N_("Total")), "accepted_percent": share}]).astype(counts.dtypes)
    lines = pd.concat([counts, whole], ignore_index=True)
    lines = lines.rename(
        columns={"value": column.heading or "value"} | {key: label(word) for key, word in _HEADINGS.items()}
    )
    fields: list[Field] = [
        our_field(str(name), lines.iloc[:, at], changes, 40.0) for at, name in enumerate(lines.columns)
    ]
    return sheets(NAME, fields, len(lines), counted=False)
