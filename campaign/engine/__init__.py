"""The engine: one API that every door calls (terminal, page, scheduler, Python).

It knows no terminal, exit status, flag or signal. Errors are types with a `code` and fields; what the user can do
about them is written by the door. Names are imported when they are first used, so that importing the engine loads
neither pandas nor the journal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from campaign.config.campaign_file import Campaign
    from campaign.config.campaign_file import load as load_campaign
    from campaign.engine.balance import ask as ask_balance
    from campaign.engine.checking.causes import Cause, LeftOutRow, causes, find_cause, left_out_rows, rows_of_cause
    from campaign.engine.checking.check import check, judge, single_out
    from campaign.engine.checking.check import fixed as with_fixes
    from campaign.engine.checking.check import read as read_recipients
    from campaign.engine.checking.checked import Checked
    from campaign.engine.checking.early_start import EarlyStart
    from campaign.engine.checking.one_row import judge_row
    from campaign.engine.column_facts import ListColumn, list_columns
    from campaign.engine.connect import check_keys, gateway_of
    from campaign.engine.decisions import (
        cancel,
        find_cancellation,
        find_purgeable,
        find_unknown,
        purge,
        resolve,
    )
    from campaign.engine.delivery import Fetched
    from campaign.engine.delivery import fetch as fetch_delivery
    from campaign.engine.history import earlier_run, leave_out_reached_before, look_back
    from campaign.engine.preflight import require_below_ceilings
    from campaign.engine.previews import MessagePreview, facts_of, preview
    from campaign.engine.progress import SILENT, Progress, SendingObserver, StopRequest
    from campaign.engine.reconcile import Traces
    from campaign.engine.reconcile import accept as accept_found
    from campaign.engine.reconcile import find as find_traces
    from campaign.engine.reports import ReportTarget, report
    from campaign.engine.results import SANDBOX
    from campaign.engine.results import of_check as result_of_check
    from campaign.engine.results import of_run as result_of_run
    from campaign.engine.runs import (
        Changed,
        DispatchOptions,
        PlanOptions,
        digest_plan,
        execute,
        now,
        plan,
        prepare_resume,
        resume,
    )
    from campaign.engine.sampling import ListLengths, Sample, sample
    from campaign.engine.schedules import Scheduled, ScheduleOptions, Unscheduled, schedule, unschedule
    from campaign.engine.summary import Summary, summarise
    from campaign.journal import Journal, OrderDone, RunRecord
    from campaign.journal import open_for_writing as open_journal
    from campaign.model import Order
    from campaign.recipients import Fix, Glance, glance, read_fixes, write_fixes

__all__ = [
    "SANDBOX",
    "SILENT",
    "Campaign",
    "Cause",
    "Changed",
    "Checked",
    "DispatchOptions",
    "EarlyStart",
    "Fetched",
    "Fix",
    "Glance",
    "Journal",
    "LeftOutRow",
    "ListColumn",
    "ListLengths",
    "MessagePreview",
    "Order",
    "OrderDone",
    "PlanOptions",
    "Progress",
    "ReportTarget",
    "RunRecord",
    "Sample",
    "ScheduleOptions",
    "Scheduled",
    "SendingObserver",
    "StopRequest",
    "Summary",
    "Traces",
    "Unscheduled",
    "accept_found",
    "ask_balance",
    "cancel",
    "causes",
    "check",
    "check_keys",
    "digest_plan",
    "earlier_run",
    "execute",
    "facts_of",
    "fetch_delivery",
    "find_cancellation",
    "find_cause",
    "find_purgeable",
    "find_traces",
    "find_unknown",
    "gateway_of",
    "glance",
    "judge",
    "judge_row",
    "leave_out_reached_before",
    "left_out_rows",
    "list_columns",
    "load_campaign",
    "look_back",
    "now",
    "open_journal",
    "plan",
    "prepare_resume",
    "preview",
    "purge",
    "read_fixes",
    "read_recipients",
    "report",
    "require_below_ceilings",
    "resolve",
    "result_of_check",
    "result_of_run",
    "resume",
    "rows_of_cause",
    "sample",
    "schedule",
    "single_out",
    "summarise",
    "unschedule",
    "with_fixes",
    "write_fixes",
]

_HOMES: Final = {
    "campaign.engine.balance": ("ask_balance:ask",),
    "campaign.engine.delivery": ("Fetched", "fetch_delivery:fetch"),
    "campaign.engine.reconcile": ("Traces", "accept_found:accept", "find_traces:find"),
    "campaign.config.campaign_file": ("Campaign", "load_campaign:load"),
    "campaign.engine.checking.causes": (
        "Cause",
        "LeftOutRow",
        "causes",
        "find_cause",
        "left_out_rows",
        "rows_of_cause",
    ),
    "campaign.engine.checking.check": ("check", "judge", "read_recipients:read", "single_out", "with_fixes:fixed"),
    "campaign.engine.checking.checked": ("Checked",),
    "campaign.engine.checking.early_start": ("EarlyStart",),
    "campaign.engine.checking.one_row": ("judge_row",),
    "campaign.engine.connect": ("check_keys", "gateway_of"),
    "campaign.engine.decisions": (
        "cancel",
        "find_cancellation",
        "find_purgeable",
        "find_unknown",
        "purge",
        "resolve",
    ),
    "campaign.engine.history": ("earlier_run", "leave_out_reached_before", "look_back"),
    "campaign.engine.column_facts": ("ListColumn", "list_columns"),
    "campaign.engine.preflight": ("require_below_ceilings",),
    "campaign.engine.previews": ("MessagePreview", "facts_of", "preview"),
    "campaign.engine.progress": ("SILENT", "Progress", "SendingObserver", "StopRequest"),
    "campaign.engine.reports": ("ReportTarget", "report"),
    "campaign.engine.results": ("SANDBOX", "result_of_check:of_check", "result_of_run:of_run"),
    "campaign.engine.runs": (
        "Changed",
        "DispatchOptions",
        "PlanOptions",
        "digest_plan",
        "execute",
        "now",
        "plan",
        "prepare_resume",
        "resume",
    ),
    "campaign.engine.sampling": ("ListLengths", "Sample", "sample"),
    "campaign.engine.schedules": ("ScheduleOptions", "Scheduled", "Unscheduled", "schedule", "unschedule"),
    "campaign.engine.summary": ("Summary", "summarise"),
    "campaign.journal": ("Journal", "OrderDone", "RunRecord", "open_journal:open_for_writing"),
    "campaign.model": ("Order",),
    "campaign.recipients": ("Fix", "Glance", "glance", "read_fixes", "write_fixes"),
}
"""The module of each name, and its name there where that is another (`here:there`)."""

_HOME_OF: Final = {
    name.partition(":")[0]: (module, name.rpartition(":")[2]) for module, names in _HOMES.items() for name in names
}


if not TYPE_CHECKING:  # hidden from type checkers, which would take every misspelt name for one of the engine's

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - anything may have that name
        if name not in _HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, there = _HOME_OF[name]
        return getattr(import_module(module), there)


def __dir__() -> list[str]:
    return sorted(__all__)
