"""Shows messages on the terminal as recipients will see them: in a frame about as wide as a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.cli.terminal import say
from campaign.model.text import display_width, escape
from campaign.recipients.numbers.sender import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOM: Final = 40
"""Columns of a line on the screen: twenty Hangul, as many as a phone shows."""


def show_preview(message: Mapping[str, object], why: str = "") -> None:
    """Show one row's message in a frame; `why` says why it was chosen."""
    label = f"row {message['row']}: {message['msgType'] or 'no message'}, {message['bytes'] or 0} bytes"
    say(f"{label} ({why})" if why else label)
    if message["status"]:
        say(f"  {message['status']}: {message['reason']}")
    if message["text"] is None:
        return
    say(f"  {_between(message)}")
    lines = list(_lines(str(message["text"])))
    title = list(_lines(str(message["title"]))) if message["title"] else []
    room = max(map(display_width, title + lines))
    rule = "─" * (room + 2)
    say(f"  ┌{rule}┐")
    for line in title:
        _say_line(line, room)
    if title:
        say(f"  ├{rule}┤")
    for line in lines:
        _say_line(line, room)
    say(f"  └{rule}┘")


def _between(message: Mapping[str, object]) -> str:
    """The recipient, the sender, and the reserved time, if any."""
    to = mask(str(message["number"])) if message["number"] else "nobody"
    parts = [f"to {to} from {message['sender']}"]
    parts += [f"on {message['date']}"] if message["date"] else []
    return ", ".join([*parts, *(["with an image"] if message["image"] else [])])


def _say_line(line: str, room: int) -> None:
    say(f"  │ {line}{' ' * (room - display_width(line))} │")


def _lines(text: str) -> Iterator[str]:
    """The text's lines, wrapped at the screen's width, as a phone does."""
    for line in text.split("\n"):
        shown = ""
        for letter in escape(line.expandtabs(4)):
            if display_width(shown) + display_width(letter) > ROOM:
                yield shown
                shown = ""
            shown += letter
        yield shown
