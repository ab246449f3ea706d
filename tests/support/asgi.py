"""The page's server without sockets: requests are given to the application, for tables of many small ones."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from campaign.web.orders import Orders
from campaign.web.pipes import ChildEnded
from campaign.web.server.app import build
from campaign.web.server.checking import Checking
from campaign.web.server.reach import Reach
from campaign.web.server.sessions import Sessions, make_link
from campaign.web.server.site import Site
from campaign.web.server.tries import Tries
from campaign.web.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from starlette.types import Message, Receive

PORT = 8020
HOST = f"127.0.0.1:{PORT}"
OWN_PAGE = {"sec-fetch-site": "same-origin"}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


class StandIn:
    """A child process of the server's that answers from a table, and is not there for anything else."""

    def __init__(self, answers: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def ask(self, do: str, *, timeout_s: float = 30.0, **fields: object) -> dict[str, Any]:
        self.asked.append((do, fields))
        if do not in self.answers:
            raise ChildEnded("not there")
        found: dict[str, Any] = self.answers[do](**fields)
        return found


@dataclass
class Page:
    """The application with a home of its own, and the cookies of one browser."""

    home: Path
    now: float = 1_800_000_000.0
    reach: Reach = field(default_factory=lambda: Reach(PORT))
    engine: StandIn = field(default_factory=StandIn)
    journal: StandIn = field(default_factory=lambda: StandIn({"uses": lambda home: {"scheduled": [], "runs": []}}))  # noqa: ARG005
    check: StandIn = field(default_factory=StandIn)
    client: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.store = Store(self.home)
        self.cookies: dict[str, str] = {}
        engine: Any = self.engine
        journal: Any = self.journal
        check: Any = self.check
        self.site = Site(
            home=self.home,
            store=self.store,
            sessions=Sessions(self.store, has_users=not self.reach.is_loopback, clock=lambda: self.now),
            engine=engine,
            journal=journal,
            check=check,
            orders=Orders(self.store, clock=lambda: self.now),
            checking=Checking(),
            reach=self.reach,
            tries=Tries(lambda: self.now),
        )
        self.app = build(self.site)

    def link(self) -> str:
        return make_link(self.store, now=self.now)

    def enter(self) -> None:
        """Let the browser in."""
        assert self.get(f"/enter?token={self.link()}").status == 303

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers)

    def post(self, path: str, body: str = "", **headers: str) -> Answer:
        """A form of the page itself."""
        form = {"content-type": "application/x-www-form-urlencoded", **OWN_PAGE}
        return self.request("POST", path, {**form, **headers}, [body.encode()])

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Iterable[bytes] = ()
    ) -> Answer:
        """One request; header names may have _ for -, and an empty value leaves a header out."""
        pieces = [*body, b""]

        async def receive() -> Message:
            if not pieces:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        answer = asyncio.run(self.serve(method, path, headers or {}, receive))
        self.cookies.update(answer.cookies)
        return answer

    async def serve(self, method: str, path: str, headers: Mapping[str, str], receive: Receive) -> Answer:
        """One request whose body comes from `receive`."""
        own = {"host": self.reach.name or HOST, "accept-language": "en"}
        given = own | {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            given.setdefault("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": bare,
            "raw_path": bare.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items() if value],
            "client": (self.client, 50000),
            "server": ("127.0.0.1", PORT),
        }
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in sent if message["type"] == "http.response.start")
        lines = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        cookies = [value.partition(";")[0].partition("=")[::2] for name, value in lines if name == "set-cookie"]
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(start["status"], dict(lines), content, dict(cookies))

    def close(self) -> None:
        self.store.close()
