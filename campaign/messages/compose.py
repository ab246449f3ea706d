"""Composes the messages of a table: renders them, and checks them against the gateway's rules.

Rules judge variants (distinct messages), not rows; the results are spread over the rows at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.messages import checks, ksx1001, placeholders
from campaign.messages.cleanup import sanitizer
from campaign.messages.cp949 import strings
from campaign.messages.images import CampaignImages
from campaign.messages.rendering import render
from campaign.messages.rendering.pool import field_sources
from campaign.messages.templates.column_names import Names, is_template
from campaign.model import MsgType, schema
from campaign.model.errors import SettingsError
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import format_time
from campaign.recipients.numbers.sender import normalise_sender
from campaign.timing import reservation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import numpy as np
    import pyarrow as pa

    from campaign.config.campaign_file import Campaign
    from campaign.messages.rendering.pool import RendererPool
    from campaign.model import Recipients

COLUMNS: Final = ("sender", "text", "title", "image", "date", "bytes", "msgType", "reason")
"""The columns of `Composition.frame`; all but `reason` are columns of the table too."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The composed messages. Columns of the spreadsheet are given by their index in `Recipients.columns`.

    Attributes:
        frame: the `COLUMNS`, one row a recipient.
        images: the fitted images by their digest.
        notes: sentences about the campaign for the user.
        note: for each row, a note on a message that is sent (text, or missing).
        field: for each row with a reason, the field at fault: text, title, sender, image or reserve (or missing).
        blamed: for each row, the column whose cell made the template fail, where it is known (`schema.INT`).
        places: the columns that each field reads.
    """

    frame: pd.DataFrame
    images: dict[str, bytes]
    notes: tuple[str, ...]
    note: pd.Series
    field: pd.Series
    blamed: pd.Series
    places: dict[str, tuple[int, ...]]


def compose(
    recipients: Recipients,
    campaign: Campaign,
    now: datetime,
    *,
    progress: Callable[[int], None] | None = None,
    pool: RendererPool | None = None,
) -> Composition:
    """Render a campaign's message for all rows and check it.

    Args:
        recipients: the rows.
        campaign: the campaign file.
        now: the present time, from which reservations are counted.
        progress: called with the number of rows rendered since the last call.
        pool: the renderer processes, if they were started before; otherwise starts its own.

    Raises:
        TemplateError: a template cannot be used for any row, exceeded a limit, or has placeholders of another service.
        SettingsError: a field that is equal in all rows cannot be sent.
    """
    sanitize = sanitizer(substituting=campaign.message.substitute)
    written, files = field_sources(campaign), campaign.included
    names = Names.of([column.heading for column in recipients.columns])
    remarks = placeholders.judge(written, files, names)
    variants = render.render(recipients, written, sanitize=sanitize, progress=progress, pool=pool, files=files)
    problems = checks.Problems(dict(variants.reasons), dict(variants.failed))
    images = CampaignImages(campaign)
    frame = _judged(variants, campaign, images, now, problems)
    _refuse_fixed({name: label for name, (label, _) in written.items() if not variants.places.get(name)}, problems)
    frame["reason"] = pd.Series(problems.reasons, dtype=schema.TEXT).reindex(range(len(variants)))
    frame["note"] = _notes(frame["text"])
    frame["field"] = pd.Series(problems.fields, dtype=schema.TEXT).reindex(range(len(variants)))
    frame["blamed"] = pd.Series(variants.blamed, dtype=schema.INT).reindex(range(len(variants)))
    # If all variants are distinct, they are in the order of the rows.
    spread = frame if len(frame) == len(variants.of_row) else frame.take(variants.of_row)
    spread = spread.set_axis(recipients.table.index)
    return Composition(
        frame=spread.loc[:, list(COLUMNS)],
        images=images.by_digest,
        notes=(*problems.notes, *images.notes, *remarks),
        note=spread["note"],
        field=spread["field"],
        blamed=spread["blamed"],
        places={name: tuple(places) for name, places in variants.places.items()},
    )


def _judged(
    variants: render.Variants, campaign: Campaign, images: CampaignImages, now: datetime, problems: checks.Problems
) -> pd.DataFrame:
    """The fields of each variant as they are sent; their faults are added to `problems`."""
    lines = {name: _column(variants.fields.get(name), len(variants)) for name in _FIELDS}
    rules = {"sender": normalise_sender, "image": images.fit, "reserve": _reservation_rule(now)}
    judged = {"text": lines["text"]}
    for name, rule in rules.items():
        judged["date" if name == "reserve" else name] = checks.by_value(lines[name], rule, problems)
        problems.attribute_to(name)
    lengths = checks.judge_characters("text", lines["text"], problems)
    types = checks.message_types(campaign.message.msg_type, lengths, lines["image"].notna().to_numpy())
    checks.judge_texts(lines["text"], lengths, types, problems)
    problems.attribute_to("text")
    judged["title"] = checks.judge_titles(lines["title"], types, problems, asked=campaign.message.msg_type)
    problems.attribute_to("title")
    frame = pd.DataFrame({**judged, "bytes": pd.array(lengths, dtype=schema.INT), "msgType": _text(types)})
    frame.loc[frame["text"].isna(), ["bytes", "msgType"]] = pd.NA
    return frame


def _refuse_fixed(labels: dict[str, str], problems: checks.Problems) -> None:
    """Refuse faults of fields that read no column, once for the campaign; `labels` has these fields by name.

    Raises:
        SettingsError: lists the fields with their faults.
    """
    wrong = {name: problems.reasons[variant] for variant, name in problems.fields.items() if name in labels}
    if wrong:
        raise SettingsError("\n".join(f"{labels[name]}: {sentence(reason)}" for name, reason in wrong.items()))


def _notes(texts: pd.Series) -> pd.Series:
    notes = ksx1001.notes(strings(texts))
    return _text([None] * len(texts)) if not notes else _text([notes.get(variant) for variant in range(len(texts))])


_FIELDS: Final = ("text", "sender", "title", "image", "reserve")


def refuse_contradictions(campaign: Campaign) -> None:
    """Refuse settings that contradict each other, such as a type that requires a title without a title.

    Raises:
        SettingsError: names the key and what to do.
    """
    message, asked = campaign.message, campaign.message.msg_type
    if asked == MsgType.GSMS and campaign.gateway.api == "v1":
        raise SettingsError(_('message.type = "GSMS": v1 of the gateway has no international messages; use api = "v2"'))
    if asked == MsgType.MMS and not message.image:
        raise SettingsError(_('message.type = "MMS": needs `image`'))
    if message.image and asked not in {None, MsgType.MMS}:
        raise SettingsError(_('message.type = "{type}": cannot carry an image; use "auto" or "MMS"', type=asked))
    if (asked in {MsgType.LMS, MsgType.MMS} or message.image) and not message.title:
        raise SettingsError(
            _("message.title: is missing; the gateway requires a title for every {type}", type=asked or MsgType.MMS)
        )
    if not is_template(campaign.sender):
        try:
            normalise_sender(campaign.sender)
        except ValueError as problem:
            raise SettingsError(f"sender = {campaign.sender!r}: {problem}") from None


def _reservation_rule(now: datetime) -> Callable[[str], str]:
    def judge(words: str) -> str:
        time = reservation.parse(words)
        if trouble := reservation.problem(time, now):
            raise trouble
        return format_time(time)

    return judge


def _column(texts: pa.ChunkedArray | None, length: int) -> pd.Series:
    return _text([None] * length) if texts is None else pd.Series(pd.arrays.ArrowExtensionArray(texts))


def _text(values: Sequence[str | None] | np.ndarray) -> pd.Series:
    return pd.Series(values, dtype=schema.TEXT)
