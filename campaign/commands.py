"""What the commands do, once their words are understood: the terminal's side of the engine."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign import environment, gateways, pipeline, results, screen
from campaign.checking import Checked
from campaign.checking import check as check_rows
from campaign.dispatch import Stop
from campaign.errors import CampaignError
from campaign.journal import open_for_reading, open_for_writing
from campaign.model import RunState, State
from campaign.options import UsageError
from campaign.origin import VENDOR_URL
from campaign.progress import Progress
from campaign.settings import Campaign, refuse_unbuilt
from campaign.signals import granting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.journal import Journal, Reader, RunRecord
    from campaign.pipeline import Summary


class ReportFailed(CampaignError):
    """The run is as it is, but its workbook could not be written."""

    exit_status = 1


@dataclass(frozen=True, slots=True)
class Door:
    """How this command speaks: bars or none, words or JSON, and the places it was given."""

    progress: Progress = field(default_factory=lambda: Progress(shown=False))
    json: bool = False
    report: Path | None = None
    journal: str | None = None

    @property
    def journal_url(self) -> str:
        """The journal's URL."""
        return environment.journal_url(self.journal)

    def place(self, name: str) -> Path:
        """Where a workbook of that name goes."""
        return self.report or environment.reports_folder() / f"{name}.xlsx"

    def show(self, summary: Summary) -> None:
        """A run's numbers, in words or as JSON."""
        if self.json:
            show_json(summary.as_json())
        else:
            screen.show_summary(summary)


def show_json(words: object) -> None:
    """One JSON object alone on standard output."""
    sys.stdout.write(json.dumps(words, ensure_ascii=False, default=str) + "\n")


def check(door: Door, campaign: Campaign, *, gateway_url: str | None) -> int:
    """Check a campaign; the exit status that sending it would lead to."""
    refuse_unbuilt(campaign)
    gateway = _gateway(campaign, gateway_url)
    checked = check_rows(campaign, pipeline.now(), door.progress)
    summary = _check_summary(checked, gateway)
    place = _write(door, results.of_check(checked, gateway, pipeline.now()), door.place(f"{campaign.name}-check"))
    summary = replace(summary, report=place)
    if door.json:
        show_json(summary.as_json())
    else:
        screen.show_check(checked, results.of_check(checked, gateway, pipeline.now()), summary)
        screen.say(f"  workbook   {place}")
        screen.say("Nothing was sent: this was a check.")
    return summary.exit_status


def _check_summary(checked: Checked, gateway: str) -> Summary:
    return pipeline.summarise(results.of_check(checked, gateway, pipeline.now()), None, checked.notes)


def send(door: Door, campaign: Campaign, *, sandbox: bool, gateway_url: str | None, yes: bool, again: bool) -> int:
    """Check a campaign, ask, send it, and report it; the command's exit status."""
    refuse_unbuilt(campaign)
    if sandbox and gateway_url:
        raise UsageError("--sandbox and --gateway-url: one of the two")
    gateway = results.SANDBOX if sandbox else _gateway(campaign, gateway_url)
    gateways.check_keys(gateway)
    asks = not (yes or sandbox)
    if asks and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: add --yes to send without being asked")
    checked = check_rows(campaign, pipeline.now(), door.progress)
    if not door.json:
        found = results.of_check(checked, gateway, pipeline.now())
        screen.show_check(checked, found, _check_summary(checked, gateway))
    if asks and not _agrees(f"Send this through {gateway}?"):
        screen.note("Nothing was sent.")
        return 2
    with open_for_writing(door.journal_url) as journal:
        record = pipeline.plan(journal, checked, gateway, again=again)
        return _dispatch(door, journal, record)


def _gateway(campaign: Campaign, given: str | None) -> str:
    return environment.gateway_url(given) or campaign.gateway.url or VENDOR_URL


def _agrees(question: str) -> bool:
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes", "ㅛ", "예", "네"}


