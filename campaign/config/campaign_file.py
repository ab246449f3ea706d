"""The campaign file and the environment: read, checked, and refused with the place, the value and what was expected.

Source of the keys: design.md, "Campaign file - contract".
"""

from __future__ import annotations

import difflib
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from campaign.config.base import Filled, Section
from campaign.config.schedule_sections import NotifySection, ScheduleSection, SendingSection
from campaign.config.template_files import TemplateFiles
from campaign.model import MsgType
from campaign.model.errors import SettingsError
from campaign.model.limits import ZONE
from campaign.model.origin import check_origin
from campaign.timing import window

Price = Annotated[float, Field(ge=0, le=1_000_000)]


class RecipientsSection(Section):
    """`[recipients]`: whose numbers, and which rows of them."""

    files: Annotated[tuple[Filled, ...], Field(min_length=1, strict=False)]
    sheet: Filled | None = None
    phone: Filled | None = None
    duplicates: Literal["skip", "keep", "invalid"] = "skip"
    suppress: Annotated[tuple[Filled, ...], Field(strict=False)] = ()
    hidden_rows: Literal["skip", "send"] = "skip"
    consent: Filled | None = None
    night_consent: Filled | None = None


class MessageSection(Section):
    """`[message]`: what they get. Text fields may be templates over the row's columns."""

    template: Filled | None = None
    text: str | None = None
    title: str | None = None
    image: Filled | None = None
    type: Literal["auto", "SMS", "LMS", "MMS", "GSMS"] = "auto"
    reserve: Filled | None = None
    advertisement: bool = False
    advertiser: Filled | None = None
    substitute: bool = False

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise ValueError("give either `template` (a file) or `text` (the words themselves), one of the two")
        if self.text is not None and not self.text.strip():
            raise ValueError("`text` is empty")
        return self

    @property
    def msg_type(self) -> MsgType | None:
        """The type asked for; None where the program is to choose by length and image."""
        return None if self.type == "auto" else MsgType(self.type)


class GatewaySection(Section):
    """`[gateway]`: where requests go, how many at once (`in_flight`), how many a second (`rate`)."""

    api: Literal["v2", "v1"] = "v2"
    url: Filled | None = None
    in_flight: Annotated[int, Field(ge=1, le=256)] = 8
    rate: Annotated[float, Field(gt=0, le=10_000, strict=False)] | None = None

    @field_validator("url")
    @classmethod
    def _origin_only(cls, url: str | None) -> str | None:
        return None if url is None else check_origin(url)

    @field_validator("rate", mode="before")
    @classmethod
    def _rate_is_a_number(cls, rate: object) -> object:
        if isinstance(rate, bool | str):
            raise ValueError("expected a number of requests a second, such as 50")  # noqa: TRY004 - pydantic's protocol
        return rate


class Campaign(Section):
    """A whole campaign file. `folder` is where it lies: its paths are relative to it."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w][\w .()-]{0,79}$")]
    sender: Filled
    recipients: RecipientsSection
    message: MessageSection
    schedule: ScheduleSection | None = None
    sending: SendingSection = SendingSection()
    notify: NotifySection | None = None
    gateway: GatewaySection = GatewaySection()
    prices: dict[MsgType, Price] = Field(default_factory=dict)
    folder: Path = Field(default=Path(), exclude=True)
    _template_files: TemplateFiles = PrivateAttr(default_factory=TemplateFiles)

    @field_validator("sender", mode="before")
    @classmethod
    def _sender_is_text(cls, sender: object) -> object:
        if isinstance(sender, int):
            raise ValueError('a number loses its leading 0: write it in quotes, such as "02-1234-5678"')  # noqa: TRY004
        return sender

    @field_validator("prices", mode="before")
    @classmethod
    def _types_by_name(cls, prices: object) -> object:
        if not isinstance(prices, dict):
            return prices
        unknown = [key for key in prices if key not in MsgType.__members__]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no message type: expected SMS, LMS, MMS or GSMS")
        return {MsgType(key): float(value) if type(value) is int else value for key, value in prices.items()}

    @model_validator(mode="after")
    def _window_has_a_day(self) -> Self:
        window.next_opening(
            window.of_run(self.sending.window, advertisement=self.message.advertisement), datetime.now(ZONE)
        )
        return self

    @property
    def recipient_files(self) -> tuple[Path, ...]:
        """The spreadsheets' paths."""
        return tuple(self.folder / file for file in self.recipients.files)

    def template_text(self) -> str:
        """The template as written, from its file or in place. The file is read once, at load.

        Raises:
            SettingsError: the file cannot be read, or is not UTF-8 text.
        """
        if self.message.text is not None:
            return self.message.text
        return self._template_files.read(self.folder / str(self.message.template))


def load(path: Path) -> Campaign:
    """The campaign file at `path`.

    Raises:
        SettingsError: it cannot be read, or a key or value is wrong; all wrong places are named.
    """
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such campaign file. `campaign new DIR` makes one to start from.") from None
    except IsADirectoryError:
        raise SettingsError(
            f"{path}: is a folder; name the campaign file in it (such as {path / 'campaign.toml'})."
        ) from None
    except UnicodeDecodeError as problem:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {problem.start}). Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{path}: is not TOML: {problem}") from None
    except OSError as problem:
        raise SettingsError(f"{path}: cannot be read: {problem.strerror}") from None
    return build(values, folder=path.parent, place=str(path))


def build(values: dict[str, Any], *, folder: Path, place: str) -> Campaign:
    """A campaign of the values that a file, or the command line, gave; `place` names where they stood.

    Raises:
        SettingsError: a key or value is wrong, or the template cannot be read.
    """
    if "folder" in values:
        raise SettingsError(f"{place}: folder: unknown key")
    try:
        campaign = Campaign.model_validate({**values, "folder": folder})
    except ValidationError as problem:
        lines = [f"{place}: {_in_words(error)}" for error in problem.errors()]
        raise SettingsError("\n".join(lines)) from None
    campaign.template_text()
    return campaign


def _in_words(error: Any) -> str:  # noqa: ANN401 - pydantic's own dict of details
    where = _key(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key{_nearest(error['loc'])}"
    if error["type"] == "missing":
        return f"{where}: is missing"
    words = error["msg"].removeprefix("Value error, ")
    words = f"{words[:1].lower()}{words[1:]}"
    return f"{where} = {_as_written(error['input'])}: {words}"


def _as_written(value: object) -> str:
    """A wrong value as the file has it; a time as TOML writes one."""
    return value.isoformat() if isinstance(value, date) else repr(value)


def _key(places: tuple[str | int, ...]) -> str:
    """`recipients.files[0]` of ("recipients", "files", 0)."""
    words = ""
    for place in places:
        words += f"[{place}]" if isinstance(place, int) else f".{place}"
    return words.removeprefix(".") or "the file"


def _nearest(places: tuple[str | int, ...]) -> str:
    known = _keys_at(tuple(str(place) for place in places[:-1]))
    near = difflib.get_close_matches(str(places[-1]), known, n=1)
    return f": did you mean `{near[0]}`?" if near else f": expected one of {', '.join(known)}"


def _keys_at(section: tuple[str, ...]) -> list[str]:
    sections: dict[tuple[str, ...], type[Section]] = {
        (): Campaign,
        ("recipients",): RecipientsSection,
        ("message",): MessageSection,
        ("schedule",): ScheduleSection,
        ("sending",): SendingSection,
        ("notify",): NotifySection,
        ("gateway",): GatewaySection,
    }
    return [key for key in sections[section].model_fields if key != "folder"]
