"""Tells the user what to do about an error, with the commands and options of the command line.

Errors state facts only. Their codes select the remedy, so that no module has to be imported to show one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign.model import RunState
from campaign.model.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.engine.checking.advertising import AgainstTheRules
    from campaign.engine.decisions import StillToGo
    from campaign.engine.history import AlreadySent
    from campaign.engine.reports import ReportFailed
    from campaign.engine.runs import RunScheduled
    from campaign.model.errors import CampaignError, NothingToSend, WrongGateway


def in_words(problem: CampaignError) -> str:
    """The error, and what the user can do about it."""
    describe = _IN_WORDS.get(problem.code, str)
    return describe(problem)


def _already_sent(problem: AlreadySent) -> str:
    if problem.state in {RunState.FINISHED, RunState.CANCELLED}:
        return f"{problem} `--again` sends them once more."
    return f"{problem} `campaign resume {problem.run}` continues it."


def _against_the_rules(problem: AgainstTheRules) -> str:
    if problem.is_scheduled:
        return f"{problem}\nFix the message, then schedule it again."
    return (
        f"{problem}\nNothing was sent. Fix the message or the time, or use --override-advertising to send it "
        "anyway; this is recorded."
    )


def _nothing_to_send(problem: NothingToSend) -> str:
    if problem.file is None:
        return f"{problem}; `campaign check` shows why"
    return f"{problem} `campaign check {problem.file}` shows why."


def _still_to_go(problem: StillToGo) -> str:
    run, words = problem.run, []
    if problem.planned:
        words.append(
            f"{counted(problem.planned, 'request')} still to send (`campaign resume {run}` or `campaign cancel {run}`)"
        )
    if problem.unknown:
        words.append(f"{counted(problem.unknown, 'unknown request')} (`campaign resolve {run} --sent` or `--not-sent`)")
    return f"run {run} keeps its texts and numbers: {', '.join(words)}"


def _wrong_gateway(problem: WrongGateway) -> str:
    return str(problem) if problem.variable else f"--gateway-url {problem}"


def _report_failed(problem: ReportFailed) -> str:
    if not problem.runs:
        return str(problem)
    runs = problem.runs[0] if len(problem.runs) == 1 else "RUN RUN"
    return f"{problem} `campaign report {runs}` writes it again."


def _run_scheduled(problem: RunScheduled) -> str:
    return (
        f"{problem} To send it now, remove its schedule (`campaign schedules`, `campaign unschedule ID`), then "
        "`campaign send FILE`"
    )


_IN_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "against_the_rules": _against_the_rules,
    "already_frozen": lambda problem: f"{problem} `campaign unschedule {problem.schedule}` removes it.",
    "already_sent": _already_sent,
    "cannot_freeze": lambda problem: f"--freeze: {problem}",
    "foreign_placeholders": lambda problem: (
        f"{problem} `campaign check FILE --adopt` rewrites these placeholders in the template file."
    ),
    "missing_keys": lambda problem: f"{problem} `--sandbox` works without them.",
    "no_run_yet": lambda problem: f"{problem} `campaign send FILE` makes one.",
    "no_such_campaign_file": lambda problem: f"{problem} `campaign new DIR` creates one.",
    "no_such_run": lambda problem: f"{problem} `campaign runs` lists the runs.",
    "no_such_schedule": lambda problem: f"{problem} `campaign schedules` lists the schedules.",
    "not_result_workbook": lambda problem: f"--only: {problem}",
    "nothing_to_send": _nothing_to_send,
    "path_not_writable": lambda problem: (
        f"{problem} Nothing was sent. Name another file with --report, or another folder with CAMPAIGN_REPORTS."
    ),
    "path_refused": lambda problem: f"{problem} Name another file with --report.",
    "outside_hours": lambda problem: f"{problem} `campaign schedule FILE` can send it during these hours.",
    "reach_unknown": lambda problem: f"{problem} (`campaign purge` removes numbers.)",
    "report_failed": _report_failed,
    "run_scheduled": _run_scheduled,
    "schedule_changed": lambda problem: f"{problem} `campaign schedule {problem.file}` records it again.",
    "still_to_go": _still_to_go,
    "too_many_invalid": lambda problem: f"{problem} `campaign check {problem.file}` shows them.",
    "wrong_gateway": _wrong_gateway,
    "wrong_test_number": lambda problem: f"--to: {problem}",
}

WORDED: Final = frozenset(_IN_WORDS)
"""The codes of the errors that have a remedy here."""
