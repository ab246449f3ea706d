"""What an administrator does: settings, users, and what would go wrong. The record is in `pages_login`."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from campaign.model.errors import CampaignError
from campaign.model.i18n import N_, _
from campaign.web import approval, drafts, record, users
from campaign.web.orders import UNDO_S
from campaign.web.server import errors
from campaign.web.server.pages_runs import who
from campaign.web.server.pages_send import TYPE_COUNT_FROM
from campaign.web.server.render import go_to, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import address_of, site_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

_FORM_BYTES: Final = 4_096
_DOCTOR_S: Final = 60.0
_MOST_SENDERS: Final = 20
_MOST_UNDO_S: Final = 600
_MOST_COUNT: Final = 10_000_000
_DIGITS: Final = 9
_PRICED: Final = ("SMS", "LMS", "MMS")

_NUMBERS: Final = {
    "type_count_from": (N_("Recipients from which on their number is typed"), TYPE_COUNT_FROM, _MOST_COUNT),
    "undo_seconds": (N_("Seconds for taking a send back"), int(UNDO_S), _MOST_UNDO_S),
    "draft_days": (N_("Days for which untouched drafts are kept"), drafts.KEPT_DAYS["draft_days"], drafts.MOST_DAYS),
    "retention_days": (
        N_("Days for which texts and numbers of runs are kept"),
        drafts.KEPT_DAYS["retention_days"],
        drafts.MOST_DAYS,
    ),
}
"""Settings that are whole numbers: what they are, their default, and the largest."""


class WrongSetting(CampaignError):
    """A setting cannot be what the form says."""


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/settings", show_settings, role="admin"),
        post("/settings", save_settings, role="admin", most_bytes=_FORM_BYTES),
        get("/people", show_people, role="admin"),
        post("/people/add", add_user, role="admin", most_bytes=_FORM_BYTES),
        post("/people/role", change_role, role="admin", most_bytes=_FORM_BYTES),
        post("/people/password", change_password, role="admin", most_bytes=_FORM_BYTES),
        post("/people/sign-out", sign_out, role="admin", most_bytes=_FORM_BYTES),
        post("/people/remove", remove_user, role="admin", most_bytes=_FORM_BYTES),
        get("/doctor", show_doctor, role="admin"),
    ]


# -- settings


async def show_settings(request: Request) -> Response:
    """What `web.toml` says, to be changed."""
    return _settings_page(request, is_done="done" in request.query_params)


def _settings_page(
    request: Request, *, alert: str | None = None, given: Mapping[str, Any] | None = None, is_done: bool = False
) -> Response:
    home = site_of(request).home
    return page(
        request,
        "settings.html",
        status=400 if alert else 200,
        alert=alert or _house_problem(home),
        is_done=is_done,
        given=given or _shown(drafts.of_house(home)),
        numbers={name: (_(words), most) for name, (words, _default, most) in _NUMBERS.items()},
        kinds=_PRICED,
        has_fault=drafts.house_fault(home) is not None,
    )


def _house_problem(home: Path) -> str | None:
    """What is wrong with `web.toml`; None if nothing is."""
    try:
        drafts.rules_of_house(home)
    except CampaignError as problem:
        return str(problem)
    return None


def _shown(house: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the form."""
    limit = approval.limit_of(house["approval"])
    return {
        "senders": "\n".join(house["senders"]),
        "advertiser": house["advertiser"],
        "refusal_number": house["refusal_number"],
        "approval": house["approval"] if limit is None else "over",
        "approval_over": str(1_000 if limit is None else limit),
        **{kind: f"{house['prices'][kind]:g}" if kind in house["prices"] else "" for kind in _PRICED},
        **{name: f"{house.get(name, default):g}" for name, (_words, default, _most) in _NUMBERS.items()},
        **{name: str(house.get(name, "")) for name in ("window", "most_a_day")},
        "ask_reason": "1" if house["ask_reason"] else "",
    }


