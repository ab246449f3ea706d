"""The totals of a result, counted from its rows and requests alone; shared by the summary sheet and `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import MsgType, RunState, State, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from campaign.model import Result

PRICED_STATUSES: Final = (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.PENDING)
"""Statuses of rows that were sent, may have been sent or will be: a plan is priced by these rows."""


class Totals(TypedDict):
    """Counts and won of one run. Every row is counted once in `rows`, every request once in `requests`.

    `rows` and `requests` name what occurs, after `total`. `codes` counts rows by the
    gateway's code, as text, and leaves out rows without an answer. `types` counts the
    rows of `PRICED_STATUSES`. `accepted` is the price in won of the accepted rows,
    `planned` of all rows of `PRICED_STATUSES`; None where a type that occurs has no price. `cost`
    is what the `--json` object shows: `planned` of a check, `accepted` of a run.
    """

    rows: dict[str, int]
    requests: dict[str, int]
    codes: dict[str, int]
    types: dict[str, int]
    cost: float | None
    accepted: float | None
    planned: float | None


def totals(result: Result) -> Totals:
    """Count `result`: rows by status, code and type, requests by state, cost in won."""
    rows, prices = result.rows, result.run.prices
    going = rows[rows["status"].isin([str(status) for status in PRICED_STATUSES])]
    priced = priced_rows(result)
    accepted = cost(types(priced[rows["status"] == Status.ACCEPTED.value]), prices)
    planned = cost(types(priced.loc[going.index]), prices)
    return Totals(
        rows=with_total(counts(rows["status"], Status)),
        requests=with_total(counts(result.requests["state"], State)),
        codes=dict(sorted(counts(rows["resultCode"], ()).items(), key=lambda pair: int(pair[0]))),
        types=types(going),
        cost=planned if result.run.state is RunState.CHECKED else accepted,
        accepted=accepted,
        planned=planned,
    )


def priced_rows(result: Result) -> pd.DataFrame:
    """The rows with the `msgType` that they are priced by: as answered, or as planned where that type is unknown."""
    rows = result.rows
    if all(name in MsgType.__members__ for name in types(rows)):
        return rows
    known = rows["msgType"].isin(MsgType.__members__)
    return rows.assign(msgType=rows["msgType"].where(known, result.recipients.table["msgType"]))


def types(rows: pd.DataFrame) -> dict[str, int]:
    """Rows by message type, in the order of `MsgType`."""
    return counts(rows["msgType"], MsgType)


def counts(column: pd.Series, order: Iterable[str]) -> dict[str, int]:
    """How often each value occurs; those of `order` first and in its order; missing ones left out."""
    found = {str(pair["values"]): int(pair["counts"]) for pair in value_counts(column) if pair["values"] is not None}
    known = {str(name): found[str(name)] for name in order if str(name) in found}
    return known | found


def value_counts(column: pd.Series) -> list[dict[str, Any]]:
    """Arrow's own counting: one `{"values", "counts"}` a distinct value, in order of appearance."""
    array = pa.array(column, from_pandas=True)
    counted: list[dict[str, Any]] = pc.value_counts(array).to_pylist()
    return counted


def with_total(counted: Mapping[str, int]) -> dict[str, int]:
    """`counted` with its sum in front as `total`."""
    return {"total": sum(counted.values()), **counted}


def cost(by_type: Mapping[str, int], prices: Mapping[str, float] | None) -> float | None:
    """Won for so many messages of each type; None where one of them has no price."""
    known = prices or {}
    if any(name not in known for name in by_type):
        return None
    won = sum(known[name] * count for name, count in by_type.items())
    return int(won) if won == int(won) else won
