"""The one that speaks to the gateway. Source of what goes on the wire: api.ko.txt and gateway.md."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

import campaign
from campaign.errors import SettingsError
from campaign.gateway.connection import NotingHTTPConnectionPool, NotingHTTPSConnectionPool, Watch
from campaign.gateway.outcome import ANSWER_BYTES, Fate, Outcome, read_answer
from campaign.model import MsgType

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3 import BaseHTTPResponse

    from campaign.gateway.connection import Attempt
    from campaign.model import Message, Request

PATHS: Final = {"v2": "/api/v2/send/", "v1": "/api/send/"}
"""Where each edition takes requests. Source: api.ko.txt."""

VERSION: Final = "1.0"
"""The `version` that every body carries, in both editions."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of an account. They show nowhere, not in `repr` either."""

    api_key: str = field(repr=False)
    auth_key: str = field(repr=False)

    @classmethod
    def from_environment(cls) -> Keys:
        """The keys of `IWINV_API_KEY` and `IWINV_AUTH_KEY`.

        Raises:
            SettingsError: one is not set, or holds what no header can.
        """
        values = {name: os.environ.get(name, "").strip() for name in ("IWINV_API_KEY", "IWINV_AUTH_KEY")}
        lacking = [name for name, value in values.items() if not value]
        if lacking:
            raise SettingsError(
                f"{' and '.join(lacking)} not set: sending for real needs the two keys of the vendor's console in the "
                "environment. `--sandbox` practises without them."
            )
        return cls(*values.values())

    def secret(self) -> str:
        """The `Secret` header: base64 of API key, `&` and auth key."""
        return base64.b64encode(f"{self.api_key}&{self.auth_key}".encode()).decode("ascii")


SANDBOX_KEYS: Final = Keys("sandbox", "sandbox")
"""What the sandbox is given: real keys have no business there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long an attempt may take, in seconds: to connect, between two bytes, and in all."""

    connect: float = 10
    read: float = 30
    overall: float = 45

    @classmethod
    def from_environment(cls) -> Deadlines:
        """The usual ones, or those that `CAMPAIGN_DEADLINE` (seconds in all) leads to.

        Raises:
            SettingsError: it is no number of seconds from 1 to 600.
        """
        words = os.environ.get("CAMPAIGN_DEADLINE")
        if not words:
            return cls()
        try:
            overall = float(words)
        except ValueError:
            overall = 0
        if not 1 <= overall <= 600:  # noqa: PLR2004 - as the message says
            raise SettingsError(f"CAMPAIGN_DEADLINE = {words!r}: expected seconds, from 1 to 600")
        return cls(connect=min(cls().connect, overall), read=overall, overall=overall)