async def save_settings(request: Request) -> Response:
    """Write `web.toml`; what the form does not have stays as it is."""
    site = site_of(request)
    async with request.form() as form:
        given = {"ask_reason": ""} | {name: str(value).strip() for name, value in form.items()}
    try:
        values = await to_thread.run_sync(_settings_of, given)
    except WrongSetting as problem:
        return _settings_page(request, alert=str(problem), given={**_shown(drafts.of_house(site.home)), **given})
    if (fault := drafts.house_fault(site.home)) is not None:
        raise errors.Refusal(409, fault)

    def work(connection: sqlite3.Connection) -> None:
        changed = drafts.change_house(site.home, values)
        about = ", ".join(changed)
        record.note(connection, user=who(request), what="settings", address=address_of(request), about=about)

    await site.store.run(work)
    site.orders.undo_s = float(values["undo_seconds"])
    return go_to(request, "/settings?done")


def _settings_of(given: Mapping[str, str]) -> dict[str, Any]:
    """The values of the form, as `web.toml` has them; None removes a key.

    Raises:
        WrongSetting: one of them cannot be that.
    """
    asked = given.get("approval", approval.NONE)
    if asked == "over":
        name = _("Recipients above which approval is needed")
        asked = f"over {_number(name, given.get('approval_over', ''), _MOST_COUNT)}"
    if not approval.is_known(asked):
        raise WrongSetting(_("Choose when another person has to approve a send."))
    numbers = {name: _number(_(words), given.get(name, ""), most) for name, (words, _d, most) in _NUMBERS.items()}
    return {
        "senders": _senders(given.get("senders", "")) or None,
        "prices": _prices(given) or None,
        "advertiser": given.get("advertiser", "") or None,
        "refusal_number": given.get("refusal_number", "") or None,
        "approval": asked,
        **numbers,
        **_rules(given),
    }


def _rules(given: Mapping[str, str]) -> dict[str, Any]:
    """The rules of the house that the form has, judged as whoever sends judges them."""
    from campaign.config import house_rules

    most = given.get("most_a_day", "").replace(",", "")
    values: dict[str, Any] = {
        "window": given.get("window", "") or None,
        "most_a_day": int(most) if most.isascii() and most.isdecimal() and len(most) <= _DIGITS else most or None,
        "ask_reason": True if given.get("ask_reason") else None,
    }
    try:
        house_rules.read({key: value for key, value in values.items() if value is not None}, _("Settings"))
    except CampaignError as problem:
        raise WrongSetting(str(problem)) from None
    return values


def _senders(given: str) -> list[str]:
    from campaign.recipients.numbers.sender import BadNumber, hyphenated, normalise_sender

    lines = [line.strip() for line in given.splitlines() if line.strip()]
    if len(lines) > _MOST_SENDERS:
        raise WrongSetting(_("At most {count} sender numbers.", count=_MOST_SENDERS))
    try:
        return [hyphenated(normalise_sender(line)) for line in lines]
    except BadNumber as problem:
        raise WrongSetting(str(problem)) from None


def _prices(given: Mapping[str, str]) -> dict[str, int | float]:
    found: dict[str, int | float] = {}
    for kind in _PRICED:
        words = given.get(kind, "")
        try:
            won = float(words) if words else None
        except ValueError:
            won = -1.0
        if won is not None and not 0 <= won <= drafts.MOST_WON:
            raise WrongSetting(_("{name}: {value} is not a price in won.", name=kind, value=words))
        if won is not None:
            found[kind] = int(won) if won.is_integer() else won
    return found


def _number(name: str, words: str, most: int) -> int:
    if not (words.isascii() and words.isdecimal() and len(words) <= _DIGITS and int(words) <= most):
        raise WrongSetting(_("{name}: enter a whole number from 0 to {most:,}.", name=name, most=most))
    return int(words)


# -- people


async def show_people(request: Request) -> Response:
    """The users: what they may do, and how many sessions they have."""
    return await _people_page(request, done=request.query_params.get("done", ""))


