"""Approval by a second person: what needs it, who may give it, and how long it can be given.

Source: web.md, "Security": who approves is another person than who asked or last changed it; bound to what was shown;
void after any change or 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from campaign.model import times
from campaign.model.errors import CampaignError
from campaign.model.i18n import _

if TYPE_CHECKING:
    import sqlite3

NONE: Final = "none"
ADVERTISEMENT: Final = "advertisement"
ALL: Final = "all"

LASTS_S: Final = 24 * 60 * 60
"""How long an approval can be given after it was asked for."""

_OVER: Final = re.compile(r"over (\d{1,3}(?:,\d{3})+|\d{1,9})")


class NotApproved(CampaignError):
    """The user may not approve it, or nobody may any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of a campaign: who made it, and when (seconds since 1970)."""

    user: str
    at: float


def limit_of(setting: str) -> int | None:
    """The recipients above which the setting `over N` needs an approval; None for another setting."""
    found = _OVER.fullmatch(setting)
    return int(found[1].replace(",", "")) if found else None


def is_known(setting: object) -> bool:
    """Whether it is a setting: `none`, `advertisement`, `over N` or `all`."""
    return isinstance(setting, str) and (setting in {NONE, ADVERTISEMENT, ALL} or limit_of(setting) is not None)


def is_needed(setting: str, recipients: int, *, is_advertisement: bool) -> bool:
    """Whether a send to so many recipients needs a second person. A setting that is not known needs it always."""
    if setting == NONE:
        return False
    if setting == ADVERTISEMENT:
        return is_advertisement
    limit = limit_of(setting)
    return limit is None or recipients > limit


def void(*, asked_at: float, start_at: str | None, changed: Change | None, now: float) -> str | None:
    """Why nobody can give an approval any more, in a sentence; None while it can be given.

    Args:
        asked_at: when it was asked for, in seconds since 1970, like `now`.
        start_at: when it is to be sent, in ISO 8601; None for at once.
        changed: the last change of the campaign.
        now: the time.
    """
    if changed is not None and changed.at > asked_at:
        return _("It was changed after approval was asked for. Check it and ask again.")
    if now - asked_at > LASTS_S:
        return _("Approval was asked for more than 24 hours ago. Check it and ask again.")
    if start_at is not None and datetime.fromisoformat(start_at) <= datetime.fromtimestamp(now, times.SEOUL):
        return _("The time at which it was to start has passed. Ask again with another time.")
    return None


def unfit(user: str, *, asked_by: str, changed: Change | None) -> str | None:
    """Why this user is not a second person, in a sentence; None for one who is."""
    if user == asked_by:
        return _("Who asked cannot approve.")
    if changed is not None and user == changed.user:
        return _("Who changed it last cannot approve it.")
    return None


def last_change(connection: sqlite3.Connection, campaign: str | None) -> Change | None:
    """Who changed a campaign last; None where no change of a user is known."""
    found = connection.execute("SELECT user, at FROM changes WHERE campaign = ?", (campaign,)).fetchone()
    return None if found is None else Change(*found)


def note_change(connection: sqlite3.Connection, campaign: str, user: str, now: float) -> None:
    """Note that a user changed a campaign."""
    connection.execute(
        "INSERT INTO changes VALUES (?, ?, ?) "
        "ON CONFLICT (campaign) DO UPDATE SET user = excluded.user, at = excluded.at",
        (campaign, user, now),
    )
