"""The options that several commands share, each defined once, and what is made of them.

Their help is translated while this module is loaded, which is after the language was chosen.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_type_hints

import typer

from campaign.model import i18n
from campaign.model.errors import UsageError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign.cli.context import CommandContext
    from campaign.cli.progress_bars import Progress
    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.early_start import EarlyStart
    from campaign.model import Delivery, Status

File = Annotated[Path | None, typer.Argument(metavar="FILE", help=_("The campaign file."), show_default=False)]
Run = Annotated[str, typer.Argument(metavar="RUN", help=_("A run's id, or `last`."))]
RecipientsOption = Annotated[
    list[Path] | None,
    typer.Option("--recipients", metavar="SHEET", help=_("A spreadsheet, if there is no campaign file.")),
]
TemplateOption = Annotated[
    Path | None, typer.Option("--template", metavar="PATH", help=_("The message, a Jinja2 template file."))
]
TextOption = Annotated[
    str | None, typer.Option("--text", metavar="TEXT", help=_("The message itself, instead of --template."))
]
SenderOption = Annotated[str | None, typer.Option("--sender", metavar="NUMBER", help=_("The sender number."))]
TitleOption = Annotated[str | None, typer.Option("--title", metavar="TEXT", help=_("The title of an LMS or MMS."))]
ImageOption = Annotated[Path | None, typer.Option("--image", metavar="PATH", help=_("The image of an MMS."))]
TypeOption = Annotated[str | None, typer.Option("--type", metavar="TYPE", help=_("auto, SMS, LMS, MMS or GSMS."))]
GatewayOption = Annotated[
    str | None, typer.Option("--gateway-url", metavar="URL", help=_("The gateway's origin, instead of the vendor's."))
]
JournalOption = Annotated[
    str | None, typer.Option("--journal", metavar="URL", help=_("Where runs are recorded, such as sqlite:///FILE."))
]
ReportOption = Annotated[Path | None, typer.Option("--report", metavar="PATH", help=_("The path of the workbook."))]
ProgressOption = Annotated[bool, typer.Option("--no-progress", help=_("Show no progress bars."))]
JsonOption = Annotated[
    bool, typer.Option("--json", help=_("Print one JSON object on standard output, and nothing else."))
]
SandboxOption = Annotated[
    bool, typer.Option("--sandbox", help=_("Send to the built-in gateway: no real phone gets anything."))
]
YesOption = Annotated[bool, typer.Option("--yes", help=_("Do not ask for confirmation."))]
AgainOption = Annotated[bool, typer.Option("--again", help=_("Allow a plan that was already sent."))]
OverrideOption = Annotated[
    bool,
    typer.Option("--override-advertising", help=_("Send an advertisement although it breaks rules; this is recorded.")),
]
OnlyOption = Annotated[
    str | None,
    typer.Option(
        "--only",
        metavar="STATUS,...",
        help=_("Only the rows of a result workbook with these statuses, such as rejected."),
    ),
]
BOTH: Final = "both"
"""A workbook with Korean labels and the English beside them, and reasons in the reader's language: the default."""

REPORT_LANGUAGES: Final = (*i18n.LANGUAGES, BOTH)

ReportLanguageOption = Annotated[
    str | None,
    typer.Option(
        "--report-lang",
        metavar="|".join(REPORT_LANGUAGES),
        help=_("The workbook's language; without it, Korean labels with the English beside them."),
    ),
]
FromRunOption = Annotated[
    str | None,
    typer.Option(
        "--from-run",
        metavar="RUN",
        help=_("With --only: the rows of your spreadsheet that have these statuses in this run."),
    ),
]
LAST_NUMBER: Final = 100_000_000
"""The largest row or request that an option takes; a worksheet has 1,048,576 rows, a text file may have more."""

RowOption = Annotated[
    int | None,
    typer.Option("--row", metavar="N", min=1, max=LAST_NUMBER, help=_("The row number in the spreadsheet.")),
]
RequestOption = Annotated[
    int | None,
    typer.Option("--request", metavar="N", min=1, max=LAST_NUMBER, help=_("Show the history of this request.")),
]
RequestsOption = Annotated[
    list[int] | None,
    typer.Option("--request", metavar="N", min=1, max=LAST_NUMBER, help=_("Only this request.")),
]


def expand_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the fields of its `CampaignOptions` and `OutputOptions` as parameters of its own.

    Typer makes an option of each parameter, and knows no groups.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if kind in {CampaignOptions, OutputOptions}}

    @wraps(command)
    def expanded(**given: Any) -> None:  # noqa: ANN401 - options of several types
        for name, kind in groups.items():
            given[name] = kind(**{each.name: given.pop(each.name) for each in fields(kind)})
        command(**given)

    parameters = [
        expanded_parameter
        for parameter in inspect.signature(command).parameters.values()
        for expanded_parameter in (
            _parameters_of(groups[parameter.name])
            if parameter.name in groups
            else [parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)]
        )
    ]
    vars(expanded)["__signature__"] = inspect.Signature(parameters)
    expanded.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return expanded


