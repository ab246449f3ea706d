"""Output on the terminal: numbers first, then what needs attention, then what to do next.

On a terminal, lines break between words; in a pipe they stay whole.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.cli import layout, style
from campaign.model import MsgType, RunState, Status
from campaign.model.i18n import KOREAN, N_, _, language
from campaign.model.text import display_width, escape, escape_lines, escaped_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from campaign.engine.summary import Summary
    from campaign.journal import RunRecord

NOTHING_SENT: Final = N_("SANDBOX: nothing really went out.")
"""Shown for every run through the built-in gateway."""

_VALUES: Final = frozenset(
    {
        *(N_("accepted"), N_("rejected"), N_("unknown"), N_("pending"), N_("cancelled")),
        *(N_("invalid"), N_("duplicate"), N_("opted_out"), N_("hidden")),
        *(N_("planned"), N_("in_flight")),
        *(N_("checked"), N_("running"), N_("finished"), N_("paused"), N_("interrupted")),
        *(N_("delivered"), N_("failed"), N_("waiting"), N_("unclear"), N_("no_result"), N_("not_found")),
        *(N_("active"), N_("ended"), N_("removed"), N_("claimed"), N_("started"), N_("expired"), N_("stopped")),
    }
)
"""The values of statuses and states, which the screen shows in the reader's language."""

_LABEL: Final = 10
"""Columns of the label before a fact."""

_WORD: Final = re.compile(r"(?:[^\s`]*`[^`\n]*`)+\S*|\S+")
"""What a line is not broken within: a word, or a command in backticks."""

_COLUMNS: Final = re.compile(r" *(?:\S+(?: \S+)* {2,})*")
"""The start of a line, up to its last column; columns are separated by two spaces or more."""


def word(value: str) -> str:
    """A status or state in the reader's language; `--json`, options and workbooks have the value itself."""
    return _(value) if value in _VALUES else value


def fact(label: str, words: str) -> str:
    """A line with one fact, its label in a column of its own."""
    return f"  {layout.pad(label, _LABEL)} {words}"


def say(words: str = "") -> None:
    """Print a line of a command's outcome on standard output."""
    _write(sys.stdout, fitted(escape(words), sys.stdout) + "\n")


def say_statuses(words: str) -> None:
    """Print a line of a run's summary, its statuses in their colours on a terminal."""
    _write(sys.stdout, style.painted_statuses(fitted(escape(words), sys.stdout), sys.stdout) + "\n")


def say_lines(words: str) -> None:
    """Print lines of a command's outcome, each with its newline, on standard output."""
    _write(sys.stdout, escape_lines(words))


def note(words: str) -> None:
    """Print one or more lines on standard error, beside the outcome."""
    _write(sys.stderr, "".join(f"{fitted(line, sys.stderr)}\n" for line in escape_lines(words).split("\n")))


def remark(words: str) -> None:
    """Print a sentence that the user may want to know, on standard error."""
    _note_in(style.Colour.NOTE, _("note: {words}", words=words))


def warn(words: str) -> None:
    """Print a sentence that the user should look at, on standard error."""
    _note_in(style.Colour.WARNING, _("warning: {words}", words=words))


def complain(words: str) -> None:
    """Print an error that does not end the command, on standard error."""
    _note_in(style.Colour.ERROR, f"campaign: {words}")


def _note_in(colour: style.Colour, words: str) -> None:
    with style.colouring(sys.stderr, colour):
        note(words)


def ask(question: str) -> str:
    """The answer to a question. What was typed before the question was shown is discarded."""
    discard_typed_ahead()
    _write(sys.stderr, fitted(escape(question), sys.stderr) + " ")
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


def _room(stream: TextIO) -> int | None:
    """Columns of the terminal that a stream leads to; None where it leads elsewhere, or they are not known."""
    if not stream.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):
        return None


def fitted(line: str, stream: TextIO) -> str:
    """The line, broken between words where it is wider than the terminal that a stream leads to.

    What follows stands below the line's last column.
    """
    room = _room(stream)
    if room is None or display_width(line) <= room:
        return line
    begins = _COLUMNS.match(line)
    start = begins.group() if begins else ""
    if display_width(start) > room // 2:
        start = " " * (len(line) - len(line.lstrip(" ")))
    margin = display_width(start)
    lines: list[str] = []
    for each in _WORD.findall(line[len(start) :]):
        if lines and margin + display_width(f"{lines[-1]} {each}") <= room:
            lines[-1] += f" {each}"
        else:
            lines.append(each)
    return start + f"\n{' ' * margin}".join(lines)