async def _people_page(request: Request, *, alert: str | None = None, done: str = "", name: str = "") -> Response:
    site = site_of(request)
    found = await site.store.run(users.everyone)
    sessions = Counter(one.user for one in await site.store.run(site.sessions.open))
    shown = [
        {
            "name": user.name,
            "level": next(level for level in reversed(users.LEVELS) if level in user.roles),
            "has_result": users.RESULT in user.roles,
            "sessions": sessions[user.name],
            "is_self": user.name == who(request),
        }
        for user in found
    ]
    return page(
        request,
        "people.html",
        status=400 if alert else 200,
        alert=alert,
        done=_(_DONE[done]) if done in _DONE else None,
        people=shown,
        levels=[(level, _(LEVEL_WORDS[level])) for level in users.LEVELS],
        level_words={level: _(words) for level, words in LEVEL_WORDS.items()},
        given_name=name,
    )


LEVEL_WORDS: Final = {
    "view": N_("may look"),
    "prepare": N_("may prepare"),
    "send": N_("may send"),
    "admin": N_("may administer"),
}

_DONE: Final = {
    "user_add": N_("The user was added."),
    "user_role": N_("The role was changed. The user has to sign in again."),
    "user_password": N_("The password was changed. The user has to sign in again."),
    "user_sign_out": N_("The user was signed out everywhere."),
    "user_remove": N_("The user was removed."),
}


async def add_user(request: Request) -> Response:
    """A new user with a password, who changes it in the own account."""

    async def work(form: FormData, name: str) -> Callable[[sqlite3.Connection], object]:
        hashed = await _hashed(request, form)
        return partial(users.add, name=name, password_hash=hashed, roles=_roles(form))

    return await _change_user(request, "user_add", work, own=True)


async def change_role(request: Request) -> Response:
    """Another role; the user's sessions end."""

    async def work(form: FormData, name: str) -> Callable[[sqlite3.Connection], object]:
        return partial(users.change_roles, name=name, roles=_roles(form))

    return await _change_user(request, "user_role", work)


async def change_password(request: Request) -> Response:
    """Another password; the user's sessions end."""

    async def work(form: FormData, name: str) -> Callable[[sqlite3.Connection], object]:
        return partial(users.change_password, name=name, password_hash=await _hashed(request, form))

    return await _change_user(request, "user_password", work)


async def sign_out(request: Request) -> Response:
    """The user's sessions end."""

    async def work(_form: FormData, name: str) -> Callable[[sqlite3.Connection], object]:
        return partial(users.end_sessions, name=name)

    return await _change_user(request, "user_sign_out", work)


async def remove_user(request: Request) -> Response:
    """The user is removed, and the sessions end."""

    async def work(_form: FormData, name: str) -> Callable[[sqlite3.Connection], object]:
        return partial(users.remove, name=name)

    return await _change_user(request, "user_remove", work)


async def _change_user(request: Request, what: str, prepare: Callable[..., Any], *, own: bool = False) -> Response:
    """Change a user of the form, and record it in the same transaction. The own account is changed elsewhere."""
    async with request.form() as form:
        name = users.canonical(str(form.get("name", "")))
        if name == who(request) and not own:
            words = _("Your own account is changed by another administrator, or on its own page.")
            return await _people_page(request, alert=words)
        try:
            change = await prepare(form, name)

            def work(connection: sqlite3.Connection) -> None:
                change(connection)
                record.note(connection, user=who(request), what=what, address=address_of(request), about=name)

            await site_of(request).store.run(work)
        except (users.UserError, users.NoArgon2) as problem:
            return await _people_page(request, alert=str(problem), name=name if own else "")
    return go_to(request, f"/people?done={what}")


def _roles(form: FormData) -> list[str]:
    return [str(form.get("level", "")), *([users.RESULT] if "result" in form else [])]


async def _hashed(request: Request, form: FormData) -> str:
    async with site_of(request).tries.checking:
        return await to_thread.run_sync(users.hash_password, str(form.get("password", "")))


# -- the doctor


async def show_doctor(request: Request) -> Response:
    """What would go wrong with a send from this machine."""
    answer = await site_of(request).engine.ask("doctor", timeout_s=_DOCTOR_S)
    return page(request, "doctor.html", findings=answer["findings"])
