"""How many rows were accepted when: counts over equal stretches of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign.model import Status
from campaign.report.xlsx.values import SEOUL

if TYPE_CHECKING:
    import pandas as pd

STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
"""Lengths in seconds that a person reads easily."""

MINUTE: Final = 60
MOST: Final = 24
"""Stretches that a small chart can show."""


def timeline(rows: pd.DataFrame) -> list[tuple[str, int]]:
    """When (on a clock in Seoul) and how many, without gaps; empty where nothing was accepted."""
    sent = rows.loc[(rows["status"] == Status.ACCEPTED.value) & rows["sentAt"].notna(), "sentAt"]
    if sent.empty:
        return []
    seconds = (sent.astype("int64[pyarrow]").to_numpy(dtype=np.int64) + SEOUL) // 1_000_000
    step = step_of(int(seconds.max() - seconds.min()))
    places = seconds // step
    found = np.bincount(places - places.min())
    starts = (np.arange(len(found)) + places.min()) * step
    return list(zip(spelled(starts, step), found.tolist(), strict=True))


def step_of(length: int) -> int:
    """The shortest step that covers `length` seconds in at most `MOST`."""
    return next((step for step in STEPS if length // step + 2 <= MOST), -(-length // (MOST - 2)) or 1)


def spelled(starts: np.ndarray[tuple[int], np.dtype[np.int64]], step: int) -> list[str]:
    """Times as a person says them: as exact as the step, with the day where it spans days."""
    moments = np.datetime_as_string(starts.astype("datetime64[s]"))
    first, last = (5, 10) if step >= STEPS[-1] else (11, 19 if step % MINUTE else 16)
    if str(moments[0])[:10] != str(moments[-1])[:10]:
        first = 5
    return [str(moment)[first:last].replace("T", " ") for moment in moments]
