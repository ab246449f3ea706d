"""The second step: the message, with the columns as chips and a phone that shows what comes of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse

from campaign.model import times
from campaign.model.i18n import N_, _
from campaign.web import drafts
from campaign.web.pipes import ChildError, Refused
from campaign.web.server.errors import Refusal
from campaign.web.server.pages_home import draft_of
from campaign.web.server.render import fragment, go_to, is_fragment, page, steps_of
from campaign.web.server.routes import get, post
from campaign.web.server.site import site_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from campaign.web.drafts import Draft
    from campaign.web.pipes import Answer
    from campaign.web.server.site import Site

PICTURE_BYTES: Final = 11 << 20
"""The largest form with a picture: 10 MiB, and what is around it."""

LENGTH: Final = 20_000
"""Characters of a template that are taken; a message has at most 2,000 bytes."""

_LOOK_S: Final = 20.0
_LIST_S: Final = 2.0
"""Time that saving waits for the list, whose columns turn placeholders of other services into ours."""

FORMS: Final = {
    "text": (
        (N_("As it is"), "{{ %s }}"),
        (N_("With 은/는"), '{{ %s|josa("은/는") }}'),
        (N_("With 이/가"), '{{ %s|josa("이/가") }}'),
        (N_("With 을/를"), '{{ %s|josa("을/를") }}'),
        (N_("Masked: 김*서"), "{{ %s|mask_name }}"),
    ),
    "number": ((N_("As it is"), "{{ %s }}"), (N_("With commas: 12,000"), "{{ %s|thousands }}")),
    "date": (
        (N_("As it is"), "{{ %s }}"),
        (N_("As 12월 1일"), "{{ %s|korean_date }}"),
        (N_("As 12월 1일(화)"), "{{ %s|korean_date(weekday=true) }}"),
    ),
    "phone": ((N_("As it is"), "{{ %s }}"), (N_("Masked: 010-****-5678"), "{{ %s|mask_phone }}")),
}
"""What a chip's menu offers, by the kind of the column: its name, and what is put into the text."""

IF_EMPTY: Final = (N_("With words where it is empty"), '{{ %s|default("") }}')

_FIELDS: Final = ("text", "title", "sender", "advertiser", "refusal", "SMS", "LMS", "MMS")


def routes() -> list[Route]:
    """The routes of this area."""
    return [
        get("/campaigns/{campaign}/message", show),
        post("/campaigns/{campaign}/message", save, role="prepare"),
        get("/campaigns/{campaign}/message/look", look_at_saved),
        post("/campaigns/{campaign}/message/look", look, role="prepare"),
        get("/campaigns/{campaign}/message/chips", chips),
        get("/campaigns/{campaign}/message/picture", picture),
        post("/campaigns/{campaign}/message/picture", put_picture, role="prepare", most_bytes=PICTURE_BYTES),
    ]


async def show(request: Request) -> Response:
    """The page."""
    draft = draft_of(request)
    if not draft.lists:
        return go_to(request, f"/campaigns/{draft.id}/list")
    return await _page(request, draft, _written(draft))


async def chips(request: Request) -> Response:
    """The chips, once the list has been read."""
    draft = draft_of(request)
    return fragment(request, "chips.html", campaign=draft.id, chips=await _chips(request, draft))


async def save(request: Request) -> Response:
    """Save the message. `do`: `save` stays, `next` goes on to the check, `type` comes from the script."""
    draft = draft_of(request)
    given, do = await _given(request)
    by_script = is_fragment(request)
    if not by_script:
        await site_of(request).checking.columns(site_of(request).check, draft, wait_s=_LIST_S)
        given["text"], converted = await _prepared(request, draft, given)
    else:
        converted = []
    try:
        async with site_of(request).changing(draft.id):
            version = await to_thread.run_sync(_store, draft, given)
    except drafts.ChangedElsewhere:
        if by_script:
            return fragment(
                request, "saved.html", campaign=draft.id, version=given["version"], at=None, is_changed=True
            )
        return await _page(request, draft, given, status=409, other=drafts.message(draft))
    if by_script:
        now = datetime.now(times.SEOUL)
        return fragment(request, "saved.html", version=version, at=now, is_changed=False)
    if do == "next":
        return go_to(request, f"/campaigns/{draft.id}/check")
    return await _page(request, draft, _written(draft), converted=converted)


