"""Runs and schedules in words, as the pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from campaign.model import State
from campaign.model.i18n import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_STATES: Final = {
    "running": N_("Being sent"),
    "paused": N_("Paused"),
    "interrupted": N_("Interrupted"),
    "finished": N_("Finished"),
    "cancelled": N_("Cancelled"),
}

SCHEDULE_STATES: Final = {
    "active": N_("Scheduled"),
    "ended": N_("Past"),
    "removed": N_("Removed"),
}

OCCURRENCE_STATES: Final = {
    "planned": N_("Planned"),
    "claimed": N_("Being started"),
    "started": N_("Being sent"),
    "ended": N_("Ended"),
    "expired": N_("Not started in time"),
    "stopped": N_("Not sent"),
}

_WEEKDAYS: Final = {
    "MON": N_("Mondays"),
    "TUE": N_("Tuesdays"),
    "WED": N_("Wednesdays"),
    "THU": N_("Thursdays"),
    "FRI": N_("Fridays"),
    "SAT": N_("Saturdays"),
    "SUN": N_("Sundays"),
}

WEEKDAYS: Final = tuple(_WEEKDAYS)


def run_path(run: str) -> str:
    """The path of a run's page."""
    return f"/runs/{quote(run, safe='')}"


def numbers(counts: Mapping[str, int]) -> dict[str, int]:
    """The recipients of a run: `accepted`, `rejected`, `unknown`, `left`, `cancelled`, and the `total`."""
    left = counts.get(State.PLANNED, 0) + counts.get(State.IN_FLIGHT, 0)
    ends = {str(state): counts.get(state, 0) for state in (State.ACCEPTED, State.REJECTED, State.UNKNOWN)}
    return {**ends, "left": left, "cancelled": counts.get(State.CANCELLED, 0), "total": sum(counts.values())}


def run_entry(run: Mapping[str, Any], campaign: str | None) -> dict[str, Any]:
    """A run as an entry of a list: `campaign` is the draft that it was sent from."""
    found = numbers(run["counts"])
    notes = [ngettext("1 recipient", "{count:,} recipients", found["total"])]
    for key, words in (
        ("rejected", N_("rejected {count:,}")),
        ("unknown", N_("unknown {count:,}")),
        ("left", N_("left {count:,}")),
    ):
        if found[key]:
            notes.append(_(words, count=found[key]))
    if run["is_practice"]:
        notes.append(_("practice"))
    return {
        "id": run["id"],
        "campaign": campaign or "",
        "name": run["name"],
        "at": run["at"],
        "state": _(RUN_STATES[run["state"]]),
        "tone": _tone(run["state"], found),
        "path": run_path(run["id"]),
        "note": " · ".join(notes),
    }


def _tone(state: str, found: Mapping[str, int]) -> str:
    if found["unknown"] or state in {"paused", "interrupted"}:
        return "note"
    return "good" if state == "finished" and not found["rejected"] else ""


def schedule_entry(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule as an entry of a list."""
    return {
        "id": schedule["id"],
        "campaign": campaign_of(schedule["file"]),
        "name": schedule["name"],
        "at": schedule["at"],
        "state": every_in_words(schedule["every"]) if schedule["every"] else _(SCHEDULE_STATES[schedule["state"]]),
        "tone": "",
        "path": "/schedules",
        "note": _("practice") if schedule["is_practice"] else "",
    }


def campaign_of(file: str) -> str:
    """The draft's id of a campaign file of the page."""
    return file.rsplit("/", 2)[-2] if "/" in file else ""


def every_in_words(every: str) -> str:
    """A cron line of the page's own in words, such as `Mondays 10:00`; another one as it is."""
    parts = every.split()
    if len(parts) == 5 and parts[4] in _WEEKDAYS and parts[0].isdigit() and parts[1].isdigit():  # noqa: PLR2004 - a cron line
        return _("{day} {time}", day=_(_WEEKDAYS[parts[4]]), time=f"{int(parts[1]):02}:{int(parts[0]):02}")
    return every


def weekdays() -> list[tuple[str, str]]:
    """The days of the week: the value of a form, and its name."""
    return [(value, _(name)) for value, name in _WEEKDAYS.items()]


def duration(seconds: float) -> str:
    """A time that is left, in words."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return _("less than a minute")
    minutes = round(seconds / 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return ngettext("about 1 minute", "about {count} minutes", minutes)
    return _("about {hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
