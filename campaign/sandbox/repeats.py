"""Repeats: recipients who are sent the same message twice."""

from hashlib import blake2b

from campaign.sandbox.rules import Message


def digest(message: Message) -> int:
    """Give 64 bits, signed, for what makes two messages the same: type, sender, title, text and image.

    The recipients are counted apart. The reserved date is left out, so that a second copy counts as a repeat even
    where it was reserved for another hour; so is the edition of the API.
    """
    parts = (message.msg_type, message.sender, message.title, message.text, image_key(message))
    return int.from_bytes(blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


def image_key(message: Message) -> str | None:
    """Give a name for the content of the message's image, or none if it has no image."""
    if message.image is None:
        return None
    return blake2b(message.image.content, digest_size=16).hexdigest()


class Repeats:
    """Who was sent what: 64 bits a delivery, in one set, so that a request of 1,000 costs one set operation."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add(self, message_digest: int, numbers: str) -> int:
        """Note that a message was sent to `numbers`, one a line; give how many of them had been sent it before."""
        before = len(self._seen)
        marks = [message_digest ^ number for number in map(int, numbers.split("\n"))]
        self._seen.update(marks)
        return len(marks) - (len(self._seen) - before)
