"""Reads and checks the campaign file; an error names the place, the value and what was expected.

Source of the keys: design.md, "Campaign file - contract".
"""

from __future__ import annotations

import stat
import tomllib
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from campaign.config import file_faults, template_files
from campaign.config.sections import DeliverySection, Filled, NotifySection, ScheduleSection, Section, SendingSection
from campaign.config.template_files import TemplateCache
from campaign.model import MsgType
from campaign.model.errors import NoSuchCampaignFile, SettingsError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path, on_disk
from campaign.model.origin import check_origin
from campaign.model.text import os_fault
from campaign.model.times import SEOUL
from campaign.timing import window, working_days
from campaign.timing.working_days import WorkingDays

Price = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class RecipientsSection(Section):
    """`[recipients]`: the spreadsheets, and which of their rows to send to."""

    files: Annotated[tuple[Filled, ...], Field(min_length=1, strict=False)]
    sheet: Filled | None = None
    phone: Annotated[tuple[Filled, ...], Field(min_length=1, strict=False)] | None = None
    where: Filled | None = None
    duplicates: Literal["skip", "keep", "invalid"] = "skip"
    suppress: Annotated[tuple[Filled, ...], Field(strict=False)] = ()
    hidden_rows: Literal["skip", "send"] = "skip"
    except_run: Filled | None = None
    consent: Filled | None = None
    night_consent: Filled | None = None
    fixes: Filled | None = None

    @field_validator("phone", mode="before")
    @classmethod
    def _is_a_list(cls, phone: object) -> object:
        """One heading is a list of one."""
        return [phone] if isinstance(phone, str) and phone.strip() else phone

    @field_validator("phone")
    @classmethod
    def _are_different(cls, headings: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(headings)) < len(headings):
            raise ValueError(_("a column is named twice: everyone in it would be in the list twice"))
        return headings


class MessageSection(Section):
    """`[message]`: the message. Text fields may be templates over the columns of the row."""

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
            raise ValueError(_("give either `template` (a file) or `text` (the text itself), not both"))
        if self.text is not None and not self.text.strip():
            raise ValueError(_("`text` is empty"))
        return self

    @property
    def msg_type(self) -> MsgType | None:
        """The message type; None if length and image decide."""
        return None if self.type == "auto" else MsgType(self.type)


class GatewaySection(Section):
    """`[gateway]`: where requests are sent, how many at once (`in_flight`) and how many a second (`rate`)."""

    api: Literal["v2", "v1"] = "v2"
    url: Filled | None = None
    in_flight: Annotated[int, Field(ge=1, le=256)] = 8
    rate: Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False, strict=False)] | None = None

    @field_validator("url")
    @classmethod
    def _origin_only(cls, url: str | None) -> str | None:
        return None if url is None else check_origin(url)

    @field_validator("rate", mode="before")
    @classmethod
    def _rate_is_a_number(cls, rate: object) -> object:
        if isinstance(rate, bool | str):
            raise ValueError(file_faults.expected("gateway.rate"))  # noqa: TRY004 - pydantic's protocol
        return rate


NAME: Final = r"^\w[\w .()-]*$"
NAME_CHARACTERS: Final = 80
"""Names of campaigns: they become names of files. Not `{0,79}` in the pattern: pydantic took 25 ms to compile it."""


