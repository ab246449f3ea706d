"""The options that several commands share, and what is made of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from campaign.model.errors import CampaignError

if TYPE_CHECKING:
    from campaign.cli.progress_bars import Progress
    from campaign.config.campaign_file import Campaign
    from campaign.engine.checking.early_start import EarlyStart
    from campaign.model import Status

File = Annotated[Path | None, typer.Argument(metavar="FILE", help="The campaign file.", show_default=False)]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or `last`.")]
RecipientsOption = Annotated[
    list[Path] | None,
    typer.Option("--recipients", metavar="SHEET", help="A spreadsheet, where there is no campaign file."),
]
TemplateOption = Annotated[Path | None, typer.Option("--template", metavar="PATH", help="The message, a Jinja2 file.")]
TextOption = Annotated[str | None, typer.Option("--text", help="The message itself, instead of --template.")]
SenderOption = Annotated[str | None, typer.Option("--sender", metavar="NUMBER", help="The number it comes from.")]
TitleOption = Annotated[str | None, typer.Option("--title", help="The title of an LMS or MMS.")]
ImageOption = Annotated[Path | None, typer.Option("--image", metavar="PATH", help="The picture of an MMS.")]
TypeOption = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="auto, SMS, LMS, MMS or GSMS.")]
GatewayOption = Annotated[
    str | None, typer.Option("--gateway-url", metavar="URL", help="The gateway's origin, instead of the vendor's.")
]
JournalOption = Annotated[
    str | None, typer.Option("--journal", metavar="URL", help="Where runs are recorded, such as sqlite:///FILE.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", metavar="PATH", help="Where the workbook is put.")]
ProgressOption = Annotated[bool, typer.Option("--no-progress", help="Draw no progress bars.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, and nothing else there.")]
SandboxOption = Annotated[
    bool, typer.Option("--sandbox", help="Send to the built-in gateway: nothing really goes out.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
AgainOption = Annotated[bool, typer.Option("--again", help="Allow a plan that was sent before.")]
OverrideOption = Annotated[
    bool,
    typer.Option(
        "--override-advertising", help="Send an advertisement against the rules that it breaks; this is recorded."
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="STATUS,...", help="Of a result workbook, the rows of these statuses, such as rejected."
    ),
]
LAST_NUMBER: Final = 100_000_000
"""The largest row or request that an option takes; a worksheet has 1,048,576 rows, a text file may have more."""

RowOption = Annotated[
    int | None,
    typer.Option("--row", metavar="N", min=1, max=LAST_NUMBER, help="The spreadsheet's row to show."),
]
RequestOption = Annotated[
    int | None,
    typer.Option("--request", metavar="N", min=1, max=LAST_NUMBER, help="One request's whole story."),
]
RequestsOption = Annotated[
    list[int] | None,
    typer.Option("--request", metavar="N", min=1, max=LAST_NUMBER, help="Only this request."),
]


class UsageError(CampaignError):
    """The command's words do not go together."""


def campaign_of(file: Path | None, **given: Any) -> Campaign:  # noqa: ANN401 - options of several types
    """The campaign that a file, or the options, describe.

    Args:
        file: the campaign file, or None.
        given: recipients, template, text, sender, title, image, type, as the options gave them.

    Raises:
        UsageError: both were given, or neither.
        SettingsError: the file, or an option, is wrong.
    """
    from campaign.config import campaign_file

    named = {f"--{key}": value for key, value in given.items() if value}
    if file is not None:
        if named:
            raise UsageError(f"{', '.join(named)}: cannot go with a campaign file; write it into {file}")
        return campaign_file.load(file)
    for name, value in named.items():
        if isinstance(value, str) and _has_surrogates(value):
            raise UsageError(f"{name}: is not UTF-8 text. Set the terminal to UTF-8, or write it into a campaign file")
    if not given.get("recipients"):
        raise UsageError("name a campaign file, or give --recipients, --sender and --text or --template")
    return campaign_file.build(_values(given), folder=Path(), place="the command line")


def _has_surrogates(text: str) -> bool:
    """Whether it has bytes that the terminal's encoding does not know: Python keeps them as halves of characters."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _values(given: dict[str, Any]) -> dict[str, Any]:
    message = {key: str(given[key]) for key in ("template", "text", "title", "image", "type") if given[key] is not None}
    first = given["recipients"][0]
    name = re.sub(r"[^\w .()-]", "_", first.stem).lstrip(" .()-")[:80] or "campaign"
    values: dict[str, Any] = {
        "name": name,
        "recipients": {"files": [str(path) for path in given["recipients"]]},
        "message": message,
    }
    return values if given["sender"] is None else values | {"sender": given["sender"]}


def begin(campaign: Campaign) -> EarlyStart:
    """Begin what the check takes its time for, before the rest of the program is loaded.

    Raises:
        SettingsError: the template cannot be read.
    """
    from campaign.engine.checking.early_start import EarlyStart

    return EarlyStart(campaign)


def statuses_of(words: str | None) -> tuple[Status, ...]:
    """The statuses that `--only` names.

    Raises:
        UsageError: one of them is none.
    """
    from campaign.model import Status

    named = [word.strip() for word in (words or "").split(",") if word.strip()]
    for word in named:
        if word not in set(Status):
            raise UsageError(f"--only {word}: no such status; there are {', '.join(Status)}")
    return tuple(map(Status, named))


def progress_of(*, quiet: bool) -> Progress:
    """Progress bars, on a terminal and unless they are turned off."""
    from campaign.cli.progress_bars import Progress

    return Progress(shown=False if quiet else None)
