"""Messages to send, small and large."""

from __future__ import annotations

from campaign.model import Message, MsgType, Request

DIGEST = "0" * 64  # stands for an image's; the client is given the bytes
JPG = b"\xff\xd8\xff\xe0" + b"\x00" * 99_996  # 100,000 bytes: the largest that the gateway takes


def request(count: int = 1, **fields: object) -> Request:
    """A request for so many recipients; an SMS unless `fields` say otherwise."""
    given = {"sender": "0212345678", "text": "내용", "msg_type": MsgType.SMS} | fields
    numbers = tuple(f"0102{place:07d}" for place in range(count))
    return Request(id="r", no=1, message=Message(**given), numbers=numbers)  # type: ignore[arg-type]


def largest_lms() -> Request:
    """1,000 recipients, and 2,000 bytes of text."""
    return request(1_000, msg_type=MsgType.LMS, title="제목", text="가" * 1_000)


def largest_mms() -> Request:
    """1,000 recipients, 2,000 bytes of text, and an image."""
    return request(1_000, msg_type=MsgType.MMS, title="제목", text="가" * 1_000, image=DIGEST)
