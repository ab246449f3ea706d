"""Answers: the gateway's own, and those of the faults."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from campaign.sandbox import codes
from campaign.sandbox.server.protocol import hang_up, header, reset, transport_of, wait_until_gone

JSON = "application/json; charset=UTF-8"
_DRIP_SECONDS = 1.0
_DRIP_PADDING = b" " * 600  # white space is valid in JSON and makes the drip last ten minutes
_HUGE_CHUNK = b"x" * (1 << 20)
_HUGE_CHUNKS = 256
BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_PHP_WARNING = b"<br />\n<b>Warning</b>:  mysqli_connect(): Too many connections in <b>send.php</b> on line <b>42</b>\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """The gateway's answer to a request. In a refusal, requestNo and msgType are empty (ours)."""

    code: int
    request_no: str = ""
    msg_type: str = ""

    def body(self, code: int | str | None = None) -> bytes:
        """Return the reply as JSON, with `code` in place of its resultCode if given."""
        spelled = {
            "resultCode": self.code if code is None else code,
            "message": codes.message(self.code),
            "requestNo": self.request_no,
            "msgType": self.msg_type,
        }
        return json.dumps(spelled, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request and the means to answer it."""

    scope: Scope
    receive: Receive
    send: Send

    async def start(self, status: int, content_type: str, *headers: tuple[bytes, bytes]) -> None:
        """Send the status line and the headers."""
        all_headers = [(b"content-type", content_type.encode()), *headers]
        await self.send({"type": "http.response.start", "status": status, "headers": all_headers})

    async def write(self, body: bytes, *, more: bool = False) -> None:
        """Send a part of the body; the last one, unless there is `more`."""
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def answer(self, status: int, content_type: str, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        """Send a whole answer."""
        await self.start(status, content_type, (b"content-length", b"%d" % len(body)), *headers)
        await self.write(body)


async def plain(call: Call, reply: Reply) -> None:
    """Answer as the gateway does: HTTP 200 with any result code."""
    await call.answer(200, JSON, reply.body())


async def _hang_up(call: Call, _: Reply) -> None:
    await hang_up(call.scope, call.receive)


async def _reset(call: Call, _: Reply) -> None:
    await reset(call.scope, call.receive)


async def _stall(call: Call, _: Reply) -> None:
    await wait_until_gone(call.receive)


async def _drip(call: Call, reply: Reply) -> None:
    body = reply.body()[:-1] + _DRIP_PADDING + b"}"
    await call.start(200, JSON, (b"content-length", b"%d" % len(body)))
    for place in range(len(body)):
        if transport_of(call.scope).is_closing():
            return
        await call.write(body[place : place + 1], more=place < len(body) - 1)
        await asyncio.sleep(_DRIP_SECONDS)


async def _bad_gateway(call: Call, _: Reply) -> None:
    await call.answer(502, "text/html", BAD_GATEWAY)


async def _forbidden(call: Call, _: Reply) -> None:
    await call.answer(403, "text/plain", b"Forbidden")


async def _empty(call: Call, _: Reply) -> None:
    await call.answer(200, JSON, b"")


async def _not_json(call: Call, _: Reply) -> None:
    await call.answer(200, "text/html; charset=UTF-8", _PHP_WARNING)


async def _string_code(call: Call, reply: Reply) -> None:
    await call.answer(200, JSON, reply.body(str(reply.code)))


async def _redirect(call: Call, _: Reply) -> None:
    """Redirect to this sandbox under its other name, so that a client that follows is noticed."""
    _, port = call.scope["server"]
    other = "127.0.0.1" if header(call.scope, b"host").startswith(b"localhost") else "localhost"
    location = f"http://{other}:{port}{call.scope['path']}"
    await call.answer(307, "text/plain", b"", (b"location", location.encode()))


async def _huge(call: Call, reply: Reply) -> None:
    await call.start(200, JSON)
    await call.write(reply.body()[:-1] + b', "padding": "', more=True)
    for _ in range(_HUGE_CHUNKS):
        if transport_of(call.scope).is_closing():
            return
        await call.write(_HUGE_CHUNK, more=True)
    await call.write(b'"}')


WAYS: dict[str, Callable[[Call, Reply], Awaitable[None]]] = {
    "code": plain,
    "hang_up_before_read": _hang_up,
    "hang_up_after_read": _hang_up,
    "accept_then_hang_up": _hang_up,
    "accept_then_reset": _reset,
    "accept_then_stall": _stall,
    "drip": _drip,
    "html_502": _bad_gateway,
    "forbidden_403": _forbidden,
    "empty_body": _empty,
    "not_json": _not_json,
    "string_code": _string_code,
    "redirect_307": _redirect,
    "huge_answer": _huge,
}


async def give(call: Call, reply: Reply, fault: str | None) -> None:
    """Answer a request as the fault requires, or plainly without one."""
    way = plain if fault is None else WAYS[fault]
    await way(call, reply)
