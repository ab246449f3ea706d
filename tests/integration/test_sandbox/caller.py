"""A client that knows no rules: it sends what it is told to, right or wrong."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import requests

Json: TypeAlias = Any  # whatever an answer may hold
SECRET = b64encode(b"api-key&auth-key").decode()
PATHS = {"v2": "/api/v2/send/", "v1": "/api/send/"}
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 100
REFUSED = {"requestNo": "", "msgType": ""}


@dataclass(frozen=True)
class Caller:
    """Sends to, and asks, the sandbox at `url`."""

    url: str
    secret: str | None = SECRET

    @property
    def _headers(self) -> dict[str, str]:
        return {} if self.secret is None else {"Secret": self.secret}

    def send(self, edition: str = "v2", **fields: object) -> dict[str, Any]:
        """Send a good JSON request with some fields changed (None leaves a field out); give its answer."""
        response = self.post(json.dumps(body(**fields)).encode(), edition=edition)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def send_mms(
        self, edition: str = "v2", *, image: tuple[str, bytes] | None = ("poster.jpg", JPEG), **fields: object
    ) -> dict[str, Any]:
        """Send a good multipart request with some fields changed; give its answer."""
        given = {"version": "1.0", "from": "0212345678", "to": "0=01023456789", "title": "Title", "text": "Text"}
        data = {name: str(value) for name, value in (given | fields).items() if value is not None}
        response = requests.post(
            self.url + PATHS[edition],
            data=data,
            files={"nothing": ("", b"")} if image is None else {"image": image},
            headers=self._headers,
            timeout=10,
        )
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def post(
        self, content: bytes, *, edition: str = "v2", content_type: str = "application/json;charset=UTF-8"
    ) -> requests.Response:
        """Send a body as it is."""
        headers = {**self._headers, "Content-Type": content_type}
        return requests.post(self.url + PATHS[edition], content, headers=headers, timeout=10, allow_redirects=False)

    def get(self, path: str, **parameters: object) -> Json:
        """Ask `/sandbox/…`."""
        response = requests.get(
            f"{self.url}/sandbox/{path}", params={k: str(v) for k, v in parameters.items()}, timeout=10
        )
        assert response.status_code == 200
        return response.json()

    def stats(self) -> dict[str, int]:
        """Ask for the counts."""
        counts: dict[str, int] = self.get("stats")
        return counts

    def set_faults(self, *faults: object) -> requests.Response:
        """Set faults: names, or whole objects."""
        objects = [{"fault": fault} if isinstance(fault, str) else fault for fault in faults]
        return requests.post(f"{self.url}/sandbox/faults", json=objects, timeout=10)

    def empty(self) -> None:
        """Empty the ledger and the faults."""
        requests.delete(f"{self.url}/sandbox", timeout=10).raise_for_status()

    def connect(self) -> socket.socket:
        """Open a bare connection."""
        parts = urlsplit(self.url)
        connection = socket.create_connection((parts.hostname, parts.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def body(**fields: object) -> dict[str, Any]:
    """Give a good JSON body with some fields changed; None leaves a field out, `sender` stands for `from`."""
    given = {"version": "1.0", "from": "02-1234-5678", "to": ["010-2345-6789"], "text": "hello"}
    if "sender" in fields:
        fields["from"] = fields.pop("sender")
    return {name: value for name, value in (given | fields).items() if value is not None}


def numbers(count: int) -> list[str]:
    """Give so many different numbers."""
    return [f"010{20_000_000 + place}" for place in range(count)]


def raw_request(**fields: object) -> tuple[bytes, bytes]:
    """Give a good request as it goes over the wire: head and body."""
    content = json.dumps(body(**fields)).encode()
    head = (
        f"POST /api/v2/send/ HTTP/1.1\r\nHost: 127.0.0.1\r\nSecret: {SECRET}\r\n"
        f"Content-Type: application/json;charset=UTF-8\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode(), content