async def look(request: Request) -> Response:
    """What the message would look like; changes nothing."""
    draft = draft_of(request)
    given, _do = await _given(request)
    look = await _look(request, draft, given, wait_s=_LOOK_S)
    return fragment(request, "look.html", look=look, campaign=draft.id)


async def look_at_saved(request: Request) -> Response:
    """What the message looks like as it is saved, for a page that did not wait for it."""
    draft = draft_of(request)
    return fragment(request, "look.html", look=await _look(request, draft, _written(draft)), campaign=draft.id)


async def picture(request: Request) -> Response:
    """The picture as it is sent."""
    draft = draft_of(request)
    path = _picture_of(draft)
    if path is None:
        raise Refusal(404)
    return FileResponse(path, media_type="image/jpeg")


async def put_picture(request: Request) -> Response:
    """Take a picture, or remove it (`do`: `remove`)."""
    draft, site = draft_of(request), site_of(request)
    name: str | None = None
    async with request.form(max_files=1) as form:
        given = form.get("picture")
        if isinstance(given, UploadFile) and given.size:
            try:
                name = await _fitted(site, draft, await given.read())
            except Refused as problem:
                return await _page(request, draft, _written(draft), status=400, alert=str(problem))
        elif form.get("do") != "remove":
            return await _page(request, draft, _written(draft), status=400, alert=_("Choose a file first."))
    async with site.changing(draft.id):
        await to_thread.run_sync(lambda: drafts.change(draft, {"message": {"image": name}}))
    return go_to(request, f"/campaigns/{draft.id}/message")


async def _fitted(site: Site, draft: Draft, content: bytes) -> str:
    path = draft.folder / f".picture-{token_hex(8)}"
    try:
        await to_thread.run_sync(path.write_bytes, content)
        answer = await site.check.ask("picture", campaign=draft.id, path=str(path))
    finally:
        path.unlink(missing_ok=True)
    return str(answer["name"])


def _picture_of(draft: Draft) -> Path | None:
    """The picture of a campaign's message, if it is one that was put in here."""
    name = PurePosixPath(str(drafts.values(draft).get("message", {}).get("image", "")))
    path = draft.folder / drafts.PICTURES / name.name
    return path if name.parent.name == drafts.PICTURES and path.is_file() and not path.is_symlink() else None


async def _page(
    request: Request,
    draft: Draft,
    given: Mapping[str, Any],
    *,
    status: int = 200,
    converted: list[Answer] | None = None,
    other: str | None = None,
    alert: str | None = None,
) -> Response:
    return page(
        request,
        "message.html",
        status=status,
        steps=steps_of(draft, "message"),
        campaign=draft.id,
        given=given,
        chips=await _chips(request, draft),
        look=await _look(request, draft, given, wait_s=None if request.method == "GET" else _LOOK_S),
        senders=drafts.of_house(draft.folder.parent)["senders"],
        converted=converted or [],
        other=other,
        alert=alert,
        has_picture=_picture_of(draft) is not None,
        version=drafts.version(draft),
        at=None,
        is_changed=False,
    )


def _written(draft: Draft) -> dict[str, Any]:
    """What the form shows of a campaign as it is saved."""
    values = drafts.values(draft)
    message, prices = values.get("message", {}), values.get("prices", {})
    house = drafts.of_house(draft.folder.parent)
    return {
        "text": drafts.message(draft),
        "title": message.get("title", ""),
        "sender": values.get("sender", ""),
        "is_advertisement": bool(message.get("advertisement", False)),
        "advertiser": message.get("advertiser", "") or house["advertiser"],
        "refusal": house["refusal_number"],
        **{kind: _won(prices.get(kind)) for kind in ("SMS", "LMS", "MMS")},
    }


def _won(price: object) -> str:
    return f"{price:g}" if isinstance(price, int | float) else ""


async def _given(request: Request) -> tuple[dict[str, Any], str]:
    async with request.form() as form:
        given: dict[str, Any] = {name: str(form.get(name, ""))[:LENGTH].replace("\r\n", "\n") for name in _FIELDS}
        given["is_advertisement"] = "advertisement" in form
        if "advertiser" not in form:  # these are asked for once it is an advertisement
            house = drafts.of_house(site_of(request).home)
            given["advertiser"], given["refusal"] = house["advertiser"], house["refusal_number"]
        given["version"] = str(form.get("version", "")) if "force" not in form else None
        return given, str(form.get("do", "save"))


