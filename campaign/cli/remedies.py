"""What the user can do about an error, in the words of the command line: its commands and its flags.

The errors state facts only. They are told apart by their codes, so that nothing has to be imported to show one.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from campaign.model.entities import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.engine.checking.advertising import AgainstTheRules
    from campaign.engine.decisions import StillToGo
    from campaign.engine.reports import ReportFailed
    from campaign.engine.schedules import AlreadyFrozen
    from campaign.model.errors import AlreadySent, CampaignError, NothingToSend


def in_words(problem: CampaignError) -> str:
    """The error, and what the user can do about it."""
    remedy = _REMEDIES.get(problem.code)
    if remedy is None:
        return str(problem)
    return f"{problem}{remedy(problem)}"


def _already_sent(problem: AlreadySent) -> str:
    if problem.state in {RunState.FINISHED, RunState.CANCELLED}:
        return " `--again` sends them once more."
    return f" `campaign resume {problem.run}` goes on with it."


def _against_the_rules(problem: AgainstTheRules) -> str:
    if problem.is_scheduled:
        return "\nFix the message, then schedule it again."
    return (
        "\nNothing was sent. Fix the message or the time; --override-advertising sends it all the same, and is "
        "recorded."
    )


def _nothing_to_send(problem: NothingToSend) -> str:
    if problem.file is None:
        return "; `campaign check` says why"
    return f" `campaign check {problem.file}` says why."


def _still_to_go(problem: StillToGo) -> str:
    run, words = problem.run, []
    if problem.planned:
        words.append(f"`campaign resume {run}` or `campaign cancel {run}`")
    if problem.unknown:
        words.append(f"`campaign resolve {run} --sent` or `--not-sent`")
    return f" ({'; '.join(words)})"


def _report_failed(problem: ReportFailed) -> str:
    if not problem.runs:
        return ""
    runs = problem.runs[0] if len(problem.runs) == 1 else "RUN RUN"
    return f" `campaign report {runs}` writes it again."


def _already_frozen(problem: AlreadyFrozen) -> str:
    return f" `campaign unschedule {problem.schedule}` takes it back."


def _file(problem: Any) -> str:  # noqa: ANN401 - errors of the scheduler that name their campaign file
    return shlex.quote(str(problem.file))


_REMEDIES: Final[Mapping[str, Callable[[Any], str]]] = {
    "against_the_rules": _against_the_rules,
    "already_frozen": _already_frozen,
    "already_sent": _already_sent,
    "cannot_freeze": lambda _: " (--freeze)",
    "nothing_to_send": _nothing_to_send,
    "outside_hours": lambda _: " `campaign schedule FILE` can have it sent in time.",
    "reach_unknown": lambda _: " (`campaign purge` removes numbers.)",
    "report_failed": _report_failed,
    "run_scheduled": lambda _: (
        " To send it now, take its schedule back (`campaign schedules`, `campaign unschedule ID`), then "
        "`campaign send FILE`"
    ),
    "schedule_changed": lambda problem: f" `campaign schedule {_file(problem)}` records it anew.",
    "still_to_go": _still_to_go,
    "too_many_invalid": lambda problem: f" `campaign check {_file(problem)}` shows them.",
}