class Campaign(Section):
    """A campaign file.

    `folder` is the folder of the file; its paths are relative to it. `text_label` is what errors call the text, where a
    door has a name for it; by default its file or its key.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=NAME, max_length=NAME_CHARACTERS)]
    sender: Filled
    recipients: RecipientsSection
    message: MessageSection
    schedule: ScheduleSection | None = None
    sending: SendingSection = SendingSection()
    notify: NotifySection | None = None
    delivery: DeliverySection | None = None
    gateway: GatewaySection = GatewaySection()
    prices: dict[MsgType, Price] = Field(default_factory=dict)
    folder: Path = Field(default=Path(), exclude=True)
    text_label: str | None = Field(default=None, exclude=True)
    _templates: TemplateCache = PrivateAttr(default_factory=TemplateCache)

    @field_validator("sender", mode="before")
    @classmethod
    def _sender_is_text(cls, sender: object) -> object:
        if type(sender) is int:
            raise ValueError(_('a number loses its leading 0: write it in quotes, such as "02-1234-5678"'))
        return sender

    @field_validator("prices", mode="before")
    @classmethod
    def _types_by_name(cls, prices: object) -> object:
        if not isinstance(prices, dict):
            return prices
        unknown = [key for key in prices if key not in MsgType.__members__]
        if unknown:
            raise ValueError(_("{key!r} is not a message type: expected SMS, LMS, MMS or GSMS", key=unknown[0]))
        return {MsgType(key): _as_float(value) for key, value in prices.items()}

    @model_validator(mode="after")
    def _window_has_a_day(self) -> Self:
        window.next_opening(
            window.of_run(self.sending.window, advertisement=self.message.advertisement), datetime.now(SEOUL)
        )
        return self

    @model_validator(mode="after")
    def _ceilings_apply(self) -> Self:
        if self.sending.frequency is not None and not self.message.advertisement:
            raise ValueError(_("sending.frequency applies to advertisements only: set message.advertisement = true"))
        if self.sending.max_cost is not None and not self.prices:
            raise ValueError(_("sending.max_cost needs the [prices] of messages"))
        return self

    @property
    def recipient_files(self) -> tuple[Path, ...]:
        """The paths of the spreadsheets."""
        return tuple(self.folder / file for file in self.recipients.files)

    def template_text(self) -> str:
        """The template's source, from its file or from `text`. The file is read once, at load.

        Raises:
            SettingsError: the file cannot be read, or is not UTF-8 text.
        """
        if self.message.text is not None:
            return self.message.text
        return self._templates.read(on_disk(self.folder / str(self.message.template)))

    @property
    def template_folder(self) -> Path:
        """The folder of included files: the template's folder, or the campaign file's."""
        return on_disk(self.folder / self.message.template).parent if self.message.template else self.folder

    @cached_property
    def included(self) -> template_files.TemplateFiles:
        """The files that the text fields include, from `template_folder`; read once."""
        message = self.message
        fields = (self.template_text(), self.sender, message.title, message.image, message.reserve)
        return template_files.read(self.template_folder, filter(None, fields))

    def require_days(self) -> None:
        """Read the file of further days, if there is one, so that it cannot change later.

        Raises:
            SettingsError: as `working_days`.
        """
        if self.sending.holidays is not None:
            self.working_days  # noqa: B018 - it is kept

    @cached_property
    def working_days(self) -> WorkingDays | None:
        """The days on which it is sent; None if every day counts. The file of further days is read once, at load.

        Raises:
            SettingsError: the file cannot be read, or a line of it is no day.
        """
        if not self.sending.skip_holidays:
            return None
        if self.sending.holidays is None:
            return WorkingDays()
        path = on_disk(self.folder / self.sending.holidays)
        try:
            return WorkingDays(working_days.parse(path.read_text(encoding="utf-8-sig")))
        except UnicodeDecodeError:
            raise SettingsError(_("{path}: is not UTF-8 text. Save the file as UTF-8.", path=path)) from None
        except ValueError as problem:
            raise SettingsError(f"{path}, {problem}") from None
        except OSError as problem:
            raise SettingsError(_("{path}: cannot be read: {fault}", path=path, fault=os_fault(problem))) from None

    def template_record(self) -> str:
        """The template with its included files, as the run and its workbook record it."""
        return template_files.record(self.template_text(), self.included)


def _as_float(value: object) -> object:
    """A whole number as a float, which pydantic requires here; infinite if it is too large."""
    if type(value) is not int:
        return value
    try:
        return float(value)
    except OverflowError:
        return float("inf")


WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""The first bytes of .xlsx, .xlsb and .ods, and of .xls: named instead of a campaign file."""

LARGEST: Final = 1_000_000
"""Bytes of a campaign file, at most."""


def load(path: Path) -> Campaign:
    """The campaign of the file at `path`.

    Raises:
        SettingsError: the file cannot be read, or keys or values are wrong; the message names all wrong places.
    """
    try:
        text = _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SettingsError(
            _("{path}: is not UTF-8 text (byte {byte}). Save it as UTF-8.", path=path, byte=problem.start)
        ) from None
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise SettingsError(_("{path}: its lists are nested too deeply.", path=path)) from None
    except ValueError as problem:
        raise SettingsError(f"{path}: {file_faults.toml_message(problem, text)}") from None
    # Paths are relative to the file itself, not to a link to it.
    folder = (canonical_path(path) if path.is_symlink() else path).parent
    return build(values, folder=folder, place=str(path))


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise SettingsError(
                _(
                    "{path}: is a folder; name the campaign file in it (such as {example}).",
                    path=path,
                    example=path / "campaign.toml",
                )
            )
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(_("{path}: is not a file. Name the campaign file.", path=path))
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NoSuchCampaignFile(_("{path}: no such campaign file.", path=path)) from None
    except OSError as problem:
        raise SettingsError(_("{path}: cannot be read: {fault}", path=path, fault=os_fault(problem))) from None
    if data.startswith(WORKBOOKS):
        raise SettingsError(
            _("{path}: is a workbook. Name the campaign file, which names its spreadsheets.", path=path)
        )
    if len(data) > LARGEST:
        raise SettingsError(
            _(
                "{path}: is over {limit:,} bytes, too large for a campaign file. Is it the right file?",
                path=path,
                limit=LARGEST,
            )
        )
    return data


def build(values: dict[str, Any], *, folder: Path, place: str) -> Campaign:
    """The campaign of the values of a file or of the command line; `place` names their origin in messages.

    Raises:
        SettingsError: a key or value is wrong, or the template cannot be read.
    """
    if internal := sorted(_INTERNAL & values.keys()):
        raise SettingsError(_("{place}: {key}: unknown key", place=place, key=internal[0]))
    try:
        campaign = Campaign.model_validate({**values, "folder": folder})
    except ValidationError as problem:
        lines = dict.fromkeys(f"{place}: {file_faults.value_message(error, _KEYS)}" for error in problem.errors())
        raise SettingsError("\n".join(lines)) from None
    campaign.template_text()
    campaign.require_days()
    return campaign


_SECTIONS: Final[dict[str, type[Section]]] = {
    "": Campaign,
    "recipients": RecipientsSection,
    "message": MessageSection,
    "schedule": ScheduleSection,
    "sending": SendingSection,
    "notify": NotifySection,
    "gateway": GatewaySection,
    "delivery": DeliverySection,
}

_INTERNAL: Final = frozenset({"folder", "text_label"})
"""Fields that no campaign file has."""

_KEYS: Final = {
    name: tuple(key for key in section.model_fields if key not in _INTERNAL) for name, section in _SECTIONS.items()
}
"""The keys of each section, by its name."""