async def _prepared(request: Request, draft: Draft, given: Mapping[str, Any]) -> tuple[str, list[Answer]]:
    if not given["text"].strip() and not given["is_advertisement"]:
        return given["text"], []
    answer = await site_of(request).check.ask(
        "prepare",
        campaign=draft.id,
        text=given["text"],
        is_advertisement=given["is_advertisement"],
        advertiser=given["advertiser"].strip(),
        refusal_number=given["refusal"].strip(),
    )
    return answer["text"], answer["converted"]


def _store(draft: Draft, given: Mapping[str, Any]) -> str:
    return drafts.change(
        draft,
        {
            "": {"sender": given["sender"].strip() or None},
            "message": {
                "title": given["title"].strip() or None,
                "advertisement": True if given["is_advertisement"] else None,
                "advertiser": given["advertiser"].strip() or None if given["is_advertisement"] else None,
            },
            "prices": prices_of(given),
        },
        text=given["text"],
        if_version=given["version"],
    )


def prices_of(given: Mapping[str, Any]) -> dict[str, object]:
    """Won a message by type; None where nothing that is a price was given."""
    return {kind: _price(given[kind]) for kind in ("SMS", "LMS", "MMS")}


def _price(words: str) -> float | int | None:
    try:
        price = float(words.replace(",", "").strip())
    except ValueError:
        return None
    if not 0 <= price <= 1_000_000:  # noqa: PLR2004 - the campaign file's limit
        return None
    return int(price) if price.is_integer() else price


async def _chips(request: Request, draft: Draft) -> list[dict[str, Any]] | None:
    """The chips with their menus; None while the list is being read, empty where it cannot be read."""
    site = site_of(request)
    try:
        found = await site.checking.columns(site.check, draft)
    except ChildError:
        return []
    if found is None:
        return None
    return [
        {
            **one,
            "forms": [
                (name, insert.replace("%s", one["expression"]))
                for name, insert in (*FORMS[one["kind"]], *([IF_EMPTY] if one["empty"] else []))
            ],
        }
        for one in found["columns"]
    ]


async def _look(
    request: Request, draft: Draft, given: Mapping[str, Any], *, wait_s: float | None = None, is_again: bool = False
) -> dict[str, Any]:
    """The bubbles and the bytes, or why there are none (`fault`, with `is_foreign` where a button cures it).

    `is_pending`: they are not there after `wait_s`, by default a moment; the script asks again.
    """
    nothing: dict[str, Any] = {
        "messages": [],
        "fault": None,
        "is_foreign": False,
        "is_pending": False,
        "longest": 0,
        "is_empty": not given["text"].strip(),
    }
    if not given["text"].strip():
        return nothing
    saved = drafts.values(draft).get("message", {})
    message = {"text": given["text"], "title": given["title"].strip() or None, "image": saved.get("image")}
    if given["is_advertisement"]:
        message |= {"advertisement": True, "advertiser": given["advertiser"].strip() or None}
    message = {key: value for key, value in message.items() if value is not None}
    prices = {kind: won for kind, won in prices_of(given).items() if won is not None}
    site = site_of(request)
    try:
        if await site.checking.columns(site.check, draft, wait_s=wait_s) is None:
            is_pending = wait_s is None
            return {
                **nothing,
                "is_pending": is_pending,
                "fault": None if is_pending else _("The list is still being read."),
            }
        sender = given["sender"].strip()
        found = await site.checking.about(
            site.check, "look", draft, wait_s=wait_s, message=message, sender=sender, prices=prices
        )
    except Refused as problem:
        if problem.code == "not_checked" and not is_again:
            site.checking.forget(draft)  # the process was started anew, or has forgotten the list: it is read again
            return await _look(request, draft, given, wait_s=wait_s, is_again=True)
        return {**nothing, "fault": str(problem), "is_foreign": problem.code == "foreign_placeholders"}
    except ChildError as problem:
        return {**nothing, "fault": str(problem)}
    return {**nothing, "is_pending": True} if found is None else {**nothing, **found}