def resume(door: Door, run: str) -> int:
    """Go on with a run; the command's exit status."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        if record.state == RunState.CANCELLED:
            raise UsageError(f"run {record.id} was cancelled: there is nothing to go on with")
        return _dispatch(door, journal, record)


def _dispatch(door: Door, journal: Journal, record: RunRecord) -> int:
    """Send what there is to send of a run, then report it."""
    stop = Stop()
    ledger = _folder(journal) / "sandbox.sqlite3"
    with granting(stop):
        with gateways.connect(record.gateway, api=record.api, in_flight=record.in_flight, ledger=ledger) as client:
            pipeline.dispatch(journal, record, client, door.progress, stop)
        return _report(door, journal, record.id)


def _folder(journal: Reader) -> Path:
    return journal.path.parent if journal.path else environment.reports_folder()


def _report(door: Door, journal: Journal, run: str) -> int:
    record = journal.run(run)
    result = results.of_run(journal, record)
    place = _write(door, result, door.place(record.id))
    journal.set_report(record.id, place)
    summary = pipeline.summarise(result, place)
    door.show(summary)
    return summary.exit_status


def _write(door: Door, result: Any, place: Path) -> str:  # noqa: ANN401 - a model.Result
    try:
        return str(pipeline.report(result, place, door.progress))
    except OSError as problem:
        hint = f" `campaign report {result.run.id}` writes it again." if result.run.id else ""
        raise ReportFailed(f"the workbook {place} could not be written: {problem.strerror or problem}.{hint}") from None


def report(door: Door, run: str) -> None:
    """Write a run's workbook again, from the journal alone."""
    with open_for_reading(door.journal_url) as journal:
        record = journal.run(run)
        result = results.of_run(journal, record)
        place = _write(door, result, door.place(record.id))
        door.show(pipeline.summarise(result, place))


def status(door: Door, run: str) -> None:
    """Show a run's counts."""
    with open_for_reading(door.journal_url) as journal:
        record = journal.run(run)
        door.show(pipeline.summarise(results.of_run(journal, record), record.report))


def story(door: Door, run: str, no: int) -> None:
    """Show everything that happened to one request."""
    with open_for_reading(door.journal_url) as journal:
        record = journal.run(run)
        events = journal.events(record.id, no)
    if not events and no not in range(1, 1 + sum(_counts(door, record.id).values())):
        raise UsageError(f"run {record.id} has no request {no}")
    if door.json:
        show_json({"run": record.id, "request": no, "events": events})
        return
    rows = [
        (
            screen.local(event["at"]),
            str(event["state"]),
            "" if event["attempt"] is None else str(event["attempt"]),
            "" if event["code"] is None else str(event["code"]),
            event["cause"] or "",
        )
        for event in events
    ]
    screen.show_table(("time", "became", "attempt", "code", "cause"), rows)


def _counts(door: Door, run: str) -> dict[State, int]:
    with open_for_reading(door.journal_url) as journal:
        return journal.counts(run)


def runs(door: Door) -> None:
    """List all runs."""
    with open_for_reading(door.journal_url) as journal:
        records = journal.runs()
    if not door.json:
        screen.show_runs(records)
        return
    show_json(
        {
            "runs": [
                {
                    "run": record.id,
                    "name": record.name,
                    "state": str(record.state),
                    "planned": record.created_at.isoformat(),
                    "gateway": record.gateway,
                    "report": record.report,
                }
                for record in records
            ]
        }
    )


