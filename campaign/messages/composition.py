"""The messages of a table: rendered, then held against every rule that a message has to meet.

Rules look at variants (different messages), never at rows; the outcome is spread over the rows at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign import schema
from campaign.errors import SettingsError
from campaign.gateway import limits
from campaign.messages import images, rendering, reservation, text
from campaign.messages.template import is_template
from campaign.model import MsgType
from campaign.recipients.phone import normalise_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from campaign.model import Recipients
    from campaign.settings import Campaign

COLUMNS: Final = ("sender", "text", "title", "image", "date", "bytes", "msgType", "reason")
"""What the composition knows of a row; all but `reason` are columns of the table as they stand."""

_TITLE: Final = r"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9\[\]()<> ]*"


@dataclass(frozen=True, slots=True)
class Composition:
    """The composed messages.

    `frame` has `COLUMNS`, one row a recipient; `images` the fitted pictures
    by their digest; `notes` sentences that the person should see.
    """

    frame: pd.DataFrame
    images: dict[str, bytes]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Findings:
    """The first problem of every variant, gathered rule by rule."""

    reasons: dict[int, str]
    notes: list[str] = field(default_factory=list)

    def add(self, variants: np.ndarray, words: Callable[[int], str]) -> None:
        for variant in np.flatnonzero(variants):
            self.reasons.setdefault(int(variant), words(int(variant)))


def compose(
    recipients: Recipients, campaign: Campaign, now: datetime, *, progress: Callable[[int], None] | None = None
) -> Composition:
    """Render a campaign's message over all rows and judge it.

    Args:
        recipients: the rows.
        campaign: the campaign file.
        now: the time that a reservation is held against.
        progress: told how many rows were rendered since the last time.

    Raises:
        TemplateError: a template cannot be used for any row.
    """
    finish = _finisher(substitute=campaign.message.substitute)
    variants = rendering.render(recipients, _sources(campaign), finish=finish, progress=progress)
    findings = _Findings(dict(variants.reasons))
    lines = {name: _text(variants.fields.get(name) or [None] * len(variants)) for name in _FIELDS}
    pictures = _Pictures(campaign)
    judged = {
        "sender": _by_value(lines["sender"], normalise_sender, findings),
        "text": lines["text"],
        "image": _by_value(lines["image"], pictures.fit, findings),
        "date": _by_value(lines["reserve"], _reservation_rule(now), findings),
    }
    lengths = _judge_characters("text", lines["text"], findings)
    types = _types(campaign.message.msg_type, lengths, lines["image"].notna().to_numpy())
    _judge_texts(lines["text"], lengths, types, findings)
    judged["title"] = _titles(lines["title"], types, findings)
    frame = pd.DataFrame({**judged, "bytes": pd.array(lengths, dtype=schema.INT), "msgType": _text(types)})
    frame.loc[frame["text"].isna(), ["bytes", "msgType"]] = pd.NA
    frame["reason"] = pd.Series(findings.reasons, dtype=schema.TEXT).reindex(range(len(variants)))
    spread = frame.loc[:, list(COLUMNS)].take(variants.of_row).set_axis(recipients.table.index)
    return Composition(spread, pictures.by_digest, (*findings.notes, *pictures.notes))


_FIELDS: Final = ("text", "sender", "title", "image", "reserve")


def _sources(campaign: Campaign) -> dict[str, tuple[str, str]]:
    message = campaign.message
    label = f"template {campaign.folder / message.template}" if message.template else "message.text"
    sources = {"text": (label, campaign.template_text()), "sender": ("sender", campaign.sender)}
    for name, source in (("title", message.title), ("image", message.image), ("reserve", message.reserve)):
        if source:
            sources[name] = (f"message.{name}", source)
    return sources


def refuse_contradictions(campaign: Campaign) -> None:
    """Refuse what no row could mend: a type that needs a title without one, and the like.

    Raises:
        SettingsError: naming the key and what to do.
    """
    message, asked = campaign.message, campaign.message.msg_type
    if asked == MsgType.GSMS and campaign.gateway.api == "v1":
        raise SettingsError('message.type = "GSMS": v1 of the gateway has no international messages; use api = "v2"')
    if asked == MsgType.MMS and not message.image:
        raise SettingsError('message.type = "MMS": needs `image`')
    if message.image and asked not in {None, MsgType.MMS}:
        raise SettingsError(f'message.type = "{asked}": cannot carry an image; use "auto" or "MMS"')
    if (asked in {MsgType.LMS, MsgType.MMS} or message.image) and not message.title:
        raise SettingsError(f"message.title: is missing; the gateway wants one with every {asked or MsgType.MMS}")
    if not is_template(campaign.sender):
        try:
            normalise_sender(campaign.sender)
        except ValueError as problem:
            raise SettingsError(f"sender = {campaign.sender!r}: {problem}") from None


def _finisher(*, substitute: bool) -> Callable[[str], str]:
    if not substitute:
        return text.clean
    return lambda words: text.substitute(text.clean(words))


def _reservation_rule(now: datetime) -> Callable[[str], str]:
    def judge(words: str) -> str:
        time = reservation.parse(words)
        if trouble := reservation.problem(time, now):
            raise ValueError(trouble)
        return reservation.write(time)

    return judge


def _by_value(values: pd.Series, rule: Callable[[str], str], findings: _Findings) -> pd.Series:
    """Each value through `rule`, which is asked once about every different one; what it refuses is a finding."""
    codes, uniques = pd.factorize(values)
    verdicts: list[str | None] = []
    for code, value in enumerate(uniques):
        try:
            verdicts.append(rule(value))
        except ValueError as problem:
            verdicts.append(None)
            findings.add(codes == code, lambda _, words=str(problem): words)  # type: ignore[misc]
    return _text([*verdicts, None]).take(codes).reset_index(drop=True)


class _Pictures:
    """The pictures of a campaign, each fitted once."""

    def __init__(self, campaign: Campaign) -> None:
        self._folder = campaign.folder
        # A name that comes out of a spreadsheet may not reach for files elsewhere on the machine.
        self._confined = is_template(campaign.message.image or "")
        self.by_digest: dict[str, bytes] = {}
        self.notes: list[str] = []

    def fit(self, name: str) -> str:
        """The digest of the fitted picture of that name.

        Raises:
            ValueError: it cannot be used, in words.
        """
        path = self._folder / name.strip()
        if not name.strip():
            raise ValueError("image: the name is empty")
        if self._confined and not path.resolve().is_relative_to(self._folder.resolve()):
            raise ValueError(f"image {name!r}: lies outside the campaign's folder")
        picture = images.fit(path)
        self.by_digest[picture.digest] = picture.data
        self.notes += [picture.note] if picture.note else []
        return picture.digest


def _judge_characters(what: str, lines: pd.Series, findings: _Findings) -> np.ndarray:
    lengths = text.byte_lengths(lines.fillna("").to_list())
    for variant, fault in sorted(lengths.faults.items()):
        findings.reasons.setdefault(variant, f"{what}: {fault}")
    return lengths.bytes


def _types(asked: MsgType | None, lengths: np.ndarray, with_image: np.ndarray) -> np.ndarray:
    if asked is not None:
        return np.full(len(lengths), str(asked), dtype=object)
    by_length = np.where(lengths <= limits.SMS_BYTES, str(MsgType.SMS), str(MsgType.LMS))
    return np.where(with_image, str(MsgType.MMS), by_length).astype(object)


def _judge_texts(texts: pd.Series, lengths: np.ndarray, types: np.ndarray, findings: _Findings) -> None:
    short = np.isin(types, [str(MsgType.SMS), str(MsgType.GSMS)])
    most = np.where(short, limits.SMS_BYTES, limits.LMS_BYTES)
    findings.add(_true(texts.str.strip() == ""), lambda _: "the text is empty")
    findings.add(
        lengths > most,
        lambda variant: (
            f"the text is {lengths[variant]:,} bytes long, {lengths[variant] - most[variant]:,} more than "
            f"the {most[variant]:,} that {types[variant]} has room for"
        ),
    )


def _titles(titles: pd.Series, types: np.ndarray, findings: _Findings) -> pd.Series:
    """The titles of the messages that carry one: an SMS or GSMS has none."""
    carries = np.isin(types, [str(MsgType.LMS), str(MsgType.MMS)])
    if titles.notna().any() and not carries.all():
        findings.notes.append("the title is not sent with messages short enough for an SMS, which has none")
    kept = titles.where(carries)
    lengths = _judge_characters("title", kept, findings)
    findings.add(
        _true(~kept.str.fullmatch(_TITLE)),
        lambda variant: f"title {kept[variant]!r}: only Hangul, English, digits and [ ] ( ) < > may stand in it",
    )
    findings.add(
        lengths > limits.TITLE_BYTES,
        lambda variant: f"the title is {lengths[variant]} bytes long, over the {limits.TITLE_BYTES} that it may have",
    )
    findings.add(_true(kept.str.strip() == ""), lambda _: "the title is empty")
    return kept


def _true(flags: pd.Series) -> np.ndarray:
    """Which flags are true, those of missing values not being so."""
    return flags.fillna(value=False).to_numpy(dtype=bool)


def _text(values: Sequence[str | None] | np.ndarray) -> pd.Series:
    return pd.Series(values, dtype=schema.TEXT)
