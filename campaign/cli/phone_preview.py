"""Shows messages on the terminal as recipients will see them: in a frame about as wide as a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign.cli.layout import pad
from campaign.cli.terminal import say, word
from campaign.model.i18n import _
from campaign.model.text import display_width, escape
from campaign.recipients.numbers.sender import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOM: Final = 40
"""Columns of a line on the screen: twenty Hangul, as many as a phone shows."""


def show_preview(message: Mapping[str, object], why: str = "") -> None:
    """Show one row's message in a frame; `why` says why it was chosen."""
    label = _label(message)
    say(f"{label} ({why})" if why else label)
    if message["status"]:
        say(f"  {word(str(message['status']))}: {message['reason']}")
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


def _label(message: Mapping[str, object]) -> str:
    row, kind, size_bytes = message["row"], message["msgType"], message["bytes"] or 0
    if kind is None:
        return _("row {row}: no message, {bytes} bytes", row=row, bytes=size_bytes)
    return _("row {row}: {type}, {bytes} bytes", row=row, type=kind, bytes=size_bytes)


def _between(message: Mapping[str, object]) -> str:
    """The recipient and the sender, the reserved time and the image, if any: a list of facts."""
    number, sender = message["number"], message["sender"]
    facts = [
        _("to {number} from {sender}", number=mask(str(number)), sender=sender)
        if number
        else _("to nobody from {sender}", sender=sender)
    ]
    if message["date"]:
        facts.append(_("on {date}", date=message["date"]))
    if message["image"]:
        facts.append(_("with an image"))
    return ", ".join(facts)


def _say_line(line: str, room: int) -> None:
    say(f"  │ {pad(line, room)} │")


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
