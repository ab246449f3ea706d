"""The durable record of runs: what is to be sent, what is in flight, and what became of it. The only SQL.

A request is on disk before it is on the wire. Source of every rule here: design.md, States.
"""

from campaign.journal.database import ConnectionLost
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
from campaign.journal.sqlite import sqlite_version
from campaign.journal.workers import STALLED_S, Jobs, Worker, Workers

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
    "Tally",
    "Worker",
    "Workers",
    "fingerprint",
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
