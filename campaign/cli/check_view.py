"""Shows a check on the terminal: what will be sent, what will not and why, the price and the duration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.cli.layout import pad
from campaign.cli.terminal import counts_in_words, fact, remark, say, say_statuses, types_in_words
from campaign.engine import estimate
from campaign.model import Status
from campaign.model.i18n import _, ngettext
from campaign.model.reasons import decode
from campaign.model.sentences import sentence
from campaign.model.text import display_width
from campaign.recipients.numbers.sender import hyphenated
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from campaign.engine.checking.checked import AdvertisingFinding, Checked
    from campaign.engine.summary import Summary
    from campaign.model import Result

PROBLEMS_SHOWN: Final = 5
"""Problem rows shown on the terminal; the workbook has them all."""

SENDERS_SHOWN: Final = 3
"""Sender numbers shown on the terminal; a column of the spreadsheet may give each row its own."""

VALUE_SHOWN: Final = 24
"""Characters of a cell's value that are shown."""


def show_check(checked: Checked, result: Result, summary: Summary, *, override: bool = False) -> None:
    """Show a check; with `override`, broken rules of advertising do not stop the send."""
    totals, table = summary.totals, checked.table
    pending = totals["rows"].get(str(Status.PENDING), 0)
    say(
        ngettext(
            "{name}: 1 row in {files}",
            "{name}: {count:,} rows in {files}",
            totals["rows"]["total"],
            name=checked.campaign.name,
            files=_sources(checked),
        )
    )
    say(fact(_("to send"), f"{pending:>9,}   {types_in_words(totals['types'])}"))
    left_out = {key: count for key, count in totals["rows"].items() if key not in {"total", str(Status.PENDING)}}
    if left_out:
        say_statuses(fact(_("left out"), f"{sum(left_out.values()):>9,}   {counts_in_words(left_out)}"))
    going = table.loc[table["request"].notna(), ["sender", "date"]]
    if requests := totals["requests"]["total"]:
        say(fact(_("requests"), f"{requests:>9,}   {_time(checked, requests)}"))
        say(fact(_("sender"), senders_in_words(going)))
    if (cost := totals["planned"]) is not None:
        say(fact(_("price"), _("{cost:>9,.0f} won", cost=cost)))
    if times := reservations_in_words(going):
        say(fact(_("reserved"), f"{going['date'].count():>9,}   {times}"))
    _show_problems(checked, result)
    _show_found(summary.found, override=override)
    for words in [*_remarks(result), *_bytes_advice(checked), *summary.notes]:
        remark(words)


def _sources(checked: Checked) -> str:
    return ", ".join(
        source.file + (f" ({source.sheet})" if source.sheet else "") for source in checked.recipients.sources
    )


def _time(checked: Checked, requests: int) -> str:
    pace = checked.campaign.gateway
    length = estimate.format_duration(estimate.duration(requests, in_flight=pace.in_flight, rate=pace.rate))
    by_rate = pace.rate is not None and estimate.requests_per_second(pace.in_flight, pace.rate) == pace.rate
    if by_rate:
        return _("about {length}, at {rate:g} a second", length=length, rate=pace.rate)
    return _("about {length}, {in_flight} at once", length=length, in_flight=pace.in_flight)


def senders_in_words(going: pd.DataFrame) -> str:
    """The sender numbers of the rows that will be sent, the first few of them."""
    found = [hyphenated(number) for number in sorted(going["sender"].unique())]
    shown = ", ".join(found[:SENDERS_SHOWN])
    more = len(found) - SENDERS_SHOWN
    return shown if more <= 0 else ngettext("{numbers} and 1 more", "{numbers} and {count:,} more", more, numbers=shown)


def reservations_in_words(going: pd.DataFrame) -> str | None:
    """The first and last time for which rows that will be sent are reserved; None if they are not."""
    dates = going["date"].dropna()
    if not len(dates):
        return None
    first, last = dates.min(), dates.max()
    return str(first) if first == last else _("{first} to {last}", first=first, last=last)


def _remarks(result: Result) -> list[str]:
    """How many rows have a note (a repaired number, a doubt), with the first of them."""
    told = result.rows.index[(result.rows["status"] == str(Status.PENDING)) & result.rows["reason"].notna()]
    if not len(told):
        return []
    [row] = _names(result, told[:1])
    return [
        ngettext(
            "1 row has a note, such as {row}: {reason}",
            "{count:,} rows have a note, such as {row}: {reason}; the workbook has them all",
            len(told),
            row=row,
            reason=sentence(result.rows["reason"][told[0]]),
        )
    ]


def _bytes_advice(checked: Checked) -> Sequence[str]:
    """What fewer bytes would save, if the type follows from the length."""
    from campaign.messages import length_advice

    if checked.campaign.message.msg_type is not None:
        return ()
    going = checked.table[checked.table["status"].isna()]
    return length_advice.examine(going, checked.recipients.columns, checked.places, checked.campaign.prices).sentences


def _show_problems(checked: Checked, result: Result) -> None:
    """The first rows to fix, by their row in the spreadsheet, with the cell to fix and its value."""
    bad = result.rows.index[result.rows["status"] == str(Status.INVALID)]
    if not len(bad):
        return
    words = _("rows to fix ({count:,}):", count=len(bad))
    say(f"  {words}")
    shown = bad[:PROBLEMS_SHOWN]
    rows = _names(result, shown)
    room = max(map(display_width, rows))
    for row, place in zip(rows, shown, strict=True):
        say(f"    {pad(row, room)}  {_cell(checked, place)}{sentence(result.rows['reason'][place])}")
    if more := len(bad) - len(shown):
        words = ngettext("and 1 more; the workbook has them all", "and {count:,} more; the workbook has them all", more)
        say(f"    {words}")


def _names(result: Result, places: pd.Index) -> list[str]:
    """The rows by their numbers, with the file if there are several files."""
    rows = result.rows.loc[places]
    if "file" not in rows:
        return [_("row {row}", row=row) for row in rows["row"]]
    return [_("row {row} of {file}", row=row, file=file) for row, file in zip(rows["row"], rows["file"], strict=True)]


def _cell(checked: Checked, place: int) -> str:
    """The cell to fix: its heading and value, unless the reason already has them."""
    columns = [column for column in checked.recipients.columns if column.name == checked.fix[place]]
    if not columns:
        return ""
    value = column_types.text(checked.table[columns[0].name].iloc[[place]].array.__arrow_array__())[0].as_py()
    heading = " ".join(columns[0].heading.split())
    parameters = decode(checked.table["reason"][place])[0][1]
    if "heading" in parameters:
        return ""
    if value is None or "value" in parameters:
        return f"{heading}: "
    return f"{heading} {_short(value)!r}: "


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= VALUE_SHOWN else f"{line[: VALUE_SHOWN - 1]}…"


def _show_found(found: Iterable[AdvertisingFinding], *, override: bool) -> None:
    """Show the findings of the advertising rules, each with its rule."""
    stops = _("overridden") if override else _("ERROR")
    for one in found:
        say(fact(stops if one.stops else _("warning"), _("advertising: {finding}", finding=one.sentence)))
        say(fact("", _("rule: {rule}", rule=str(one.rule))))
