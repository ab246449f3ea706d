"""The HTTP client of the gateway. Source of the requests: api.ko.txt and gateway.md."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, cast
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.exceptions import LocationValueError
from urllib3.util.retry import Retry

from campaign.gateway import attempt, request_body
from campaign.gateway.attempt import Deadlines
from campaign.gateway.connection import RecordingHTTPConnectionPool, RecordingHTTPSConnectionPool
from campaign.gateway.dialing import Unreachable
from campaign.gateway.http_reply import BrokenAnswer
from campaign.gateway.outcome import Fate, Outcome, read_answer
from campaign.model import MsgType
from campaign.model.errors import SettingsError
from campaign.model.i18n import _
from campaign.model.origin import is_loopback
from campaign.model.reasons import encode, message
from campaign.model.run_reasons import RunReason
from campaign.model.text import OS_FAULTS, os_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from requests.structures import CaseInsensitiveDict

    from campaign.gateway.http_reply import Reply
    from campaign.model import Request

__all__ = ["PATHS", "SANDBOX_KEYS", "Client", "Deadlines", "Keys", "PreparedRequest"]

PATHS: Final = {"v2": "/api/v2/send/", "v1": "/api/send/"}
"""The path of each edition of the API. Source: api.ko.txt."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of an account. They are shown nowhere, not even in `repr`."""

    api_key: str = field(repr=False)
    auth_key: str = field(repr=False)

    def secret(self) -> str:
        """The `Secret` header: base64 of API key, `&` and auth key. Source: api.ko.txt, HEADERS."""
        return base64.b64encode(f"{self.api_key}&{self.auth_key}".encode()).decode("ascii")


SANDBOX_KEYS: Final = Keys("sandbox", "sandbox")
"""The keys sent to the sandbox; it never sees real ones."""


class Adapter(HTTPAdapter):
    """Posts to one URL, over the connection pools of `requests`.

    `HTTPAdapter.send` is not used: it decides for every request what is the same for all of them. Nothing is sent a
    second time: Retry(0) alone still lets urllib3 re-send after some TLS errors, read=False forbids it.
    """

    def __init__(self, origin: str, path: str, *, connections: int, ca_file: str | None, proxy: str | None) -> None:
        never = Retry(total=0, connect=0, read=False, redirect=0, status=0, other=0)
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=never)
        parts = urlsplit(origin)
        manager = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        manager.pool_classes_by_scheme = {"http": RecordingHTTPConnectionPool, "https": RecordingHTTPSConnectionPool}
        trust = {"ssl_context": _trust(ca_file)} if parts.scheme == "https" else {}
        try:
            self._pool = manager.connection_from_host(parts.hostname, parts.port, parts.scheme, pool_kwargs=trust)
        except LocationValueError as problem:
            raise SettingsError(
                _("{origin!r}: this is not a host name: {error}", origin=origin, error=problem)
            ) from None
        self.host = self._pool.host + (f":{parts.port}" if parts.port else "")
        self._target = origin + path if proxy and parts.scheme == "http" else path

    def close(self) -> None:
        self._pool.close()
        super().close()

    def post(self, prepared: PreparedRequest) -> Reply:
        """Make one attempt. Every failure is raised, as one of many types."""
        reply: Reply = self._pool.urlopen(
            "POST",
            self._target,
            body=prepared.body,
            headers=prepared.headers,
            retries=self.max_retries,
            redirect=False,
            assert_same_host=False,
            timeout=None,
        )
        return reply


def headers_of(host: str, keys: Keys) -> dict[str, str]:
    """The headers of every call of the gateway."""
    return {
        "Host": host,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "campaign",
        "Secret": keys.secret(),
    }


