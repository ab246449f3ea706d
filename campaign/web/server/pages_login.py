"""Signing in with a password, the account, and the record: what there is beyond this computer."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from campaign.model.i18n import N_, _
from campaign.model.times import format_iso
from campaign.web import record, users
from campaign.web.server import errors
from campaign.web.server.pages_access import own_path
from campaign.web.server.pages_admin import LEVEL_WORDS
from campaign.web.server.pages_send import note_phone, phone_of
from campaign.web.server.render import download, go_to, page
from campaign.web.server.routes import get, post
from campaign.web.server.site import address_of, note, session_of, site_of

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.server.sessions import OpenSession

_LOGIN_BYTES: Final = 1024
_SHOWN: Final = 100
_PHONE_LENGTH: Final = 20


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/login", show_login, role=None),
        post("/login", sign_in, role=None, most_bytes=_LOGIN_BYTES),
        get("/account", show_account),
        post("/account/password", change_password, role="view", most_bytes=_LOGIN_BYTES),
        post("/account/phone", save_phone, role="view", most_bytes=_LOGIN_BYTES),
        post("/account/sessions", end_other_sessions, role="view", most_bytes=_LOGIN_BYTES),
        get("/record", show_record, role="admin"),
        get("/record.csv", record_as_csv, role="admin"),
    ]


async def show_login(request: Request) -> Response:
    """The form."""
    _require_users(request)
    if session_of(request) is not None:
        return go_to(request, own_path(request.query_params.get("next", "/")))
    return page(request, "login.html", next=own_path(request.query_params.get("next", "/")), alert=None, name="")


async def sign_in(request: Request) -> Response:
    """Let a user in who knows the password."""
    _require_users(request)
    async with request.form() as form:
        given = {name: str(form.get(name, "")) for name in ("name", "password", "next")}
    name, address, site = users.canonical(given["name"])[:40], address_of(request), site_of(request)
    again = partial(page, request, "login.html", next=own_path(given["next"] or "/"), name=name)
    if wait_s := site.tries.wait_s(name, address):
        await note(request, "sign_in", user=name, outcome="refused")
        return again(status=429, alert=_("There were many tries. Try again in {seconds} seconds.", seconds=wait_s))
    if not await _knows(request, name, given["password"]):
        site.tries.failed(name, address)
        await note(request, "sign_in", user=name, outcome="refused")
        return again(status=401, alert=_("The name or the password is wrong."))
    site.tries.succeeded(name, address)
    return await _let_in(request, name, own_path(given["next"] or "/"))


async def _let_in(request: Request, name: str, path: str) -> Response:
    """Always a new session, so that nobody can have planted its secret."""
    site, before = site_of(request), session_of(request)

    def work(connection: sqlite3.Connection) -> str:
        if before is not None:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (before.digest,))
        record.note(connection, user=name, what="sign_in", address=address_of(request))
        return site.sessions.begin(connection, name)

    secret = await site.store.run(work)
    response = go_to(request, path)
    response.set_cookie(
        site.cookie,
        secret,
        max_age=int(site.sessions.lifetime.whole_s),
        httponly=True,
        samesite="lax",
        path="/",
        secure=True,
    )
    return response


async def _knows(request: Request, name: str, password: str) -> bool:
    """Whether the password is the user's. An unknown name takes as long as a known one."""
    site = site_of(request)
    if site.tries.waiting.locked():
        raise errors.Refusal(429)
    user = await site.store.run(lambda connection: users.find(connection, name))
    async with site.tries.waiting, site.tries.checking:
        return await to_thread.run_sync(_matches, None if user is None else user.hash, password)


