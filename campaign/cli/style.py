"""Colours of errors, warnings and statuses on a terminal; none in a pipe, with `NO_COLOR`, or on a dumb terminal."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, suppress
from enum import Enum
from typing import TYPE_CHECKING, Final

from campaign.model import RunState, Status
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO


class Colour(Enum):
    """What a colour says, with its code in terminal sequences."""

    ERROR = 31  # red
    GOOD = 32  # green
    WARNING = 33  # yellow
    NOTE = 36  # cyan


GOOD: Final = N_("ok")
BAD: Final = N_("BAD")
DOUBTFUL: Final = N_("look")

_OF_WORDS: Final[Mapping[str, Colour]] = {
    GOOD: Colour.GOOD,
    BAD: Colour.ERROR,
    DOUBTFUL: Colour.WARNING,
    RunState.FINISHED: Colour.GOOD,
    RunState.PAUSED: Colour.WARNING,
    RunState.INTERRUPTED: Colour.WARNING,
    Status.ACCEPTED: Colour.GOOD,
    Status.REJECTED: Colour.ERROR,
    Status.INVALID: Colour.ERROR,
    Status.UNKNOWN: Colour.WARNING,
}


def colours_of_words() -> dict[str, Colour]:
    """The colours of statuses, states and marks, by their word in English and in the reader's language."""
    return {word: colour for value, colour in _OF_WORDS.items() for word in (str(value), _(value))}


def painted_statuses(line: str, stream: TextIO) -> str:
    """A line of a summary with its state, and each status before a number, in its colour."""
    if not shows_colours(stream):
        return line
    colours = colours_of_words()
    names = "|".join(map(re.escape, sorted(colours, key=len, reverse=True)))
    return re.sub(
        rf"(?<=: )({names})(?=$|: )|(?<!\S)({names})(?= [\d,]+( ·|$))",
        lambda found: painted(found[0], colours[found[0]], stream),
        line,
    )


def painted(words: str, colour: Colour | None, stream: TextIO) -> str:
    """`words` in a colour, if `stream` shows colours. Escape what comes from outside beforehand."""
    if colour is None or not shows_colours(stream):
        return words
    return _begin(colour) + words + _END


@contextmanager
def colouring(stream: TextIO, colour: Colour) -> Iterator[None]:
    """Inside, what is written to `stream` is in a colour, if the stream shows colours."""
    if not shows_colours(stream):
        yield
        return
    # A terminal that was closed is noticed by what writes the words.
    with suppress(OSError):
        stream.write(_begin(colour))
    try:
        yield
    finally:
        with suppress(OSError):
            stream.write(_END)
            stream.flush()


def shows_colours(stream: TextIO) -> bool:
    """Whether a stream leads to a terminal on which colours are wanted."""
    # https://no-color.org: any value but the empty one. The old console of Windows shows the sequences as text.
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty() and (sys.platform != "win32" or "WT_SESSION" in os.environ)


_END: Final = "\x1b[0m"


def _begin(colour: Colour) -> str:
    return f"\x1b[{colour.value}m"
