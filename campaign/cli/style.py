"""Colours of errors, warnings and statuses on a terminal; none in a pipe, with `NO_COLOR`, or on a dumb terminal."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import TYPE_CHECKING, Final

from campaign.model.entities import RunState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


class Colour(Enum):
    """What a colour says, with its code in terminal sequences."""

    ERROR = 31  # red
    WARNING = 33  # yellow
    GOOD = 32  # green


OF_RUN_STATE: Final[Mapping[str, Colour]] = {
    RunState.FINISHED: Colour.GOOD,
    RunState.PAUSED: Colour.WARNING,
    RunState.INTERRUPTED: Colour.WARNING,
}
"""The colour of a run's state; other states have none."""


def painted(words: str, colour: Colour | None, stream: TextIO) -> str:
    """`words` in a colour, if `stream` shows colours. Escape what comes from outside beforehand."""
    if colour is None or not _shows_colours(stream):
        return words
    return f"\x1b[{colour.value}m{words}\x1b[0m"


def _shows_colours(stream: TextIO) -> bool:
    # https://no-color.org: any value but the empty one. The old console of Windows shows the sequences as text.
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty() and (sys.platform != "win32" or "WT_SESSION" in os.environ)