def _matches(hashed: str | None, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError

    hasher = users.hasher()
    if hashed is None:
        hasher.hash(password[: users.LONGEST_PASSWORD])
        return False
    try:
        return bool(hasher.verify(hashed, password))
    except (Argon2Error, InvalidHashError):
        return False


async def show_account(request: Request) -> Response:
    """Who is signed in where, what that user may do, and the password."""
    _require_users(request)
    return await _account_page(request, done=request.query_params.get("done"))


_DONE: Final = {
    "": N_("The password was changed. Other windows have to sign in again."),
    "phone": N_("Saved."),
    "sessions": N_("All other browsers were signed out."),
}


async def _account_page(
    request: Request, *, status: int = 200, alert: str | None = None, done: str | None = None
) -> Response:
    session = session_of(request)
    assert session is not None  # noqa: S101 (the route needs one)

    site = site_of(request)

    def work(connection: sqlite3.Connection) -> tuple[list[OpenSession], str]:
        return site.sessions.open(connection), phone_of(connection, session.user)

    sessions, phone = await site.store.run(work)
    level = next(level for level in reversed(users.LEVELS) if level in session.roles)
    return page(
        request,
        "account.html",
        status=status,
        alert=alert,
        done=_(_DONE[done]) if done in _DONE else None,
        may=", ".join([_(LEVEL_WORDS[level]), *([_("may download results")] if users.RESULT in session.roles else [])]),
        sessions=[
            {"began": one.began, "seen": one.seen, "is_this": one.digest == session.digest}
            for one in sessions
            if one.user == session.user
        ],
        phone=phone,
    )


async def save_phone(request: Request) -> Response:
    """The own phone, to which test messages go."""
    _require_users(request)
    async with request.form() as form:
        phone = str(form.get("phone", "")).strip()[:_PHONE_LENGTH]
    session = session_of(request)
    assert session is not None  # noqa: S101 (the route needs one)
    await site_of(request).store.run(lambda connection: note_phone(connection, session.user, phone))
    return go_to(request, "/account?done=phone")


async def end_other_sessions(request: Request) -> Response:
    """Sign out everywhere but in this browser."""
    _require_users(request)
    session, address = session_of(request), address_of(request)
    assert session is not None  # noqa: S101 (the route needs one)

    def work(connection: sqlite3.Connection) -> None:
        users.end_sessions(connection, session.user, but=session.digest)
        record.note(connection, user=session.user, what="sessions", address=address)

    await site_of(request).store.run(work)
    return go_to(request, "/account?done=sessions")


async def change_password(request: Request) -> Response:
    """Change the own password; every session of the user ends, and this browser gets a new one."""
    _require_users(request)
    session = session_of(request)
    assert session is not None  # noqa: S101 (the route needs one)
    async with request.form() as form:
        now, new, again = (str(form.get(name, "")) for name in ("now", "new", "again"))
    address, site = address_of(request), site_of(request)
    show = partial(_account_page, request)
    if wait_s := site.tries.wait_s(session.user, address):
        return await show(status=429, alert=_("There were many tries. Try again in {seconds} seconds.", seconds=wait_s))
    if not await _knows(request, session.user, now):
        site.tries.failed(session.user, address)
        await note(request, "password", outcome="refused")
        return await show(status=400, alert=_("The password is wrong."))
    if new != again:
        return await show(status=400, alert=_("The two new passwords differ."))
    try:
        hashed = await to_thread.run_sync(users.hash_password, new)
    except users.UserError as problem:
        return await show(status=400, alert=str(problem))

    def work(connection: sqlite3.Connection) -> None:
        users.change_password(connection, session.user, hashed)
        record.note(connection, user=session.user, what="password", address=address)

    await site.store.run(work)
    return await _let_in(request, session.user, "/account?done")


async def show_record(request: Request) -> Response:
    """Who did what, newest first."""
    before = request.query_params.get("before", "")
    found, changed = await site_of(request).store.run(
        lambda connection: (
            record.entries(connection, before=int(before) if before.isascii() and before.isdecimal() else None),
            record.first_changed(connection),
        )
    )
    older = found[-1].number if len(found) == _SHOWN and found[-1].number > 1 else None
    return page(request, "record.html", entries=found, older=older, changed=changed, deed=_deed)


async def record_as_csv(request: Request) -> Response:
    """The whole record, oldest first, for the monthly look."""
    found = await site_of(request).store.run(lambda connection: record.entries(connection, most=1 << 31))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["number", "time", "user", "address", "what", "about", "people", "outcome", "digest"])
    for one in reversed(found):
        moment = format_iso(_moment(one.at))
        cells = [one.number, moment, one.user, one.address, one.what, one.about, one.people, one.outcome, one.digest]
        writer.writerow([_guarded(cell) for cell in cells])
    return download(text.getvalue().encode("utf-8-sig"), _("record") + ".csv", "text/csv; charset=utf-8")


def _require_users(request: Request) -> None:
    if site_of(request).reach.is_loopback:
        raise errors.Refusal(404)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _guarded(cell: object) -> object:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _deed(what: str) -> str:
    return _(record.WORDS[what]) if what in record.WORDS else what
