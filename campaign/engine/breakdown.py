"""A run's result by one of the user's own columns: the column, and the result of each of its values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import headings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from campaign.model import Column, Result

MOST: Final = 500
"""Workbooks into which a result is split, at most."""


class NoSuchColumn(CampaignError):
    """The spreadsheet of a run has no column of that heading, or the run's own columns were removed."""


class TooManyValues(CampaignError):
    """A column has too many different values to split a result by it."""


def find_column(result: Result, heading: str) -> Column:
    """The user's column of that heading, as `headings.fold` compares headings.

    Raises:
        NoSuchColumn: there is none; the error names similar ones.
    """
    for column in result.recipients.columns:
        if headings.fold(column.heading) == headings.fold(heading):
            return column
    names = [headings.shown(column.heading) for column in result.recipients.columns if column.heading.strip()]
    if not names:
        raise NoSuchColumn(_("run {run}: its columns were removed with its numbers and texts", run=result.run.id))
    near = headings.nearest(heading, names)
    said = [
        _("run {run}: there is no column {heading!r}.", run=result.run.id, heading=heading),
        *([_("Did you mean {name!r}?", name=near)] if near else []),
        _("The columns are: {names}.", names=", ".join(names)),
    ]
    raise NoSuchColumn(" ".join(said))


def split(result: Result, column: Column) -> Iterator[tuple[str, Result]]:
    """The result of each value of a column, with its rows and the requests that they were in.

    Raises:
        TooManyValues: there are more than `MOST`.
    """
    from campaign.report.breakdown import values_of

    values = values_of(result, column).fillna(_("(empty)"))
    distinct = values.unique().tolist()
    if len(distinct) > MOST:
        raise TooManyValues(
            _(
                "the column {heading!r} has {count:,} different values; a result is split into {most} workbooks at "
                "most",
                heading=column.heading,
                count=len(distinct),
                most=MOST,
            )
        )
    for value in distinct:
        yield str(value), part(result, (values == value).to_numpy(dtype=bool))


def part(result: Result, chosen: np.ndarray) -> Result:
    """The result of some of its rows (bool), with the requests that they were in."""
    table = result.recipients.table[chosen].reset_index(drop=True)
    requests = result.requests[result.requests["no"].isin(table["request"].dropna())].reset_index(drop=True)
    return replace(
        result,
        recipients=replace(result.recipients, table=table),
        rows=result.rows[chosen].reset_index(drop=True),
        requests=requests,
        fix=None,
    )