def resolve(door: Door, run: str, *, sent: bool, only: Sequence[int] | None, yes: bool) -> None:
    """Take a person's word on unknown requests, and report the run anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        journal.give_up_orphans(record.id, pipeline.now())
        unknown = journal.requests(record.id).query("state == 'unknown'")
        if only is not None:
            _refuse_others(record.id, only, unknown["no"].tolist())
            unknown = unknown[unknown["no"].isin(only)]
        word = "sent" if sent else "not sent, to be sent again by `campaign resume`"
        screen.note(f"{len(unknown)} unknown requests, {unknown['recipients'].sum():,} recipients: {word}")
        if not len(unknown) or not _is_sure(yes=yes):
            raise UsageError("nothing was changed")
        journal.resolve(record.id, sent=sent, now=pipeline.now(), only=unknown["no"].tolist())
        _settle_state(journal, record)
        _report(door, journal, record.id)


def _refuse_others(run: str, asked: Sequence[int], unknown: Sequence[int]) -> None:
    for no in asked:
        if no not in unknown:
            raise UsageError(f"run {run}: request {no} is not unknown; unknown are: {_few(unknown)}")


def _few(numbers: Sequence[int]) -> str:
    shown: Final = 20
    words = ", ".join(map(str, numbers[:shown])) or "none"
    return words + (", ..." if len(numbers) > shown else "")


def _is_sure(*, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on: add --yes")
    return _agrees("Go on?")


def _settle_state(journal: Journal, record: RunRecord) -> None:
    """The run's state after a person changed its requests."""
    left = journal.counts(record.id).get(State.PLANNED, 0)
    if left and record.state == RunState.FINISHED:
        journal.stop(record.id, RunState.PAUSED, "requests were found not to have been sent", pipeline.now())
    elif not left and record.state in {RunState.PAUSED, RunState.INTERRUPTED, RunState.RUNNING}:
        journal.stop(record.id, RunState.FINISHED, None, pipeline.now())


def cancel(door: Door, run: str, *, yes: bool) -> None:
    """Cancel what a run has still to send, and report it anew."""
    with open_for_writing(door.journal_url) as journal:
        record = journal.run(run)
        journal.give_up_orphans(record.id, pipeline.now())
        left = journal.counts(record.id).get(State.PLANNED, 0)
        screen.note(f"run {record.id}: {left} requests are still to send")
        if not left:
            raise UsageError("nothing was changed: there is nothing left to cancel")
        if not _is_sure(yes=yes):
            raise UsageError("nothing was changed")
        journal.cancel(record.id, pipeline.now())
        journal.stop(record.id, RunState.CANCELLED, "cancelled by a person", pipeline.now())
        _report(door, journal, record.id)


def codes(door: Door) -> None:
    """List the gateway's codes."""
    from campaign.gateway.codes import CODES

    if door.json:
        words = [
            {"code": one.number, "korean": one.korean, "english": one.english, "policy": str(one.policy)}
            for one in CODES.values()
        ]
        show_json({"codes": words})
        return
    rows = [(str(one.number), one.english, str(one.policy), one.todo, one.korean) for one in CODES.values()]
    screen.show_table(("code", "meaning", "what is done", "what you do", "the vendor's words"), rows)


MESSAGES_SHOWN: Final = 3
"""Messages that a preview shows unless a row is named."""


def preview(door: Door, campaign: Campaign, *, row: int | None) -> None:
    """Show messages as their recipients will read them."""
    refuse_unbuilt(campaign)
    checked = check_rows(campaign, pipeline.now(), door.progress)
    table = checked.table
    if row is not None:
        chosen = table[table["row"] == row]
        if not len(chosen):
            raise UsageError(f"row {row}: there is no recipient in that row (rows {_range(checked)})")
    else:
        going = table[table["status"].isna() & table["text"].notna()].drop_duplicates("text")
        ends = going.iloc[:0] if not len(going) else going.loc[[going["bytes"].idxmax(), going["bytes"].idxmin()]]
        by_type = going.drop_duplicates("msgType")
        chosen = table.loc[sorted({*by_type.index, *ends.index, *going.index[:MESSAGES_SHOWN]})]
    columns = ["row", "status", "reason", "number", "sender", "msgType", "bytes", "title", "text", "date"]
    messages = [
        {str(key): None if value is None or value != value else value for key, value in line.items()}  # noqa: PLR0124
        for line in chosen[columns].astype(object).where(chosen[columns].notna(), None).to_dict("records")
    ]
    if door.json:
        show_json({"messages": messages})
        return
    for message in messages:
        label = f"row {message['row']}: {message['msgType'] or 'no message'}, {message['bytes'] or 0} bytes"
        if message["status"]:
            label += f" - {message['status']}: {message['reason']}"
        if message["text"] is None:
            screen.say(label)
        else:
            screen.show_message(label, message)


def _range(checked: Checked) -> str:
    rows = checked.table["row"]
    return f"{rows.min()} to {rows.max()}"