def show_summary(summary: Summary) -> None:
    """Show a run's state and numbers, and what to do next."""
    for words in summary_lines(summary):
        say_statuses(words)


def summary_lines(summary: Summary) -> list[str]:
    """A run's state and numbers, and what to do next, as lines."""
    totals, state = summary.totals, word(summary.state)
    lines = [
        _("run {run}: {state}: {why}", run=summary.run, state=state, why=summary.why)
        if summary.why
        else _("run {run}: {state}", run=summary.run, state=state),
        fact(_("rows"), f"{totals['rows']['total']:>9,}   {counts_in_words(totals['rows'])}"),
        fact(_("requests"), f"{totals['requests']['total']:>9,}   {counts_in_words(totals['requests'])}"),
    ]
    if totals["codes"]:
        lines.append(fact(_("codes"), _coded(totals["codes"])))
    if totals["cost"] is not None:
        lines.append(fact(_("cost"), _("{cost:>9,.0f} won for accepted messages", cost=totals["cost"])))
    if summary.advertisement:
        lines.append(f"  {_kept(summary)}")
    if summary.sandbox:
        lines.append(f"  {_(NOTHING_SENT)}")
    if summary.report:
        lines.append(place(summary.report))
    return lines + next_steps(summary)


def place(workbook: str) -> str:
    """The line that says where a workbook is."""
    return fact(_("workbook"), workbook)


def _kept(summary: Summary) -> str:
    if summary.overridden is None:
        return _("advertisement: no broken rule was found")
    return _("advertisement: the user overrode the rules: {overridden}", overridden=summary.overridden)


def next_steps(summary: Summary) -> list[str]:
    """What the user can do after a run in which not everything was accepted."""
    from campaign.model.times import format_time

    steps = []
    if summary.resume_at is not None:
        steps.append(
            _(
                "`campaign scheduler` or `campaign run-due` continues it at {time} (Asia/Seoul).",
                time=format_time(summary.resume_at),
            )
        )
    elif summary.state in {RunState.PAUSED, RunState.INTERRUPTED} and summary.totals["rows"].get(str(Status.PENDING)):
        steps.append(_("To send the rest: campaign resume {run}", run=summary.run))
    if summary.totals["rows"].get(str(Status.UNKNOWN)):
        steps.append(
            _(
                "Unknown: these may have reached the gateway, which did not answer, so they are not sent again "
                "automatically. This needs your decision: campaign resolve {run} --sent (or --not-sent)",
                run=summary.run,
            )
        )
    return steps


def show_runs(runs: Iterable[RunRecord]) -> None:
    """Print one line per run, newest first."""
    from campaign.model.times import format_time

    rows = [(run.id, word(run.state), format_time(run.created_at), run.gateway, run.report or "") for run in runs]
    show_table((_("run"), _("state"), _("created"), _("gateway"), _("workbook")), rows)


def why_paused(record: RunRecord) -> str:
    """Why a paused run waits, and until when, if it continues by itself."""
    from campaign.model.times import format_time

    if record.resume_at is None:
        return _("{run} is paused: {why}", run=record.id, why=record.why)
    return _(
        "{run} is paused until {time} (Asia/Seoul), when `campaign scheduler` or `campaign run-due` continues it: "
        "{why}",
        run=record.id,
        time=format_time(record.resume_at),
        why=record.why,
    )


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns under headings, within the width of a terminal; statuses and states are coloured there."""
    colours = style.colours_of_words()
    lines = layout.table(
        [heads, *(list(map(escape, row)) for row in rows)],
        layout.width_of(sys.stdout),
        lambda cell, part: style.painted(part, colours.get(cell), sys.stdout),
    )
    _write(sys.stdout, "".join(f"{line}\n" for line in lines))


def types_in_words(types: Mapping[str, int]) -> str:
    """Messages by type, in the order of `MsgType`."""
    return counts_in_words({str(kind): types[kind] for kind in MsgType if kind in types}) or _("none")


def _coded(codes: Mapping[str, int]) -> str:
    from campaign.gateway.result_codes import describe

    def meaning(code: str) -> str:
        """The vendor's own words for a Korean reader."""
        known = describe(int(code))
        return known.korean if known.korean and language() == KOREAN else _(known.english)

    return " · ".join(f"{code} ({meaning(code)}) {count:,}" for code, count in codes.items())


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Each name with its count, without the total."""
    return " · ".join(f"{word(key)} {count:,}" for key, count in counts.items() if key != "total")
