"""Adopts templates of other services: rewrites their placeholders that name columns in the template's files."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

from campaign.config import template_files
from campaign.engine.checking.early_start import EarlyStart
from campaign.messages import placeholders
from campaign.messages.templates.column_names import Names
from campaign.model.errors import SettingsError
from campaign.model.files import replace_file
from campaign.model.i18n import _
from campaign.model.text import os_fault
from campaign.recipients import table

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.config.campaign_file import Campaign


def adopt(campaign: Campaign) -> list[str]:
    """Rewrite the template file and the files that it includes; returns one line per change.

    A file keeps its byte order mark, its line ends and its permissions, and is replaced as a whole or
    not at all. The campaign file is not changed: lines to paste into it are returned.

    Raises:
        RecipientsError: the spreadsheets, whose headings have to be known, cannot be read.
        SettingsError: a file cannot be read or written.
    """
    with EarlyStart(campaign) as early:
        recipients = table.join_sheets(early.reading.sheets(lambda _rows: None))
    names = Names.of([column.heading for column in recipients.columns])
    said: list[str] = []
    for path in _files(campaign):
        said += _rewrite(path, names)
    said += _to_paste(campaign, names)
    return said or [_("nothing to rewrite: no placeholder of another service names a column")]


def _files(campaign: Campaign) -> list[Path]:
    own = [campaign.folder / campaign.message.template] if campaign.message.template else []
    found = (template_files.find(campaign.template_folder, name) for name in campaign.included.texts)
    return [*own, *filter(None, found)]


def _rewrite(path: Path, names: Names) -> list[str]:
    try:
        data = path.read_bytes()
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        # As bytes, so that line ends stay as they are.
        text = data[len(mark) :].decode("utf-8")
        changed = placeholders.rewritten(text, names)
        if changed != text:
            replace_file(path.resolve(), mark + changed.encode("utf-8"), keeps_permissions=True)
    except OSError as problem:
        raise SettingsError(
            _("{path}: cannot be rewritten: {fault}. It was not changed.", path=path, fault=os_fault(problem))
        ) from None
    return _changes(path, text, names)


def _changes(path: Path, text: str, names: Names) -> list[str]:
    return [
        _(
            "{path}, line {line}: {before} is now {after}",
            path=path,
            line=one.line,
            before=one.written,
            after=placeholders.spelling(one.place, names),
        )
        for one in placeholders.find(text, names)
        if one.certain and one.place is not None
    ]


def _to_paste(campaign: Campaign, names: Names) -> list[str]:
    """Lines that the user can paste into the campaign file."""
    message = campaign.message
    fields = {
        "sender": campaign.sender,
        **{f"[message] {key}": getattr(message, key) for key in ("text", "title", "image", "reserve")},
    }
    changed = {key: placeholders.rewritten(text, names) for key, text in fields.items() if text}
    return [
        _(
            "paste into the campaign file: {key} = {value}",
            key=key,
            value=json.dumps(text, ensure_ascii=False),
        )
        for key, text in changed.items()
        if text != fields[key]
    ]