class _Adapter(HTTPAdapter):
    """Hands requests to connections that note, and never sends one a second time by itself."""

    def __init__(self, connections: int) -> None:
        # Retry(0) alone still lets urllib3 re-send after some TLS errors: read=False forbids it.
        never = Retry(total=0, connect=0, read=False, redirect=0, status=0, other=0)
        super().__init__(pool_connections=2, pool_maxsize=connections, max_retries=never)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        super().init_poolmanager(*args, **kwargs)
        self._note(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed on as they come
        manager = super().proxy_manager_for(*args, **kwargs)
        self._note(manager)
        return manager

    @staticmethod
    def _note(manager: Any) -> None:  # noqa: ANN401 - a PoolManager of any kind
        manager.pool_classes_by_scheme = {"http": NotingHTTPConnectionPool, "https": NotingHTTPSConnectionPool}


class Client:
    """Sends requests; may be used by many threads at once.

    Args:
        origin: scheme, host and port; checked by `settings.check_origin`.
        api: "v2" or "v1".
        keys: the account's.
        in_flight: how many requests may be under way at once, for the pool's size.
        deadlines: of every attempt.
        ca_file: certificates to trust instead of the usual ones; verification itself has no switch.
        proxy: only when named; the environment's proxies are not looked at.
    """

    def __init__(
        self,
        origin: str,
        *,
        api: str = "v2",
        keys: Keys,
        in_flight: int = 8,
        deadlines: Deadlines | None = None,
        ca_file: str | None = None,
        proxy: str | None = None,
    ) -> None:
        self.url = origin + PATHS[api]
        self._api = api
        self._deadlines = deadlines or Deadlines()
        self._verify: str | bool = ca_file or True
        self._proxies = {urlsplit(origin).scheme: proxy} if proxy else {}
        self._adapter = _Adapter(in_flight)
        self._watch = Watch()
        self._headers = {
            "User-Agent": f"campaign/{campaign.__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Secret": keys.secret(),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._watch.close()
        self._adapter.close()

    def prepare(self, request: Request, image: bytes | None = None) -> requests.PreparedRequest:
        """The HTTP request for `request`, with the bytes of its image where it has one.

        Raises:
            ValueError: this edition of the API has no such message type.
        """
        message = request.message
        if message.msg_type == MsgType.GSMS and self._api == "v1":
            raise ValueError("v1 of the gateway has no international messages")
        if message.msg_type == MsgType.MMS:
            return self._multipart(request, image or b"")
        body = json.dumps(_body(message, list(request.numbers)), ensure_ascii=False).encode("utf-8")
        headers = {**self._headers, "Content-Type": "application/json;charset=UTF-8"}
        return requests.Request("POST", self.url, data=body, headers=headers).prepare()

    def _multipart(self, request: Request, image: bytes) -> requests.PreparedRequest:
        fields = _body(request.message, urlencode({str(place): number for place, number in enumerate(request.numbers)}))
        parts: list[tuple[str, tuple[str | None, str | bytes, str] | tuple[None, str]]] = [
            (name, (None, value)) for name, value in fields.items()
        ]
        parts.append(("image", ("image.jpg", image, "image/jpeg")))
        return requests.Request("POST", self.url, files=parts, headers=self._headers).prepare()

    def send(self, prepared: requests.PreparedRequest) -> Outcome:
        """Make one attempt, and say what it came to. Raises nothing that the network can cause."""
        with self._watch.attempt(self._deadlines.overall) as attempt:
            try:
                return self._exchange(prepared)
            except Exception as problem:  # noqa: BLE001 - whatever happened, what counts is whether a byte left
                return self._failed(attempt, problem)

    def _exchange(self, prepared: requests.PreparedRequest) -> Outcome:
        response = self._adapter.send(
            prepared,
            stream=True,
            timeout=(self._deadlines.connect, self._deadlines.read),
            verify=self._verify,
            proxies=self._proxies,
        )
        try:
            body = _read(response.raw)
        except BaseException:
            response.raw.close()
            raise
        if body is None:
            response.raw.close()
            return Outcome(fate=Fate.UNKNOWN, detail=f"HTTP {response.status_code} with an endless answer")
        response.raw.release_conn()
        return read_answer(response.status_code, body)

    def _failed(self, attempt: Attempt, problem: Exception) -> Outcome:
        limit = f"no whole answer within {self._deadlines.overall:g} s"
        words = limit if attempt.cut else _in_words(problem)
        return Outcome(fate=Fate.UNKNOWN if attempt.handed_over else Fate.NOT_SENT, detail=words)


def _body(message: Message, to: Any) -> dict[str, Any]:  # noqa: ANN401 - a list in JSON, a query string in multipart
    body = {"version": VERSION, "from": message.sender, "to": to}
    if message.title is not None:
        body["title"] = message.title
    body["text"] = message.text
    if message.date is not None:
        body["date"] = message.date
    if message.msg_type == MsgType.GSMS:
        body["msgType"] = str(message.msg_type)
    return body


def _read(raw: BaseHTTPResponse) -> bytes | None:
    """The whole body; None when it is longer than any answer of the gateway."""
    body = raw.read(ANSWER_BYTES + 1, decode_content=False)
    return None if len(body) > ANSWER_BYTES else body


def _in_words(problem: BaseException) -> str:
    """The innermost cause, which is the one that says something."""
    seen = {id(problem)}
    while True:
        inner = getattr(problem, "reason", None) or problem.__cause__ or problem.__context__
        if not isinstance(inner, BaseException) or id(inner) in seen:
            break
        problem = inner
        seen.add(id(inner))
    words = f"{type(problem).__name__}: {problem}"
    return words[:300]
