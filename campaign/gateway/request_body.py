"""The bodies of requests. Source: api.ko.txt, BODY of each message type; gateway.md for what that leaves open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlencode

from campaign.model import MsgType

if TYPE_CHECKING:
    from campaign.model import Message, Request

VERSION: Final = "1.0"
"""The `version` field of every body, in both editions of the API."""

JSON_TYPE: Final = "application/json;charset=UTF-8"
"""The Content-Type of every body except that of an MMS, spelled as in the document."""

Part: TypeAlias = tuple[str, tuple[str | None, str | bytes, str] | tuple[None, str]]
"""A part of a multipart body for `requests`: name, then file name, content and type."""


def as_json(request: Request) -> bytes:
    """The JSON body of an SMS, LMS or GSMS, in UTF-8 with only the necessary escapes."""
    message = request.message
    body = _fields(message, list(request.numbers))
    if message.date is not None:
        body["date"] = message.date
    if message.msg_type == MsgType.GSMS:
        body["msgType"] = str(message.msg_type)
    return json.dumps(body, ensure_ascii=False).encode("utf-8")


def as_parts(request: Request, image: bytes) -> list[Part]:
    """The parts of an MMS, in the document's order; `to` as PHP's `http_build_query` writes a list."""
    message = request.message
    to = urlencode({str(place): number for place, number in enumerate(request.numbers)})
    parts: list[Part] = [(name, (None, value)) for name, value in _fields(message, to).items()]
    parts.append(("image", ("image.jpg", image, "image/jpeg")))
    if message.date is not None:
        parts.append(("date", (None, message.date)))
    return parts


def _fields(message: Message, to: Any) -> dict[str, Any]:  # noqa: ANN401 - a list in JSON, a query string in multipart
    body = {"version": VERSION, "from": message.sender, "to": to}
    if message.title is not None:
        body["title"] = message.title
    body["text"] = message.text
    return body
