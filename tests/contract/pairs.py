"""The transcribed pairs, as written down in the JSON files beside this one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.model import Message, MsgType, Request

HERE = Path(__file__).parent
SENDER = "01000000000"  # of the document's samples
KEYS = ("API Key", "인증 Key")  # likewise
SECRET = "QVBJIEtleSbsnbjspp0gS2V5"  # noqa: S105 - base64_encode('API Key&인증 Key'), with the document's own words
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 400
BOUNDARY = "----------------------------d74496d66958873e"  # as curl makes them


@dataclass(frozen=True)
class Pair:
    """One request of the document, and its answer."""

    edition: str
    url: str
    written: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.edition} {self.written['name']}"

    @property
    def path(self) -> str:
        return self.url.removeprefix("https://sms.bizservice.iwinv.kr")

    @property
    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.written["answer"]
        return answer

    @property
    def fields(self) -> list[tuple[str, Any]]:
        """The fields in their order; an image as its file's name and type."""
        body = self.written.get("body") or (json.loads(self.written["raw"]) if "raw" in self.written else None)
        return list(body.items()) if body else [(name, value) for name, value in self.written["parts"]]

    @property
    def request(self) -> Request | None:
        """What the client is given to send the same; None for a form that it never uses."""
        if "message" not in self.written:
            return None
        given = self.written["message"] | {"msg_type": MsgType(self.written["message"]["msg_type"])}
        image = "0" * 64 if given["msg_type"] == MsgType.MMS else None
        return Request(id="r", no=1, message=Message(**given, image=image), numbers=tuple(self.written["numbers"]))

    def raw(self) -> tuple[str, bytes]:
        """Content-Type and body, as a program that follows the document to the letter sends them."""
        if "parts" in self.written:
            parts = b"".join(_part(name, value) for name, value in self.written["parts"])
            return f"multipart/form-data; boundary={BOUNDARY}", parts + f"--{BOUNDARY}--\r\n".encode()
        body: str = self.written.get("raw") or json.dumps(self.written["body"], ensure_ascii=False)
        return self.written["content_type"], body.encode()


def _part(name: str, value: Any) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, str):
        return f"{head}\r\n\r\n{value}\r\n".encode()
    head += f'; filename="{value["file"]}"\r\nContent-Type: {value["type"]}\r\n\r\n'
    return head.encode() + JPG + b"\r\n"


def _read(name: str) -> list[Pair]:
    written = json.loads((HERE / name).read_text(encoding="utf-8"))
    return [Pair(written["edition"], written["url"], pair) for pair in written["pairs"]]


PAIRS = _read("v2.json") + _read("v1.json")
CODES: dict[int, str] = dict(json.loads((HERE / "codes.json").read_text(encoding="utf-8"))["codes"])
