"""The durable record of runs: what is to be sent, what is in flight, and what became of it. The only SQL.

A request is on disk before it is on the wire. Source of every rule here: design.md, States.

Names are imported when they are first used: a look at a file (`glance`) does not load SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from campaign.journal.database import ConnectionLost
    from campaign.journal.glance import may_have_opt_outs, sqlite_version
    from campaign.journal.journal import Journal, Reader
    from campaign.journal.lock import try_lock
    from campaign.journal.open import (
        fingerprint,
        open_for_reading,
        open_for_worker,
        open_for_writing,
        server_facts,
        server_settings,
        shown_url,
    )
    from campaign.journal.orders import OrderDone
    from campaign.journal.records import (
        QUEUE,
        Claim,
        FoundRequest,
        OccurrenceRecord,
        OpenRequest,
        OrderRecord,
        RunRecord,
        ScheduleRecord,
        Settlement,
        Step,
        Tally,
        to_micros,
    )
    from campaign.journal.workers import STALLED_S, Jobs, StoppedHost, Worker, Workers

__all__ = [
    "QUEUE",
    "STALLED_S",
    "Claim",
    "ConnectionLost",
    "FoundRequest",
    "Jobs",
    "Journal",
    "OccurrenceRecord",
    "OpenRequest",
    "OrderDone",
    "OrderRecord",
    "Reader",
    "RunRecord",
    "ScheduleRecord",
    "Settlement",
    "Step",
    "StoppedHost",
    "Tally",
    "Worker",
    "Workers",
    "fingerprint",
    "may_have_opt_outs",
    "open_for_reading",
    "open_for_worker",
    "open_for_writing",
    "server_facts",
    "server_settings",
    "shown_url",
    "sqlite_version",
    "to_micros",
    "try_lock",
]

_HOMES: Final = {
    "campaign.journal.database": ("ConnectionLost",),
    "campaign.journal.glance": ("may_have_opt_outs", "sqlite_version"),
    "campaign.journal.journal": ("Journal", "Reader"),
    "campaign.journal.lock": ("try_lock",),
    "campaign.journal.open": (
        "fingerprint",
        "open_for_reading",
        "open_for_worker",
        "open_for_writing",
        "server_facts",
        "server_settings",
        "shown_url",
    ),
    "campaign.journal.orders": ("OrderDone",),
    "campaign.journal.records": (
        "QUEUE",
        "Claim",
        "FoundRequest",
        "OccurrenceRecord",
        "OpenRequest",
        "OrderRecord",
        "RunRecord",
        "ScheduleRecord",
        "Settlement",
        "Step",
        "Tally",
        "to_micros",
    ),
    "campaign.journal.workers": ("STALLED_S", "Jobs", "StoppedHost", "Worker", "Workers"),
}
"""The names of each module."""

_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # hidden from type checkers, which would take every misspelt name for one of the journal's

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - anything may have that name
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME_OF[name]), name)
