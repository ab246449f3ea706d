"""Text shown to the user: its width on a terminal, the letters of columns, and the name that was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LETTERS = 26


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal; a Hangul letter takes two."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def column_letters(column: int) -> str:
    """The letters of a spreadsheet's column, counted from 0: A, B, ... Z, AA."""
    left, rest = divmod(column, _LETTERS)
    return (column_letters(left - 1) if left else "") + chr(ord("A") + rest)


def column_index(letters: str) -> int:
    """The column of a spreadsheet, counted from 0, by its letters."""
    column = 0
    for letter in letters:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return column - 1


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that is most like `word`; None if none is at least `cutoff` alike (0 to 1)."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)
