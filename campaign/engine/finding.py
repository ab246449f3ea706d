"""A result of the examination that `doctor` makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the examination.

    Attributes:
        what: what was examined: a word for scripts, which a door translates.
        good: True, False, or None for a warning.
        words: what was found, in a sentence.
    """

    what: str
    good: bool | None
    words: str
