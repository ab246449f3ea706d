"""Takes from the spreadsheets the rows that an earlier run did not bring through, such as those that it rejected.

A row is the one of the run by its file, sheet and number, so the list must not have been sorted or cut since: the phone
cells of all other rows have to be what they were. Whoever got the same message in that run is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.engine import planning
from campaign.engine.checking.row_status import text_where
from campaign.model import ROW_STATUS_OF, State, schema
from campaign.model.columns import one_array, true_where
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path
from campaign.model.reasons import Reason, encode
from campaign.model.text import alternatives
from campaign.recipients.spreadsheets import column_types, headings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.engine.checking.checked import Checked
    from campaign.model import Delivery, Recipients, Result, Status

REACHED = tuple(str(ROW_STATUS_OF[state]) for state in (State.PLANNED, State.IN_FLIGHT, State.ACCEPTED, State.UNKNOWN))
"""The statuses of rows that got the run's message, may have got it, or may get it yet."""


class NotTheList(RecipientsError):
    """The spreadsheets are not those of the run, or their rows have moved; `run` is the run."""

    def __init__(self, run: str, words: str) -> None:
        super().__init__(_("run {run}: {problem}", run=run, problem=words))
        self.run = run


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run whose rows are chosen again, with its result."""

    result: Result

    def pick(self, recipients: Recipients, only: Sequence[Status | Delivery]) -> Recipients:
        """The rows of the spreadsheets that have one of these statuses in the run.

        Raises:
            NotTheList: the spreadsheets are others, or the rows have moved since.
            RecipientsError: no row of the run has such a status.
        """
        run, then = self.result.run.id, self.result.recipients
        if not len(then.columns):
            raise NotTheList(run, _("its numbers and texts were removed"))
        wanted = self._wanted(only)
        if not wanted.any():
            raise RecipientsError(_("run {run}: no row is {statuses}", run=run, statuses=alternatives(only)))
        source = self._sources(recipients)
        was = pd.DataFrame(
            {
                "source": source[then.table["source"].to_numpy(dtype=int)],
                "row": then.table["row"].to_numpy(dtype=int),
                "was": _phones(then, then.phone),
                "wanted": wanted,
            }
        )
        # A row with several numbers has several lines.
        was = was.groupby(["source", "row"], sort=False).agg({"was": "first", "wanted": "any"}).reset_index()
        table = recipients.table
        now = pd.DataFrame(
            {
                "source": table["source"].to_numpy(dtype=int),
                "row": table["row"].to_numpy(dtype=int),
                "now": _phones(recipients, self._phone(recipients)),
                "place": np.arange(len(table)),
            }
        )
        both = was.merge(now, on=["source", "row"], how="left")
        moved = both[(both["place"].isna() | (both["was"] != both["now"])) & ~both["wanted"]]
        if len(moved):
            first = moved.iloc[0]
            raise NotTheList(
                run,
                _(
                    "row {row} of {file} has another number than in the run; was the list sorted or changed? Use the "
                    "run's workbook as the list instead.",
                    row=int(first["row"]),
                    file=recipients.sources[int(first["source"])].file,
                ),
            )
        chosen = both.loc[both["wanted"] & both["place"].notna(), "place"].to_numpy(dtype=int)
        return replace(recipients, table=table.iloc[np.sort(chosen)].reset_index(drop=True))

    def leave_out(self, checked: Checked, only: Sequence[Status | Delivery]) -> pd.Series:
        """For each row that would go and got the same message in the run, why it does not; missing for the others.

        Rows that were asked for count as not having got it.
        """
        table = self.result.recipients.table
        going = checked.table["request"].notna().to_numpy(dtype=bool)
        reached = self.result.rows["status"].isin(REACHED).to_numpy(dtype=bool) & ~self._wanted(only)
        got = planning.fingerprints(table[reached])
        again = np.zeros(len(going), dtype=bool)
        again[going] = np.isin(planning.fingerprints(checked.table), got)
        return text_where(again, encode(Reason.GOT_IN_RUN, run=self.result.run.id), checked.table.index)

    def _wanted(self, only: Sequence[Status | Delivery]) -> np.ndarray:
        """Which rows of the run have one of these statuses or delivery results (bool)."""
        rows, values = self.result.rows, [str(one) for one in only]
        delivery: pd.Series = rows.get("delivery", pd.Series(pd.NA, index=rows.index, dtype=schema.TEXT))
        return true_where(rows["status"].isin(values) | delivery.isin(values))

    def _sources(self, recipients: Recipients) -> np.ndarray:
        """For each source of the run, its index among those of the spreadsheets."""
        now = {(canonical_path(one.file), one.sheet): at for at, one in enumerate(recipients.sources)}
        found = [now.get((canonical_path(one.file), one.sheet)) for one in self.result.recipients.sources]
        for place, at in enumerate(found):
            if at is None:
                one = self.result.recipients.sources[place]
                name = f"{one.file} ({one.sheet})" if one.sheet else one.file
                raise NotTheList(self.result.run.id, _("the campaign does not read {file}, as the run did", file=name))
        return np.array(found, dtype=int)

    def _phone(self, recipients: Recipients) -> str:
        """The table's name of the column that had the run's numbers."""
        heading = next(
            one.heading for one in self.result.recipients.columns if one.name == self.result.recipients.phone
        )
        for column in recipients.columns:
            if headings.fold(column.heading) == headings.fold(heading):
                return column.name
        raise NotTheList(self.result.run.id, _("there is no column {heading!r} any more", heading=heading))


def _phones(recipients: Recipients, name: str) -> list[str]:
    """The cells of a phone column as text, blank where empty."""
    shown = one_array(column_types.text(pa.array(recipients.table[name].array)))
    return [(cell or "").strip() for cell in shown.to_pylist()]
