"""What a command ends with. Source: design.md, "Commands - contract"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.model import RunState, Status

if TYPE_CHECKING:
    from campaign.engine.summary import Summary
    from campaign.model.errors import CampaignError

NOT_ALL_ACCEPTED: Final = 1
"""It ran to the end, but some row is invalid, rejected or unknown; or a workbook could not be written."""

NOT_STARTED: Final = 2
"""Nothing was started: usage, campaign file, spreadsheet, template, or the user said no."""

PAUSED: Final = 3
"""It paused, and says what to do."""

INTERRUPTED: Final = 130
"""The user or a signal ended it."""

_OF_STATE: Final = {RunState.PAUSED: PAUSED, RunState.INTERRUPTED: INTERRUPTED, RunState.RUNNING: INTERRUPTED}
_FAILED: Final = (Status.INVALID, Status.REJECTED, Status.UNKNOWN)


def of_summary(summary: Summary) -> int:
    """The exit status that a run, or a check, leads to."""
    if summary.state in _OF_STATE:
        return _OF_STATE[summary.state]
    if any(one.stops for one in summary.found):
        return NOT_STARTED
    return NOT_ALL_ACCEPTED if any(summary.totals["rows"].get(str(status)) for status in _FAILED) else 0


def of_error(problem: CampaignError) -> int:
    """The exit status that an error leads to."""
    return NOT_ALL_ACCEPTED if problem.code == "report_failed" else NOT_STARTED