class Client:
    """Sends requests to the gateway; many threads may use it at once.

    Args:
        origin: scheme, host and port; checked by `origin.check_origin`.
        api: "v2" or "v1".
        keys: the keys of the account.
        in_flight: requests on the wire at once; the size of the connection pool.
        deadlines: of every attempt.
        ca_file: certificates to trust instead of the default ones; verification cannot be switched off.
        proxy: as http://host:port; the proxies of the environment are ignored.

    Attributes:
        own_address: this host's address in its last connection to the gateway, which may see another one. None before
            the first connection, and through a proxy.

    Raises:
        SettingsError: the certificates or the proxy cannot be used.
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
        self.own_address: str | None = None
        self._has_proxy = bool(proxy)
        self._api = api
        self._deadlines = deadlines or Deadlines()
        if proxy:
            check_proxy(proxy, origin)
        self._adapter = Adapter(origin, PATHS[api], connections=in_flight, ca_file=ca_file, proxy=proxy)
        self._headers = headers_of(self._adapter.host, keys)

    @property
    def longest_attempt_s(self) -> float:
        """Seconds after which every attempt has ended."""
        return self._deadlines.overall

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections: idle ones now, the others after their answer."""
        self._adapter.close()

    def prepare(self, request: Request, image: bytes | None = None) -> PreparedRequest:
        """The HTTP request for `request`; `image` is the JPG of an MMS.

        Raises:
            ValueError: this edition of the API does not have the message type.
        """
        prepared = PreparedRequest()
        prepared.method, prepared.url = "POST", self.url
        # A plain dictionary: copying the dictionary class of `requests` takes a tenth of an attempt.
        headers = dict(self._headers)
        prepared.headers = cast("CaseInsensitiveDict[str]", headers)
        if request.message.msg_type == MsgType.MMS:
            prepared.prepare_body(None, request_body.as_parts(request, image or b""))
            return prepared
        if request.message.msg_type == MsgType.GSMS and self._api == "v1":
            raise ValueError("v1 of the gateway has no international messages")
        prepared.body = body = request_body.as_json(request)
        headers["Content-Type"], headers["Content-Length"] = request_body.JSON_TYPE, str(len(body))
        return prepared

    def send(self, prepared: PreparedRequest, may_send: Callable[[], bool] | None = None) -> Outcome:
        """Make one attempt and return its outcome. A failure of the network is an outcome, not an exception.

        Args:
            prepared: the request.
            may_send: asked just before the first byte, when the connection stands; False ends the attempt.
        """
        this = attempt.begin(self._deadlines)
        this.may_send = may_send
        try:
            return _read(self._adapter.post(prepared))
        except Exception as problem:  # noqa: BLE001 - what counts is whether a byte was handed over
            reason = describe_failure(problem) or this.timeout_reason()
            return Outcome(fate=Fate.UNKNOWN if this.handed_over else Fate.NOT_SENT, detail=reason)
        finally:
            if this.own_address is not None and not self._has_proxy:
                self.own_address = this.own_address


def _trust(ca_file: str | None) -> ssl.SSLContext:
    """A TLS context that verifies certificates and host names; the environment cannot change that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(ca_file or DEFAULT_CA_BUNDLE_PATH)
    except OSError as problem:
        raise SettingsError(
            _("{file}: has no readable certificates: {error}", file=ca_file, error=os_fault(problem))
        ) from None
    return context


def check_proxy(proxy: str, origin: str) -> None:
    """Raise SettingsError unless requests to `origin` may go through `proxy`."""
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        shown = f"{parts.scheme}://{parts.hostname}" if parts.password else proxy
        raise SettingsError(_("proxy {proxy!r}: expected an address such as http://proxy.example:3128", proxy=shown))
    if origin.startswith("http:") and not is_loopback(parts.hostname):
        raise SettingsError(
            _(
                "proxy {host}: is not used for plain http: the keys would travel unencrypted",
                host=parts.hostname,
            )
        )


def _read(reply: Reply) -> Outcome:
    if reply.body is None:
        return Outcome(fate=Fate.UNKNOWN, detail=encode(RunReason.ANSWER_ENDLESS, status=reply.status))
    return read_answer(reply.status, reply.body)


def describe_failure(problem: BaseException) -> str | None:
    """The innermost cause of `problem`, the most specific one; None if it is a timeout."""
    seen = {id(problem)}
    while not isinstance(problem, BrokenAnswer | Unreachable | attempt.TooLate):
        inner = getattr(problem, "reason", None) or problem.__cause__ or problem.__context__
        if not isinstance(inner, BaseException) or id(inner) in seen:
            break
        problem = inner
        seen.add(id(inner))
    if isinstance(problem, TimeoutError):
        return None
    if isinstance(problem, BrokenAnswer | Unreachable | attempt.TooLate):
        return problem.reason
    if known := _FAILURES.get(type(problem)):
        return encode(known)
    if isinstance(problem, ssl.SSLCertVerificationError):
        return encode(RunReason.CERTIFICATE_INVALID, error=str(problem))
    if isinstance(problem, OSError) and problem.strerror in OS_FAULTS:
        return encode(RunReason.SYSTEM_FAULT, fault=message(problem.strerror))
    return encode(RunReason.FAILED, kind=type(problem).__name__, error=str(problem))


_FAILURES: Final[dict[type[BaseException], RunReason]] = {
    ConnectionRefusedError: RunReason.CONNECTION_REFUSED,
    ConnectionResetError: RunReason.CONNECTION_RESET,
    ConnectionAbortedError: RunReason.CONNECTION_ABORTED,
    BrokenPipeError: RunReason.CONNECTION_BROKEN,
}
"""What users meet most."""