def _parameters_of(group: type) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for each in fields(group):
        yield inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )


def report_language(words: str | None) -> str | None:
    """The language that `--report-lang` names; None for the default, Korean with the English beside it.

    Raises:
        UsageError: it is none of `REPORT_LANGUAGES`.
    """
    if words is not None and words not in REPORT_LANGUAGES:
        raise UsageError(
            _("--report-lang {word}: expected one of {languages}", word=words, languages=", ".join(REPORT_LANGUAGES))
        )
    return None if words == BOTH else words


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """Where a run is recorded, where its workbook goes, and how the command shows progress and outcome."""

    journal: JournalOption = None
    report: ReportOption = None
    report_lang: ReportLanguageOption = None
    no_progress: ProgressOption = False
    json: JsonOption = False

    def context(self) -> CommandContext:
        """The command's context."""
        from campaign.cli.context import CommandContext

        return CommandContext(
            progress=progress_of(quiet=self.no_progress),
            json=self.json,
            report=self.report,
            journal=self.journal,
            report_language=report_language(self.report_lang),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOptions:
    """A campaign file, or the options that describe a campaign without one."""

    file: File = None
    recipients: RecipientsOption = None
    template: TemplateOption = None
    text: TextOption = None
    sender: SenderOption = None
    title: TitleOption = None
    image: ImageOption = None
    type: TypeOption = None

    def load(self) -> Campaign:
        """The campaign that the file, or the options, describe.

        Raises:
            UsageError: both were given, or neither.
            SettingsError: the file, or an option, is wrong.
        """
        from campaign.config import campaign_file

        options = [each.name for each in fields(self) if each.name != "file"]
        named = {f"--{name}": value for name in options if (value := getattr(self, name))}
        if self.file is not None:
            if named:
                raise UsageError(
                    _(
                        "{options}: cannot be combined with a campaign file; write it into {file}",
                        options=", ".join(named),
                        file=self.file,
                    )
                )
            return campaign_file.load(self.file)
        for name, value in named.items():
            if isinstance(value, str) and _has_surrogates(value):
                raise UsageError(
                    _(
                        "{option}: is not UTF-8 text. Set the terminal to UTF-8 or write it into a campaign file",
                        option=name,
                    )
                )
        if not self.recipients:
            raise UsageError(_("name a campaign file, or give --recipients, --sender and --text or --template"))
        return campaign_file.build(self._values(self.recipients), folder=Path(), place="the command line")

    def _values(self, recipients: list[Path]) -> dict[str, Any]:
        """The keys of a campaign file."""
        given = {name: getattr(self, name) for name in ("template", "text", "title", "image", "type")}
        name = re.sub(r"[^\w .()-]", "_", recipients[0].stem).lstrip(" .()-")[:80] or "campaign"
        values: dict[str, Any] = {
            "name": name,
            "recipients": {"files": [str(path) for path in recipients]},
            "message": {key: str(value) for key, value in given.items() if value is not None},
        }
        return values if self.sender is None else values | {"sender": self.sender}


def _has_surrogates(text: str) -> bool:
    """Whether the text has bytes that are not valid in the terminal's encoding; Python keeps them as surrogates."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def start_early(campaign: Campaign, *, quiet: bool) -> EarlyStart:
    """Start reading the spreadsheets, before the rest of the program is loaded; say so on a terminal unless `quiet`.

    Raises:
        SettingsError: the template cannot be read.
    """
    progress_of(quiet=quiet).announce(campaign.recipient_files)
    from campaign.engine.checking.early_start import EarlyStart

    return EarlyStart(campaign)


UNDELIVERED: Final = "undelivered"
"""The word for rows whose delivery failed."""


def statuses_of(words: str | None) -> tuple[Status | Delivery, ...]:
    """The statuses that `--only` names; `undelivered` names the messages that reached no phone.

    Raises:
        UsageError: a status does not exist.
    """
    from campaign.model import Delivery, Status

    named = [word.strip() for word in (words or "").split(",") if word.strip()]
    for word in named:
        if word not in {*Status, UNDELIVERED}:
            there = ", ".join([*Status, UNDELIVERED])
            raise UsageError(_("--only {word}: no such status; there are {statuses}", word=word, statuses=there))
    return tuple(Delivery.FAILED if word == UNDELIVERED else Status(word) for word in named)


def require_only(from_run: str | None, only: tuple[Status | Delivery, ...]) -> None:
    """Refuse `--from-run` without `--only`.

    Raises:
        UsageError: it is not said which rows of the run are meant.
    """
    if from_run is not None and not only:
        raise UsageError(_("--from-run needs --only, such as --only rejected,invalid"))


def progress_of(*, quiet: bool) -> Progress:
    """Progress bars: shown on a terminal unless `quiet`."""
    from campaign.cli.progress_bars import Progress

    return Progress(shown=False if quiet else None)
