"""The tables of the summary: rows by status, code, type and time, and the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaign.model import Delivery, State, Status
from campaign.model.i18n import N_, _
from campaign.report import theme
from campaign.report.labels import MEANING, label
from campaign.report.sheets.page_layout import AVERAGE, COUNT, TOTAL, TOTAL_COUNT, WORD, Layout
from campaign.report.totals import PRICED_STATUSES, cost, priced_rows, totals, types
from campaign.report.xlsx.model import CellStyle
from campaign.report.xlsx.values import SEOUL, arrow

if TYPE_CHECKING:
    import pandas as pd

    from campaign.model import Result
    from campaign.report.totals import Totals

STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Lengths in seconds of the stretches of time by which accepted rows are counted."""

MINUTE: Final = 60
MOST_STEPS: Final = 24
"""Stretches that a small chart can show."""


class Breakdown(Layout):
    """A layout of one result, and its tables."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result
        self.run = result.run
        self.totals: Totals = totals(result)

    def by_status(self) -> None:
        """Rows by status."""
        top = self.row
        rows = dict(self.totals["rows"])
        total = rows.pop("total")
        self.head(*map(label, (N_("Status"), N_("Rows"), N_("Share"), N_("Meaning"))))
        for name, count in rows.items():
            status = Status(name)
            tint = CellStyle(bordered=True, align="left", tint=theme.STATUS[status])
            self.counted(label(name), count, total, _(MEANING[status]), tint)
        self.summed(total, 1.0 if total else 0.0)
        self.stretch(top, 8)
        if rows:
            colours = tuple(theme.STRONG[Status(name)] for name in rows)
            self.chart(label(N_("Rows by status")), top, top + 1, len(rows), colours)

    def by_code(self) -> None:
        """Rows by the gateway's code, with its message."""
        top = self.row
        codes = self.totals["codes"]
        total = sum(codes.values())
        said = vendor_words(self.result)
        self.head(*map(label, (N_("resultCode"), N_("Rows"), N_("Share"), N_("Gateway's message"))))
        for code, count in codes.items():
            self.counted(code, count, total, said.get(code, ""))
        self.summed(total, 1.0 if total else 0.0, "" if total else label(N_("no answer yet")))
        if codes:
            self.stretch(top, 7)
            colours = tuple(theme.STRONG[Status.ACCEPTED if code == "0" else Status.REJECTED] for code in codes)
            self.chart(label(N_("Rows by resultCode")), top, top + 1, len(codes), colours)

    def by_delivery(self) -> None:
        """Accepted rows by what became of them and its code, if delivery results were fetched."""
        rows = self.result.rows
        if "delivery" not in rows:
            return
        accepted = rows[rows["status"] == Status.ACCEPTED.value]
        named = accepted[["delivery", "deliveryCode", "deliveryMessage"]].fillna({"deliveryMessage": ""})
        counted = named.dropna().groupby(["delivery", "deliveryCode"], sort=False)["deliveryMessage"]
        kinds = counted.agg(["size", "first"]).reset_index()
        self.head(*map(label, (N_("Delivery"), N_("Rows"), N_("Share"), N_("Code, and the vendor's words"))))
        for delivery in Delivery:
            its = kinds[kinds["delivery"] == delivery.value]
            for code, count, words in zip(its["deliveryCode"], its["size"], its["first"], strict=True):
                self.counted(label(delivery.value), int(count), len(accepted), f"{code} {words}".rstrip())
        if missing := int(accepted["delivery"].isna().sum()):
            self.counted(label(N_("no result")), missing, len(accepted), _("nothing is known of these messages"))
        self.summed(len(accepted), 1.0 if len(accepted) else 0.0)
        self.head(label(N_("Seen in public clients of the gateway, not in the vendor's document.")))
        self.gap()

    def by_type(self) -> None:
        """Messages by type, and what they cost."""
        rows, prices = self.result.rows, self.run.prices or {}
        priced = priced_rows(self.result)
        went = types(rows[rows["status"] == Status.ACCEPTED.value])
        planned = self.totals["types"]
        top = self.row
        named = (N_("Type"), N_("Planned"), N_("Accepted"), N_("Price"))
        # Columns that are too narrow for two languages.
        self.head(*map(label, named), _("Planned cost"), _("Accepted cost"), worded=0)
        for name, count in planned.items():
            accepted = went.get(name, 0)
            by_price = {name: count}, {name: accepted}
            if priced is not rows:
                is_priced = rows["status"].isin([str(status) for status in PRICED_STATUSES])
                its = priced[(rows["msgType"] == name) & is_priced]
                by_price = types(its), types(its[its["status"] == Status.ACCEPTED.value])
            costs = [cost(one, prices) for one in by_price]
            self.priced((WORD, COUNT), (name, count, accepted), prices.get(name), *costs)
        everything = (label("Total"), sum(planned.values()), sum(went.values()))
        self.priced((TOTAL, TOTAL_COUNT), everything, None, self.totals["planned"], self.totals["accepted"])
        self.gap()
        if planned and not went:
            self.stretch(top, 7)
            self.chart(label(N_("Planned by type")), top, top + 1, len(planned), (theme.STRONG[Status.PENDING],))

    def by_request(self) -> None:
        """Requests by state, and how many requests grouping has saved."""
        requests = dict(self.totals["requests"])
        total = requests.pop("total")
        recipients = self.recipients()
        self.head(*map(label, (N_("Requests"), N_("Count"), N_("Share"), N_("Recipients"))), worded=0)
        for name, count in requests.items():
            tint = CellStyle(bordered=True, align="left", tint=theme.STATE[State(name)])
            self.counted(label(name), count, total, self.recipients(name), tint)
        self.sum_line(total, 1.0 if total else 0.0, recipients)
        self.figure(N_("Recipients per request"), recipients / total if total else 0.0, AVERAGE)
        self.figure(N_("Saved by grouping"), recipients - total, COUNT)

    def recipients(self, state: str | None = None) -> int:
        """How many recipients the requests of that state are for, or all."""
        requests = self.result.requests
        chosen = requests if state is None else requests[requests["state"] == state]
        return int(chosen["recipients"].sum())


