"""What a person reads on the terminal: numbers first, then what needs a hand, then where to look."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from campaign.model import MsgType, RunState, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from campaign.checking import Checked
    from campaign.journal import RunRecord
    from campaign.model import Result
    from campaign.pipeline import Summary

NOTHING_SENT: Final = "SANDBOX: nothing really went out. 연습용입니다: 실제로 발송되지 않았습니다."
"""Said wherever a run went to the built-in gateway."""

PROBLEMS_SHOWN: Final = 5
"""Problem rows shown on the terminal; the workbook has them all."""


def say(words: str = "") -> None:
    """A line of a command's outcome, on standard output."""
    sys.stdout.write(words + "\n")


def note(words: str) -> None:
    """A line beside the outcome, on standard error."""
    sys.stderr.write(words + "\n")


def show_check(checked: Checked, result: Result, summary: Summary) -> None:
    """A check in ten seconds of reading."""
    totals = summary.totals
    pending = totals["rows"].get(str(Status.PENDING), 0)
    sources = ", ".join(source.file for source in checked.recipients.sources)
    say(f"{checked.campaign.name}: {totals['rows']['total']:,} rows in {sources}")
    say(f"  to send    {pending:>9,}   {_types(totals['types'])} in {totals['requests']['total']:,} requests")
    left_out = {key: count for key, count in totals["rows"].items() if key not in {"total", str(Status.PENDING)}}
    if left_out:
        say(f"  left out   {sum(left_out.values()):>9,}   {_counts(left_out)}")
    if (cost := totals["planned"]) is not None:
        say(f"  price      {cost:>9,.0f} won")
    for words in [*_bytes_advice(checked), *summary.notes]:
        note(f"note: {words}")
    show_problems(result)


def _bytes_advice(checked: Checked) -> Sequence[str]:
    """What a few bytes less would save, where the type follows from the bytes."""
    from campaign.messages import doctor

    if checked.campaign.message.msg_type is not None:
        return ()
    going = checked.table[checked.table["status"].isna()]
    return doctor.examine(going, checked.recipients.columns, checked.places, checked.campaign.prices).sentences


def show_problems(result: Result) -> None:
    """The first rows that need a hand, by their row in the spreadsheet."""
    rows = result.rows
    bad = rows[rows["status"].isin([str(Status.INVALID), str(Status.REJECTED), str(Status.UNKNOWN)])]
    if not len(bad):
        return
    say("  rows that need a hand:")
    for row, status, reason in bad[["row", "status", "reason"]].head(PROBLEMS_SHOWN).itertuples(index=False):
        say(f"    row {row}: {status}: {reason}")
    if len(bad) > PROBLEMS_SHOWN:
        say(f"    and {len(bad) - PROBLEMS_SHOWN:,} more; the workbook has them all")


def show_summary(summary: Summary) -> None:
    """How a run stands, and what to do next."""
    for words in summary_lines(summary):
        say(words)


def summary_lines(summary: Summary) -> list[str]:
    """How a run stands, and what to do next, in lines."""
    totals = summary.totals
    lines = [
        f"run {summary.run}: {summary.state}" + (f": {summary.why}" if summary.why else ""),
        f"  rows       {totals['rows']['total']:>9,}   {_counts(totals['rows'])}",
        f"  requests   {totals['requests']['total']:>9,}   {_counts(totals['requests'])}",
    ]
    if totals["codes"]:
        lines.append(f"  codes      {_coded(totals['codes'])}")
    if totals["cost"] is not None:
        lines.append(f"  cost       {totals['cost']:>9,.0f} won for what was accepted")
    if summary.sandbox:
        lines.append(f"  {NOTHING_SENT}")
    if summary.report:
        lines.append(f"  workbook   {summary.report}")
    return lines + next_steps(summary)


def next_steps(summary: Summary) -> list[str]:
    """What a person may want to do after a run that is not all accepted."""
    steps = []
    if summary.resume_at is not None:
        steps.append(
            f"`campaign scheduler` or `campaign run-due` goes on with it at {local(summary.resume_at)} (Asia/Seoul)."
        )
    elif summary.state in {RunState.PAUSED, RunState.INTERRUPTED} and summary.totals["rows"].get(str(Status.PENDING)):
        steps.append(f"To go on with what is still to send: campaign resume {summary.run}")
    if summary.totals["rows"].get(str(Status.UNKNOWN)):
        steps.append(
            "Unknown: the gateway was given these and never answered, so they are not sent again by themselves. When "
            f"you know: campaign resolve {summary.run} --sent (or --not-sent)"
        )
    return steps


def show_runs(runs: Iterable[RunRecord]) -> None:
    """One line a run, the newest first."""
    rows = [(run.id, str(run.state), local(run.created_at), run.gateway, run.report or "") for run in runs]
    show_table(("run", "state", "planned", "gateway", "workbook"), rows)


def show_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns under headings, as wide as they need to be."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (room - width(cell)) for cell, room in zip(line, widths, strict=True))
        say("  ".join(cells).rstrip())


def show_preview(message: Mapping[str, object]) -> None:
    """One row's message as its recipient reads it, in a frame as wide as it needs."""
    label = f"row {message['row']}: {message['msgType'] or 'no message'}, {message['bytes'] or 0} bytes"
    if message["status"]:
        label += f" - {message['status']}: {message['reason']}"
    say(label)
    if message["text"] is None:
        return
    lines = str(message["text"]).split("\n")
    if message["title"]:
        lines = [str(message["title"]), *lines]
    room = max(map(width, lines))
    say(f"  ┌{'─' * (room + 2)}┐")
    for line in lines:
        say(f"  │ {line}{' ' * (room - width(line))} │")
    say(f"  └{'─' * (room + 2)}┘")


def width(words: str) -> int:
    """Columns that the words take on a terminal: Hangul takes two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def local(time: datetime | None) -> str:
    """A time in Asia/Seoul, to the second."""
    from campaign.gateway.limits import DATE_FORMAT, ZONE

    return "" if time is None else time.astimezone(ZONE).strftime(DATE_FORMAT)


def _types(types: Mapping[str, int]) -> str:
    return _counts({str(kind): types[kind] for kind in MsgType if kind in types}) or "nothing"


def _coded(codes: Mapping[str, int]) -> str:
    from campaign.gateway.codes import describe

    return " · ".join(f"{code} ({describe(int(code)).english}) {count:,}" for code, count in codes.items())


def _counts(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{key} {count:,}" for key, count in counts.items() if key != "total")
