"""The durable record of runs: what is to be sent, what is in flight, and what became of it. The only SQL.

A request is on disk before it is on the wire. Source of every rule here: design.md, States.
"""

from campaign.journal.journal import Journal, Reader
from campaign.journal.open import fingerprint, open_for_reading, open_for_writing, shown_url
from campaign.journal.orders import OrderDone
from campaign.journal.records import (
    Claim,
    FoundRequest,
    OccurrenceRecord,
    OpenRequest,
    OrderRecord,
    RunRecord,
    ScheduleRecord,
    Settlement,
)
from campaign.journal.sqlite import sqlite_version

__all__ = [
    "Claim",
    "FoundRequest",
    "Journal",
    "OccurrenceRecord",
    "OpenRequest",
    "OrderDone",
    "OrderRecord",
    "Reader",
    "RunRecord",
    "ScheduleRecord",
    "Settlement",
    "fingerprint",
    "open_for_reading",
    "open_for_writing",
    "shown_url",
    "sqlite_version",
]
