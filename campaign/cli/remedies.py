"""Tells the user what to do about an error, with the commands and options of the command line.

Errors state facts only. Their codes select the remedy, so that no module has to be imported to show one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign.model import RunState
from campaign.model.i18n import _, ngettext

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
        return _("{problem} `--again` sends them once more.", problem=problem)
    return _("{problem} `campaign resume {run}` continues it.", problem=problem, run=problem.run)


def _against_the_rules(problem: AgainstTheRules) -> str:
    if problem.is_scheduled:
        return _("{problem}\nFix the message, then schedule it again.", problem=problem)
    return _(
        "{problem}\nNothing was sent. Fix the message or the time, or use --override-advertising to send it "
        "anyway; this is recorded.",
        problem=problem,
    )


def _nothing_to_send(problem: NothingToSend) -> str:
    if problem.file is None:
        return _("{problem}; `campaign check` shows why", problem=problem)
    return _("{problem} `campaign check {file}` shows why.", problem=problem, file=problem.file)


def _still_to_go(problem: StillToGo) -> str:
    run, left = problem.run, []
    if problem.planned:
        left.append(
            ngettext(
                "1 request still to send (`campaign resume {run}` or `campaign cancel {run}`)",
                "{count:,} requests still to send (`campaign resume {run}` or `campaign cancel {run}`)",
                problem.planned,
                run=run,
            )
        )
    if problem.unknown:
        left.append(
            ngettext(
                "1 unknown request (`campaign resolve {run} --sent` or `--not-sent`)",
                "{count:,} unknown requests (`campaign resolve {run} --sent` or `--not-sent`)",
                problem.unknown,
                run=run,
            )
        )
    return _("run {run} keeps its texts and numbers: {requests}", run=run, requests=", ".join(left))


def _wrong_gateway(problem: WrongGateway) -> str:
    return str(problem) if problem.variable else f"--gateway-url {problem}"


def _report_failed(problem: ReportFailed) -> str:
    if not problem.runs:
        return str(problem)
    runs = problem.runs[0] if len(problem.runs) == 1 else "RUN RUN"
    return _("{problem} `campaign report {runs}` writes it again.", problem=problem, runs=runs)


def _run_scheduled(problem: RunScheduled) -> str:
    return _(
        "{problem} To send it now, remove its schedule (`campaign schedules`, `campaign unschedule ID`), then "
        "`campaign send FILE`",
        problem=problem,
    )


_IN_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "against_the_rules": _against_the_rules,
    "above_ceiling": lambda problem: _(
        "{problem} If that is meant, raise or remove `{key}` in the campaign file.", problem=problem, key=problem.key
    ),
    "already_frozen": lambda problem: _(
        "{problem} `campaign unschedule {schedule}` removes it.", problem=problem, schedule=problem.schedule
    ),
    "already_sent": _already_sent,
    "cannot_freeze": lambda problem: f"--freeze: {problem}",
    "foreign_placeholders": lambda problem: _(
        "{problem} `campaign check FILE --adopt` rewrites these placeholders in the template file.", problem=problem
    ),
    "missing_keys": lambda problem: _("{problem} `--sandbox` works without them.", problem=problem),
    "no_results": lambda problem: _("{problem} `campaign delivery RUN` fetches them.", problem=problem),
    "no_run_yet": lambda problem: _("{problem} `campaign send FILE` makes one.", problem=problem),
    "no_such_campaign_file": lambda problem: _("{problem} `campaign new DIR` creates one.", problem=problem),
    "no_such_run": lambda problem: _("{problem} `campaign runs` lists the runs.", problem=problem),
    "no_such_schedule": lambda problem: _("{problem} `campaign schedules` lists the schedules.", problem=problem),
    "not_result_workbook": lambda problem: f"--only: {problem}",
    "not_for_workers": lambda problem: _(
        "{problem}. Send it without --queue; for a rehearsal, start `campaign sandbox` and give its --gateway-url.",
        problem=problem,
    ),
    "not_ready_for_workers": lambda problem: _("{problem} `campaign cluster init` makes them.", problem=problem),
    "older_job_tables": lambda problem: _(
        "{problem} Stop all workers, run `campaign cluster upgrade`, and start them again.", problem=problem
    ),
    "older_layout": lambda problem: _("{problem}. `campaign cluster upgrade` upgrades it.", problem=problem),
    "nothing_to_send": _nothing_to_send,
    "path_not_writable": lambda problem: _(
        "{problem} Nothing was sent. Name another file with --report, or another folder with CAMPAIGN_REPORTS.",
        problem=problem,
    ),
    "path_refused": lambda problem: _("{problem} Name another file with --report.", problem=problem),
    "outside_hours": lambda problem: _(
        "{problem} `campaign schedule FILE` can send it during these hours.", problem=problem
    ),
    "reach_unknown": lambda problem: _("{problem} (`campaign purge` removes numbers.)", problem=problem),
    "report_failed": _report_failed,
    "run_scheduled": _run_scheduled,
    "schedule_changed": lambda problem: _(
        "{problem} `campaign schedule {file}` records it again.", problem=problem, file=problem.file
    ),
    "still_to_go": _still_to_go,
    "too_many_invalid": lambda problem: _(
        "{problem} `campaign check {file}` shows them.", problem=problem, file=problem.file
    ),
    "wrong_gateway": _wrong_gateway,
    "wrong_test_number": lambda problem: f"--to: {problem}",
}

WORDED: Final = frozenset(_IN_WORDS)
"""The codes of the errors that have a remedy here."""
