"""How many rows of a run have each status, counted without making the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.model import ROW_STATUS_OF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.journal import Reader
    from campaign.model import State


def left_out(journal: Reader, run: str) -> dict[str, int]:
    """The rows that the check left out, by status. They never change once the run is planned."""
    import pyarrow.compute as pc

    found = pc.value_counts(journal.runs.columns(run, ["status"])["status"].drop_null())
    return {str(one["values"]): int(one["counts"]) for one in found.to_pylist()}


def all_rows(left_out: Mapping[str, int], recipients: Mapping[State, int]) -> dict[str, int]:
    """All rows by status, as the result workbook has them: what was left out, and a row for each recipient."""
    counts = dict(left_out)
    for state, count in recipients.items():
        status = str(ROW_STATUS_OF[state])
        counts[status] = counts.get(status, 0) + count
    return counts
