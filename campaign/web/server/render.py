"""Pages and fragments from the templates, in the reader's language. Everything that is put in is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from campaign.model import i18n, times
from campaign.model.i18n import N_, _
from campaign.recipients.numbers.sender import mask
from campaign.web import drafts, pages
from campaign.web.server.site import session_of, site_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

    from campaign.web.drafts import Draft

FRAGMENT: Final = "x-fragment"
"""The header of a request of the script, which wants a piece of a page."""

NEXT: Final = "x-next"
"""The header of an answer that tells the script where to go."""

NAVIGATION: Final = [
    ("/", N_("Campaigns")),
    ("/runs", N_("All runs")),
    ("/schedules", N_("Scheduled")),
    ("/opt-outs", N_("Opt-outs")),
]
"""The main menu: path and name."""

ADMINISTRATION: Final = {
    "/settings": N_("Settings"),
    "/people": N_("Users"),
    "/record": N_("Who did what"),
    "/doctor": N_("State of this machine"),
}
"""The pages of administrators: path and name."""

STEPS: Final = [
    ("list", N_("List")),
    ("message", N_("Message")),
    ("check", N_("Check")),
    ("test", N_("Test")),
    ("send", N_("Send")),
]
"""The steps of a campaign: the last part of the path, and the name."""

LANGUAGE_NAMES: Final = {"ko": "한국어", "en": "English"}


@dataclass(frozen=True, slots=True)
class Steps:
    """The line of steps over the pages of a campaign.

    Attributes:
        campaign: its id.
        name: its name.
        current: the step of `STEPS` that the page is.
        done: the steps that are complete.
        open: the steps that can be gone to; None for all.
    """

    campaign: str
    name: str
    current: str
    done: Collection[str] = ()
    open: Collection[str] | None = None


def steps_of(draft: Draft, current: str) -> Steps:
    """The steps of a campaign for its page `current`."""
    done = [step for step, there in (("list", draft.lists), ("message", drafts.message(draft).strip())) if there]
    if "list" not in done:
        return Steps(draft.id, draft.name, current, done=(), open=("list",))
    return Steps(draft.id, draft.name, current, done=done, open=None if "message" in done else ("list", "message"))


def next_step(draft: Draft) -> str:
    """The first step that is not complete; the check if all before it are."""
    done = steps_of(draft, "list").done
    return next((step for step in ("list", "message") if step not in done), "check")


def page(
    request: Request, template: str, *, status: int = 200, steps: Steps | None = None, **values: object
) -> Response:
    """A whole page. Templates extend `frame.html`."""
    words = _render(request, template, {"steps": steps, **values})
    return HTMLResponse(words, status)


def fragment(request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """A piece of a page for the script, or for a template to include."""
    return HTMLResponse(_render(request, template, values), status)


def go_to(request: Request, path: str) -> Response:
    """Go on at another page: 303, or for the script a header."""
    if is_fragment(request):
        return Response(status_code=200, headers={NEXT: path})
    return RedirectResponse(path, 303)


def download(content: bytes, name: str, kind: str) -> Response:
    """A file to keep, under a name of any letters."""
    return Response(
        content, media_type=kind, headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    )


def is_fragment(request: Request) -> bool:
    """Whether the script asks, which puts the answer into the page."""
    return FRAGMENT in request.headers


def when(at: datetime | str | float) -> str:
    """A time as the page shows it, in Seoul: `11월 27일 14:05`, with the year where it is another one."""
    moment = datetime.fromtimestamp(at, times.SEOUL) if isinstance(at, int | float) else at
    moment = times.in_seoul(datetime.fromisoformat(moment) if isinstance(moment, str) else moment)
    fields = {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "hour": moment.hour,
        "minute": moment.minute,
    }
    if moment.year == datetime.now(times.SEOUL).year:
        return _("{month}/{day} {hour:02}:{minute:02}", **fields)
    return _("{year}-{month:02}-{day:02} {hour:02}:{minute:02}", **fields)


def second(at: str) -> str:
    """A time with its seconds, in Seoul: `2026-11-27 14:05:09`."""
    return times.format_time(datetime.fromisoformat(at))


def day(at: datetime) -> str:
    """A day as the page shows it, in Seoul: `2027년 2월 24일`."""
    moment = times.in_seoul(at)
    return _("{year}-{month:02}-{day:02}", year=moment.year, month=moment.month, day=moment.day)


def file_size(size: int) -> str:
    """A size as a file manager shows it: `34 KB`, `1.2 MB`."""
    kilobytes = max(1, round(size / 1_000))
    return f"{kilobytes:,} KB" if kilobytes < 1_000 else f"{size / 1_000_000:,.1f} MB"  # noqa: PLR2004 (a thousand)


_STATUS_WORDS: Final = {
    "invalid": N_("invalid"),
    "duplicate": N_("duplicate"),
    "opted_out": N_("opted out"),
    "hidden": N_("hidden"),
}


def status_word(status: str) -> str:
    """What a row that is left out is called."""
    return _(_STATUS_WORDS.get(status, status))


def _render(request: Request, template: str, values: dict[str, object]) -> str:
    site = site_of(request)
    return _ENVIRONMENT.get_template(template).render(
        {
            "language": i18n.language(),
            "path": request.url.path,
            "session": session_of(request),
            "is_practice": site.is_practice,
            "has_users": not site.reach.is_loopback,
            "is_stopping": site.is_stopping,
            **values,
        }
    )


def _static(name: str) -> str:
    return f"/static/{pages.VERSION}/{name}"


_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(pages.FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_ENVIRONMENT.globals.update(
    _=_,
    ngettext=i18n.ngettext,
    static=_static,
    NAVIGATION=NAVIGATION,
    ADMINISTRATION=ADMINISTRATION,
    STEPS=STEPS,
    LANGUAGE_NAMES=LANGUAGE_NAMES,
)
_ENVIRONMENT.filters.update(
    when=when, second=second, day=day, file_size=file_size, masked=mask, status_word=status_word
)
