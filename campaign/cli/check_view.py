"""Shows a check on the terminal: what will be sent, what will not and why, the price and the duration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.cli.terminal import counts_in_words, note, say, types_in_words
from campaign.engine import estimate
from campaign.model import Status
from campaign.model.reasons import decode
from campaign.model.sentences import sentence
from campaign.model.text import display_width
from campaign.recipients.spreadsheets import column_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from campaign.engine.checking.checked import AdvertisingFinding, Checked
    from campaign.engine.summary import Summary
    from campaign.model import Result

PROBLEMS_SHOWN: Final = 5
"""Problem rows shown on the terminal; the workbook has them all."""

VALUE_SHOWN: Final = 24
"""Characters of a cell's value that are shown."""


def show_check(checked: Checked, result: Result, summary: Summary, *, override: bool = False) -> None:
    """Show a check; with `override`, broken rules of advertising do not stop the send."""
    totals, table = summary.totals, checked.table
    pending = totals["rows"].get(str(Status.PENDING), 0)
    say(f"{checked.campaign.name}: {totals['rows']['total']:,} rows in {_sources(checked)}")
    say(f"  to send    {pending:>9,}   {types_in_words(totals['types'])}")
    left_out = {key: count for key, count in totals["rows"].items() if key not in {"total", str(Status.PENDING)}}
    if left_out:
        say(f"  left out   {sum(left_out.values()):>9,}   {counts_in_words(left_out)}")
    if requests := totals["requests"]["total"]:
        say(f"  requests   {requests:>9,}   {_time(checked, requests)}")
    if (cost := totals["planned"]) is not None:
        say(f"  price      {cost:>9,.0f} won")
    if reserved := _reserved(table):
        say(f"  reserved   {reserved}")
    _show_problems(checked, result)
    _show_found(summary.found, override=override)
    for words in [*_remarks(result), *_bytes_advice(checked), *summary.notes]:
        note(f"note: {words}")


def _sources(checked: Checked) -> str:
    return ", ".join(
        source.file + (f" ({source.sheet})" if source.sheet else "") for source in checked.recipients.sources
    )


def _time(checked: Checked, requests: int) -> str:
    pace = checked.campaign.gateway
    length = estimate.format_duration(estimate.duration(requests, in_flight=pace.in_flight, rate=pace.rate))
    by_rate = pace.rate is not None and estimate.requests_per_second(pace.in_flight, pace.rate) == pace.rate
    return f"about {length}, " + (f"at {pace.rate:g} a second" if by_rate else f"{pace.in_flight} at once")


def _reserved(table: pd.DataFrame) -> str | None:
    dates = table.loc[table["request"].notna(), "date"].dropna()
    if not len(dates):
        return None
    first, last = dates.min(), dates.max()
    return f"{len(dates):>9,}   {first}" + ("" if first == last else f" to {last}")


def _remarks(result: Result) -> list[str]:
    """How many rows have a note (a repaired number, a doubt), with the first of them."""
    told = result.rows.index[(result.rows["status"] == str(Status.PENDING)) & result.rows["reason"].notna()]
    if not len(told):
        return []
    [name] = _names(result, told[:1])
    more = "; the workbook has them all" if len(told) > 1 else ""
    rows = "row has" if len(told) == 1 else "rows have"
    return [f"{len(told):,} {rows} a note, such as row {name}: {sentence(result.rows['reason'][told[0]])}{more}"]


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
    say(f"  rows to fix ({len(bad):,}):")
    shown = bad[:PROBLEMS_SHOWN]
    rows = [f"row {name}" for name in _names(result, shown)]
    room = max(map(display_width, rows))
    for row, place in zip(rows, shown, strict=True):
        reason = f"{_cell(checked, place)}{sentence(result.rows['reason'][place])}"
        say(f"    {row}{' ' * (room - display_width(row))}  {reason}")
    if len(bad) > len(shown):
        say(f"    and {len(bad) - len(shown):,} more; the workbook has them all")


def _names(result: Result, places: pd.Index) -> list[str]:
    """Row numbers, with the file if there are several files."""
    rows = result.rows.loc[places]
    if "file" not in rows:
        return [f"{row}" for row in rows["row"]]
    return [f"{row} of {file}" for row, file in zip(rows["row"], rows["file"], strict=True)]


def _cell(checked: Checked, place: int) -> str:
    """The cell to fix: its heading and value, unless the reason already has them."""
    columns = [column for column in checked.recipients.columns if column.name == checked.fix[place]]
    if not columns:
        return ""
    value = column_types.text(checked.table[columns[0].name].iloc[[place]].array.__arrow_array__())[0].as_py()
    heading = " ".join(columns[0].heading.split())
    [(_, parameters), *_] = decode(checked.table["reason"][place])
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
    for one in found:
        stops = "overridden" if override else "ERROR"
        say(f"  {stops if one.stops else 'warning':10} advertising: {one.sentence}")
        say(f"             rule: {one.rule}")