def vendor_words(result: Result) -> dict[str, str]:
    """The gateway's message for each code: the first one received."""
    both = pa.table({name: arrow(result.rows[name]) for name in ("resultCode", "message")}).drop_null()
    codes, messages = both.columns
    # Not `group_by`: it loads pyarrow's datasets for 20 ms. There are few codes.
    return {str(code): messages[pc.index(codes, code).as_py()].as_py() for code in codes.unique()}


def accepted_over_time(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """When rows were accepted, on a clock in Seoul, and how many; without gaps, empty where none was accepted."""
    sent = rows.loc[(rows["status"] == Status.ACCEPTED.value) & rows["sentAt"].notna(), "sentAt"]
    if sent.empty:
        return []
    seconds = (sent.astype("int64[pyarrow]").to_numpy(dtype=np.int64) + SEOUL) // 1_000_000
    step = step_of(int(seconds.max() - seconds.min()))
    steps = seconds // step
    found = np.bincount(steps - steps.min())
    starts = (np.arange(len(found)) + steps.min()) * step
    return list(zip(time_labels(starts, step), found.tolist(), strict=True))


def step_of(length: int) -> int:
    """The shortest of `STEPS` that covers `length` seconds in at most `MOST_STEPS`; a longer one where none does."""
    return next((step for step in STEPS if length // step + 2 <= MOST_STEPS), -(-length // (MOST_STEPS - 2)) or 1)


def time_labels(starts: np.ndarray[tuple[int], np.dtype[np.int64]], step: int) -> list[str]:
    """Times (seconds since 1970) as exact as the step, with the day where they span days."""
    moments = np.datetime_as_string(starts.astype("datetime64[s]"))
    first, last = (5, 10) if step >= STEPS[-1] else (11, 19 if step % MINUTE else 16)
    if str(moments[0])[:10] != str(moments[-1])[:10]:
        first = 5
    return [str(moment)[first:last].replace("T", " ") for moment in moments]
