"""Output on the terminal: numbers first, then what needs attention, then what to do next."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.model import MsgType, RunState, Status
from campaign.model.text import escape, escape_lines, escaped_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from campaign.engine.summary import Summary
    from campaign.journal import RunRecord

NOTHING_SENT: Final = "SANDBOX: nothing really went out. 연습용입니다: 실제로 발송되지 않았습니다."
"""Shown for every run through the built-in gateway."""


def say(words: str = "") -> None:
    """Print a line of a command's outcome on standard output."""
    _write(sys.stdout, escape(words) + "\n")


def say_lines(words: str) -> None:
    """Print lines of a command's outcome, each with its newline, on standard output."""
    _write(sys.stdout, escape_lines(words))


def note(words: str) -> None:
    """Print one or more lines on standard error, beside the outcome."""
    _write(sys.stderr, escape_lines(words) + "\n")


def ask(question: str) -> str:
    """The answer to a question. What was typed before the question was shown is discarded."""
    discard_typed_ahead()
    _write(sys.stderr, escape(question) + " ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def discard_typed_ahead() -> None:
    """Discard what was typed but has not been read, where standard input is a terminal."""
    if not sys.stdin.isatty():
        return
    if sys.platform == "win32":  # pragma: no cover
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        with suppress(termios.error):
            termios.tcflush(sys.stdin, termios.TCIFLUSH)


def show_json(value: object) -> None:
    """Print one JSON object, alone, on standard output."""
    _write(sys.stdout, escaped_json(value) + "\n")


def _write(stream: TextIO, words: str) -> None:
    """Write to a standard stream; if its terminal was closed, drop this and all later output."""
    try:
        stream.write(words)
        stream.flush()
    except OSError as problem:
        if problem.errno != errno.EIO:
            raise
        # What is left in the stream's buffer would fail once more at the very end, and change the exit status.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def show_summary(summary: Summary) -> None:
    """Show a run's state and numbers, and what to do next."""
    for words in summary_lines(summary):
        say(words)


def summary_lines(summary: Summary) -> list[str]:
    """A run's state and numbers, and what to do next, as lines."""
    totals = summary.totals
    lines = [
        f"run {summary.run}: {summary.state}" + (f": {summary.why}" if summary.why else ""),
        f"  rows       {totals['rows']['total']:>9,}   {counts_in_words(totals['rows'])}",
        f"  requests   {totals['requests']['total']:>9,}   {counts_in_words(totals['requests'])}",
    ]
    if totals["codes"]:
        lines.append(f"  codes      {_coded(totals['codes'])}")
    if totals["cost"] is not None:
        lines.append(f"  cost       {totals['cost']:>9,.0f} won for accepted messages")
    if summary.advertisement:
        lines.append(f"  advertisement: {_kept(summary)}")
    if summary.sandbox:
        lines.append(f"  {NOTHING_SENT}")
    if summary.report:
        lines.append(f"  workbook   {summary.report}")
    return lines + next_steps(summary)


def _kept(summary: Summary) -> str:
    if summary.overridden is None:
        return "no broken rule was found"
    return f"the user overrode the rules: {summary.overridden}"


def next_steps(summary: Summary) -> list[str]:
    """What the user can do after a run in which not everything was accepted."""
    from campaign.model.times import format_time

    steps = []
    if summary.resume_at is not None:
        steps.append(
            f"`campaign scheduler` or `campaign run-due` continues it at {format_time(summary.resume_at)} (Asia/Seoul)."
        )
    elif summary.state in {RunState.PAUSED, RunState.INTERRUPTED} and summary.totals["rows"].get(str(Status.PENDING)):
        steps.append(f"To send the rest: campaign resume {summary.run}")
    if summary.totals["rows"].get(str(Status.UNKNOWN)):
        steps.append(
            "Unknown: these may have reached the gateway, which did not answer, so they are not sent again "
            f"automatically. This needs your decision: campaign resolve {summary.run} --sent (or --not-sent)"
        )
    return steps


def show_runs(runs: Iterable[RunRecord]) -> None:
    """Print one line per run, newest first."""
    from campaign.model.times import format_time

    rows = [(run.id, str(run.state), format_time(run.created_at), run.gateway, run.report or "") for run in runs]
    show_table(("run", "state", "planned", "gateway", "workbook"), rows)


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns under headings, within the width of a terminal; statuses and states are coloured there."""
    from campaign.cli import layout, style

    colours = style.colours_of_words()
    lines = layout.table(
        [heads, *(list(map(escape, row)) for row in rows)],
        layout.width_of(sys.stdout),
        lambda cell, part: style.painted(part, colours.get(cell), sys.stdout),
    )
    _write(sys.stdout, "".join(f"{line}\n" for line in lines))


def types_in_words(types: Mapping[str, int]) -> str:
    """Messages by type, in the order of `MsgType`."""
    return counts_in_words({str(kind): types[kind] for kind in MsgType if kind in types}) or "nothing"


def _coded(codes: Mapping[str, int]) -> str:
    from campaign.gateway.result_codes import describe

    return " · ".join(f"{code} ({describe(int(code)).english}) {count:,}" for code, count in codes.items())


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Each name with its count, without the total."""
    return " · ".join(f"{key} {count:,}" for key, count in counts.items() if key != "total")
