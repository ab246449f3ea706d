"""What the check process knows of campaigns: their lists as they were read, their last checks, and answers on both."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from campaign import engine
from campaign.config.campaign_file import build
from campaign.config.environment import Environment
from campaign.engine import estimate, opt_outs, sending_hours
from campaign.engine.checking.causes import NoSuchCause
from campaign.engine.checking.early_start import EarlyStart
from campaign.engine.column_facts import column_cells
from campaign.engine.history import AlreadySent
from campaign.engine.preflight import AboveCeiling
from campaign.engine.reports import ReportTarget, write_report
from campaign.messages import advertising, choose_rows, images, length_advice, placeholders
from campaign.messages.templates.column_names import Names
from campaign.model import Status, i18n, schema, times
from campaign.model.errors import CampaignError, RecipientsError, Refused
from campaign.model.i18n import _
from campaign.model.reasons import Reason
from campaign.model.sentences import sentence
from campaign.recipients.numbers.sender import hyphenated
from campaign.recipients.spreadsheets import column_types, headings
from campaign.web import drafts
from campaign.web.spare_pool import SparePool

Answer: TypeAlias = dict[str, object]

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign.model import Column, Recipients, Result, Source
    from campaign.web.drafts import Draft

KEPT_ROWS: Final = 1_500_000
"""Rows of lists, and of checks, that are kept in memory; the oldest are forgotten first."""

KEPT_IDLE_ROWS: Final = 100_000
"""Those that are kept while nobody asks for them: to read and check so many again takes seconds."""

FIXES_SHOWN: Final = 50
NOTES_SHOWN: Final = 20

_SAFE: Final = frozenset({Reason.REPLACEABLE_CHARACTER, Reason.REMOVABLE_CHARACTER})


class NotChecked(CampaignError):
    """The campaign was changed since its last check, or was not checked yet."""

    def __init__(self) -> None:
        super().__init__(_("This was changed since the last check. Check it again."))


class NoList(RecipientsError):
    """The campaign has no list yet."""


class CellChanged(CampaignError):
    """The cell to fix says something else by now."""


class WrongPicture(CampaignError):
    """A file is not a picture that can be sent."""


class WrongOptOuts(RecipientsError):
    """A file is not a list of opt-outs that can be used."""


class WhichColumn(RecipientsError):
    """The column of the phone numbers is not known: none looks like one, or several do."""


@dataclass(slots=True)
class _List:
    """A list as it was read, without fixes."""

    recipients: Recipients
    lengths: engine.ListLengths


@dataclass(slots=True)
class _Check:
    """A check with what is shown of it."""

    checked: engine.Checked
    result: Result
    summary: engine.Summary
    causes: list[engine.Cause]
    earlier: AlreadySent | None
    similar: str | None
    plan: str
    turn: int
    answers: dict[str, Answer] = field(default_factory=dict)  # by language


@dataclass(slots=True)
class Checks:
    """Lists and checks by the digest of what they depend on."""

    _lists: OrderedDict[str, _List] = field(default_factory=OrderedDict)
    _checks: OrderedDict[str, _Check] = field(default_factory=OrderedDict)
    _last_of: dict[str, str] = field(default_factory=dict)  # the last check of a campaign, by its id
    _spare: SparePool = field(default_factory=SparePool)

    def close(self) -> None:
        """End the processes that were started."""
        self._spare.close()

    # -- the list

    def columns(self, draft: Draft, progress: engine.Progress) -> Answer:
        """The columns of the list.

        Raises:
            NoList: there is no spreadsheet yet.
            WhichColumn: the phone column has to be chosen.
            RecipientsError: a spreadsheet cannot be used.
        """
        recipients = self._read(draft, progress).recipients
        facts = engine.list_columns(recipients)
        table = recipients.table
        return _shortened(
            draft,
            {
                "rows": len(table),
                "sources": [{"file": Path(one.file).name, "sheet": one.sheet} for one in recipients.sources],
                "hidden": int(table["hidden"].sum()),
                "phone": next(one.heading for one in recipients.columns if one.name == recipients.phone),
                "columns": [
                    {
                        "heading": one.heading,
                        "expression": one.expression,
                        "kind": one.kind,
                        "example": one.example,
                        "empty": one.empty,
                    }
                    for one in facts
                ],
                "notes": list(map(sentence, recipients.notes)),
            },
        )

    def glance(self, draft: Draft, sheet: str | None) -> Answer:
        """The sheets and the first rows of the first spreadsheet."""
        if not draft.lists:
            raise NoList(_("There is no list yet."))
        section = drafts.read(draft).get("recipients", {})
        found = engine.glance(draft.folder / drafts.LIST / draft.lists[0], sheet or section.get("sheet") or None)
        return {
            "file": draft.lists[0],
            "sheets": list(found.sheets),
            "sheet": found.sheet,
            "rows": [list(row) for row in found.rows],
            "header": found.header,
            "phones": list(found.phones),
        }

    # -- the check

    def check(self, draft: Draft, progress: engine.Progress, turn: int = 0) -> Answer:
        """The check: made anew if anything of the campaign has changed, or `turn` is not that of the last check.

        Raises:
            CampaignError: the list, the message or the settings as a whole cannot be used.
        """
        found = self._checked(draft, progress, turn)
        if i18n.language() not in found.answers:
            found.answers[i18n.language()] = self._summary(draft, found)
        return found.answers[i18n.language()]

    def _summary(self, draft: Draft, found: _Check) -> Answer:
        checked, totals = found.checked, found.summary.totals
        pace = checked.campaign.gateway
        requests = totals["requests"]["total"]
        return _shortened(
            draft,
            {
                "json": found.summary.as_json(),
                "inputs": drafts.inputs(draft),
                "plan": found.plan,
                "goes": totals["rows"].get(str(Status.PENDING), 0),
                "total": totals["rows"]["total"],
                "left_out": {key: n for key, n in totals["rows"].items() if key not in {"total", str(Status.PENDING)}},
                "types": totals["types"],
                "price": totals["planned"],
                "prices": {str(kind): won for kind, won in checked.campaign.prices.items()},
                "requests": requests,
                "in_flight": pace.in_flight,
                "takes": estimate.format_duration(estimate.duration(requests, in_flight=pace.in_flight, rate=pace.rate))
                if requests
                else "",
                "senders": [
                    hyphenated(number)
                    for number in sorted(checked.table.loc[checked.table["request"].notna(), "sender"].unique())
                ],
                "repaired": int(checked.table["note"].str.contains(f'"{Reason.REPAIRED}"', regex=False).sum()),
                "causes": [self._cause(found, one) for one in found.causes],
                "findings": [
                    {"words": one.sentence, "rule": str(one.rule), "stops": one.stops} for one in checked.found
                ],
                "notes": list(map(sentence, checked.notes)),
                "ceiling": _above_ceiling(checked),
                "holiday": sending_hours.moved_by_holidays(checked.campaign, engine.now()),
                "advice": _advice(checked),
                "earlier": None
                if found.earlier is None
                else {
                    "run": found.earlier.run,
                    "state": str(found.earlier.state),
                    "at": found.earlier.at.isoformat(),
                },
                "similar": found.similar,
                "fixes": self._fixes(draft),
                "is_practice": checked.practice,
                "is_advertisement": checked.campaign.message.advertisement,
            },
        )

    def rows(self, draft: Draft, *, cause: str, page: int) -> Answer:
        """The rows of a cause on a page.

        Raises:
            NotChecked: the check is not that of the campaign as it is now.
            NoSuchCause: no row has it.
        """
        found = self._known(draft)
        one = next((one for one in found.causes if one.id == cause), None)
        if one is None:
            raise NoSuchCause
        pages = max(1, -(-one.count // 50))
        page = min(max(page, 1), pages)
        fixing = _index(found.checked, one)
        shown = _columns_shown(found.checked, fixing)
        rows = engine.rows_of_cause(found.checked, one, page)
        return _shortened(
            draft,
            {
                "cause": self._cause(found, one),
                "page": page,
                "pages": pages,
                "first": (page - 1) * 50 + 1,
                "headings": [found.checked.recipients.columns[at].heading for at in shown],
                "fix": shown.index(fixing) if fixing is not None else None,
                "has_files": len(found.checked.recipients.sources) > 1,
                "rows": [
                    {
                        "place": row.place,
                        "row": row.row,
                        "file": Path(row.file).name,
                        "sheet": row.sheet,
                        "value": row.value,
                        "reason": row.reason,
                        "cells": [_cut(row.cells[at]) for at in shown],
                    }
                    for row in rows
                ],
            },
        )

    def messages(self, draft: Draft, *, row: int | None = None, step: int = 0) -> Answer:
        """Messages as their recipients will read them: of a row, or of the one `step` rows further that has one.

        Raises:
            NotChecked: the check is not that of the campaign as it is now.
            NoSuchRow: there is no recipient in `row`.
        """
        checked = self._known(draft).checked
        if row is not None and step:
            made = checked.table.loc[checked.table["text"].notna(), "row"]
            beyond = made[made > row] if step > 0 else made[made < row]
            row = row if beyond.empty else int(beyond.min() if step > 0 else beyond.max())
        found = engine.preview(checked, row=row)
        return {"messages": [_message(one, checked) for one in found]}

    def workbook(self, draft: Draft, progress: engine.Progress, language: str) -> Answer:
        """Write the check workbook, in this language; its path."""
        found = self._checked(draft, progress)
        folder = draft.folder / "check"
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in folder.iterdir():
            old.unlink(missing_ok=True)
        target = ReportTarget(file=folder / f"{drafts.inputs(draft)[:12]}.xlsx", language=language)
        return {"path": write_report(found.result, "check", target, progress)}

    def condition(self, draft: Draft, *, words: str) -> Answer:
        """How many rows of the list a condition leaves out, and for how many it cannot be decided.

        Raises:
            NotChecked: the list was not read yet.
            TemplateError: it cannot be used for any row.
        """
        recipients = self._list_of(draft).recipients
        with self._spare.taken() as pool:
            found = choose_rows(recipients, words, engine.now(), pool=pool, label=_("Condition"))
        return {
            "rows": len(recipients.table),
            "left_out": int(found.left_out.sum()),
            "failed": int(found.failed.count()),
        }

    def try_settings(self, draft: Draft, *, settings: Mapping[str, Mapping[str, object]]) -> Answer:
        """Whether the campaign can have these settings: values by section and key; None removes a key.

        Raises:
            SettingsError: a value is wrong, or contradicts another one.
        """
        values = drafts.read(draft).unwrap()
        for section, given in settings.items():
            merged = values.get(section, {}) | given
            values[section] = {key: value for key, value in merged.items() if value is not None}
        build(values, folder=draft.folder, place=_("Settings"))
        return {}

    # -- the message

    def look(self, draft: Draft, *, message: Mapping[str, Any], sender: str, prices: Mapping[str, float]) -> Answer:
        """What a message would look like; nothing is saved.

        Raises:
            NotChecked: the list was not read yet.
            TemplateError: the template cannot be used for any row.
            SettingsError: the message as a whole cannot be sent.
        """
        lists = self._lists.get(drafts.list_version(draft))
        if lists is None:
            raise NotChecked
        values = drafts.values(draft)
        values.get("recipients", {}).pop("fixes", None)
        values |= {
            "sender": sender or _ANY_SENDER,
            "message": {**message, "text": message["text"] or " "},
            "prices": prices,
        }
        campaign = _labelled(build(values, folder=draft.folder, place=_("Message")))
        with self._spare.taken() as pool:
            found = engine.sample(lists.lengths, campaign, engine.now(), pool=pool)
        return _shortened(
            draft,
            {
                "messages": [_message(one, None) for one in found.shown],
                "longest": found.longest,
                "is_certain": found.is_certain,
                "types": found.types,
                "cuts": [{"bytes": one.bytes, "rows": one.rows, "saved": one.saved} for one in found.cuts],
                "failed": None
                if found.failed is None
                else {
                    "row": found.failed.facts["row"],
                    "reason": found.failed.facts["reason"],
                },
            },
        )

    def prepare(
        self, draft: Draft, *, text: str, is_advertisement: bool, advertiser: str, refusal_number: str
    ) -> Answer:
        """The text as it is saved: placeholders of other services rewritten, and what an advertisement needs put in."""
        lists = self._lists.get(drafts.list_version(draft))
        converted: list[Answer] = []
        if lists is not None:
            names = Names.of([column.heading for column in lists.recipients.columns])
            converted = [
                {"was": one.written, "now": placeholders.spelling(one.place, names)}
                for one in placeholders.find(text, names)
                if one.certain and one.place is not None
            ]
            text = placeholders.rewritten(text, names)
        if is_advertisement:
            text = advertising.complete(text, advertiser, refusal_number)
        return {"text": text, "converted": converted, "refusal_number": advertising.refusal_number(text)}

    def picture(self, draft: Draft, *, path: str) -> Answer:
        """Fit a picture to what phones take; answers the name under which it lies in the campaign's folder.

        Raises:
            WrongPicture: it is not a picture, or cannot be fitted.
        """
        try:
            fitted = images.fit(Path(path))
        except Refused as problem:
            raise WrongPicture(str(problem).replace(path, _("The file"))) from None
        folder = draft.folder / drafts.PICTURES
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{fitted.digest[:16]}.jpg"
        (folder / name).write_bytes(fitted.data)
        return {"name": f"{drafts.PICTURES}/{name}", "bytes": len(fitted.data)}

    def with_default(self, draft: Draft, *, heading: str, words: str) -> Answer:
        """The message with words for the empty cells of a column.

        Raises:
            NotChecked: the list was not read yet, or has no such column.
        """
        names = Names.of([column.heading for column in self._list_of(draft).recipients.columns])
        if heading not in names.headings:
            raise NotChecked
        return {"text": placeholders.with_default(drafts.message(draft), names.headings[heading], names, words)}

    # -- fixes

    def fix(self, draft: Draft, *, place: int, row: int, cause: str, was: str, value: str, by: str) -> Answer:
        """Correct a cell; what the row comes to, by itself.

        Args:
            draft: the campaign.
            place: the row's place in the check.
            row: its number in the sheet.
            cause: the id of the cause that the row was shown for; it names the column.
            was: what the page showed in the cell.
            value: what it says instead.
            by: who corrects it.

        Raises:
            NotChecked: the check is not that of the campaign as it is now.
            CellChanged: the cell says something else by now.
        """
        found = self._last(draft)
        raw = self._list_of(draft).recipients
        column = _column_of(raw, cause)
        place, source, original = _original(raw, found.checked, place, row, column)
        path = draft.folder / drafts.FIXES
        fixes = list(engine.read_fixes(path))
        file = Path(source.file).relative_to(draft.folder).as_posix()
        new = engine.Fix(
            file=file,
            sheet=source.sheet or "",
            row=row,
            heading=column.heading,
            was=original,
            value=value.strip(),
            by=by,
            at=datetime.now(times.SEOUL).isoformat(timespec="seconds"),
        )
        before = [one for one in fixes if one.cell == new.cell]
        now = before[-1].value if before else original
        if now != was:
            raise CellChanged(_("Row {row}: this cell says '{value}' by now.", row=row, value=now))
        fixes = [one for one in fixes if one.cell != new.cell]
        fixes += [new] if new.value != original else []
        engine.write_fixes(path, fixes)
        of_row = [one for one in fixes if (one.file, one.sheet, one.row) == (new.file, new.sheet, new.row)]
        with self._spare.taken() as pool:
            judged = engine.judge_row(raw, place, of_row, found.checked, engine.now(), pool=pool)
        status, reason = judged.table["status"].iloc[0], judged.table["reason"].iloc[0]
        goes = judged.table["status"].isna().iloc[0]
        return _shortened(
            draft,
            {
                "row": row,
                "value": new.value,
                "goes": bool(goes),
                "status": None if goes else str(status),
                "reason": "" if goes else sentence(str(reason)),
                "is_fixed": new.value != original,
                "file": new.file,
                "sheet": new.sheet,
                "heading": new.heading,
            },
        )

    def unfix(self, draft: Draft, *, file: str, sheet: str, row: int, heading: str) -> Answer:
        """Take the fixes of a cell back."""
        path = draft.folder / drafts.FIXES
        fixes = engine.read_fixes(path)
        engine.write_fixes(path, [one for one in fixes if one.cell != (file, sheet, row, heading)])
        return {}

    # -- opt-outs

    def opt_out_file(self, *, path: str, name: str, into: str) -> Answer:
        """Read the numbers of an uploaded opt-out list and write them into the file `into`, one a line.

        Raises:
            WrongOptOuts: the file cannot be read, has no number, or has numbers with hidden digits.
        """
        try:
            found = opt_outs.read_file(Path(path))
        except RecipientsError as problem:
            raise WrongOptOuts(str(problem).replace(path, name)) from None
        Path(into).write_text("\n".join(found.numbers.to_pylist()), encoding="ascii")
        notes = [sentence(note).replace(path, name) for note in found.notes[:NOTES_SHOWN]]
        return {"count": len(found.numbers), "notes": notes}

    # -- what is kept

    @property
    def is_large(self) -> bool:
        """Whether it keeps more than should be kept while nobody asks for it."""
        lists = sum(len(one.recipients.table) for one in self._lists.values())
        return max(lists, sum(len(one.checked.table) for one in self._checks.values())) > KEPT_IDLE_ROWS

    def _read(self, draft: Draft, progress: engine.Progress) -> _List:
        key = drafts.list_version(draft)
        found = self._lists.get(key)
        if found is None:
            if not draft.lists:
                raise NoList(_("There is no list yet."))
            section = drafts.values(draft).get("recipients", {})
            section.pop("fixes", None)
            values = {"name": "x", "sender": _ANY_SENDER, "recipients": section, "message": {"text": "x"}}
            campaign = build(values, folder=draft.folder, place=drafts.FILE)
            with EarlyStart(campaign) as started:
                try:
                    recipients = engine.read_recipients(started, campaign, progress)
                except (headings.NoPhoneColumn, headings.TwoPhoneColumns) as problem:
                    raise WhichColumn(str(problem)) from None
            found = _List(recipients, engine.ListLengths(recipients))
            _keep(self._lists, key, found, lambda one: len(one.recipients.table))
        self._lists.move_to_end(key)
        return found

    def _list_of(self, draft: Draft) -> _List:
        found = self._lists.get(drafts.list_version(draft))
        if found is None:
            raise NotChecked
        return found

    def _checked(self, draft: Draft, progress: engine.Progress, turn: int | None = None) -> _Check:
        key = drafts.inputs(draft)
        found = self._checks.get(key)
        if found is None or turn not in {None, found.turn}:
            recipients = self._read(draft, progress).recipients
            campaign = _labelled(engine.load_campaign(draft.file))
            with self._spare.taken() as pool:
                checked = engine.judge(
                    engine.with_fixes(recipients, campaign), campaign, engine.now(), progress, pool=pool
                )
            found = _looked_back(checked, turn or 0)
            _keep(self._checks, key, found, lambda one: len(one.checked.table))
            self._last_of[draft.id] = key
        self._checks.move_to_end(key)
        return found

    def _known(self, draft: Draft) -> _Check:
        """The check of the campaign as it is now."""
        found = self._checks.get(drafts.inputs(draft))
        if found is None:
            raise NotChecked
        return found

    def _last(self, draft: Draft) -> _Check:
        """The last check of the campaign, even if cells were fixed since."""
        found = self._checks.get(self._last_of.get(draft.id, ""))
        if found is None:
            raise NotChecked
        return found

    def _cause(self, found: _Check, one: engine.Cause) -> Answer:
        first = engine.rows_of_cause(found.checked, one, size=1)[0]
        heading = one.column.heading if one.column else None
        decide = None
        if one.code == Reason.EMPTY_CELL and heading:
            decide = "default"
        elif one.code in _SAFE:
            decide = "safe"
        elif one.code == Reason.HIDDEN:
            decide = "hidden"
        return {
            "id": one.id,
            "title": one.title,
            "status": str(one.status),
            "count": one.count,
            "heading": heading,
            "row": first.row,
            "value": _cut(first.value),
            "reason": first.reason,
            "decide": decide,
        }

    def _fixes(self, draft: Draft) -> Answer:
        fixes = engine.read_fixes(draft.folder / drafts.FIXES) if (draft.folder / drafts.FIXES).is_file() else ()
        return {
            "count": len(fixes),
            "last": [
                {
                    "file": one.file,
                    "sheet": one.sheet,
                    "row": one.row,
                    "heading": one.heading,
                    "was": _cut(one.was),
                    "value": _cut(one.value),
                    "by": one.by,
                }
                for one in reversed(fixes[-FIXES_SHOWN:])
            ],
        }


_ANY_SENDER: Final = "02-1234-5678"
"""A sender for looking at a message before the user has chosen one."""


def _keep(kept: OrderedDict[str, Any], key: str, found: Any, size: Callable[[Any], int]) -> None:  # noqa: ANN401
    kept[key] = found
    while len(kept) > 1 and sum(map(size, kept.values())) > KEPT_ROWS:
        kept.popitem(last=False)


def _looked_back(checked: engine.Checked, turn: int) -> _Check:
    """The check with its numbers, and with what the journal has of its messages."""
    gateway = engine.gateway_of(checked.campaign)
    url = Environment().journal_url()
    checked = engine.leave_out_reached_before(url, checked, gateway)
    result = engine.result_of_check(checked, gateway, engine.now())
    summary = replace(engine.summarise(result, None, checked.notes), found=checked.found)
    earlier = similar = None
    try:
        similar = engine.look_back(url, checked, gateway, again=False)
    except AlreadySent as problem:
        earlier = problem
    return _Check(
        checked, result, summary, engine.causes(checked), earlier, similar, engine.digest_plan(checked, gateway), turn
    )


def _labelled(campaign: engine.Campaign) -> engine.Campaign:
    return campaign.model_copy(update={"text_label": _("Message")})


def _column_of(recipients: Recipients, cause: str) -> Column:
    """The column of the cell to fix that the id of a cause names, if its heading names it alone."""
    name = cause.rpartition(".")[2].replace("own", schema.OWN, 1)
    found = [column for column in recipients.columns if column.name == name]
    if not found or [column.heading for column in recipients.columns].count(found[0].heading) > 1:
        raise NotChecked
    return found[0]


def _original(
    recipients: Recipients, checked: engine.Checked, place: int, row: int, column: Column
) -> tuple[int, Source, str]:
    """Where a row of the check is in the list as it was read, its source, and what a cell of it says there."""
    if not 0 <= place < len(checked.table) or int(checked.table["row"].iloc[place]) != row:
        raise NotChecked
    table, source = recipients.table, int(checked.table["source"].iloc[place])
    found = int(np.flatnonzero((table["source"] == source) & (table["row"] == row))[0])
    cells = column_cells(table.iloc[[found]], column)
    return found, recipients.sources[source], column_types.text(cells.values)[0].as_py() or ""


def _index(checked: engine.Checked, cause: engine.Cause) -> int | None:
    return None if cause.column is None else checked.recipients.columns.index(cause.column)


def _columns_shown(checked: engine.Checked, fixing: int | None) -> list[int]:
    """The columns of a table of rows: the cell to fix, the phone, those of the message, and the first ones; few."""
    columns = checked.recipients.columns
    phone = next(at for at, column in enumerate(columns) if column.name == checked.recipients.phone)
    wanted = [fixing, 0, phone, *checked.places, *range(len(columns))]
    chosen = [at for at in dict.fromkeys(wanted) if at is not None and columns[at].heading.strip()][:_COLUMNS]
    return sorted(chosen)


_COLUMNS: Final = 5
_LENGTH: Final = 40


def _cut(words: str | None) -> str:
    line = " ".join((words or "").split())
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 1]}…"


def _above_ceiling(checked: engine.Checked) -> str | None:
    """The ceiling of [sending] that the campaign exceeds, in words: it would not be sent."""
    try:
        engine.require_below_ceilings(checked.table, checked.campaign)
    except AboveCeiling as problem:
        return str(problem)
    return None


def _advice(checked: engine.Checked) -> list[Answer]:
    if checked.campaign.message.msg_type is not None:
        return []
    going = checked.table[checked.table["status"].isna()]
    if not len(going):
        return []
    found = length_advice.examine(going, checked.recipients.columns, (), checked.campaign.prices)
    return [{"bytes": one.bytes, "rows": one.rows, "saved": one.saved} for one in found.cuts]


def _message(one: engine.MessagePreview, checked: engine.Checked | None) -> Answer:
    facts = one.facts
    prices = checked.campaign.prices if checked is not None else {}
    return {
        **{key: facts[key] for key in ("row", "bytes", "title", "text", "msgType", "reason", "status")},
        "number": facts["number"],
        "has_image": facts["image"] is not None,
        "why": one.shown_as,
        "price": next((won for kind, won in prices.items() if str(kind) == facts["msgType"]), None),
    }


def _shortened(draft: Draft, answer: Answer) -> Answer:
    """The answer without the server's folders: a user knows a spreadsheet by its name."""
    return {key: _without_folders(draft.folder.parent, value) for key, value in answer.items()}


def _without_folders(home: Path, value: object) -> object:
    if isinstance(value, str):
        return shortened(home, value)
    if isinstance(value, dict):
        return {key: _without_folders(home, one) for key, one in value.items()}
    return [_without_folders(home, one) for one in value] if isinstance(value, list) else value


def shortened(home: Path, words: str) -> str:
    """Words without the folders below `home` that they name."""
    return (
        words
        if str(home) not in words
        else re.sub(rf"{re.escape(str(home))}/[a-z0-9]{{12}}/(?:{drafts.LIST}/)?", "", words)
    )
