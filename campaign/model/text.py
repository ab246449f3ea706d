"""Text shown to the user: escaped characters, plurals, width on a terminal, letters of columns, and likely typos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LETTERS = 26
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_HARMLESS: Final = frozenset("\u00a0\u1680\u202f\u205f\u3000") | frozenset(map(chr, range(0x2000, 0x200B)))
"""Spaces of other widths, such as the ideographic space, which Python does not count as printable."""


def escape(words: str, *, keep: str = "") -> str:
    r"""`words` with invisible characters as Python's escapes, such as `\x1b` or `\u202e`.

    Escaped are control characters, direction marks, characters without width, line separators, and halves of surrogate
    pairs, which cannot be written to a terminal at all. Spaces stay.

    Args:
        words: text from outside: a cell, a heading, a name, an answer of the gateway.
        keep: characters that stay unchanged, such as the newline of a text with several lines.
    """
    return _with(_escaped, words, keep)


def escape_lines(words: str) -> str:
    """As `escape`, but keeps line ends."""
    return escape(words, keep="\n")


def escaped_json(value: object) -> str:
    """`value` as JSON in one line; invisible characters are written as JSON escapes, which keeps the value."""
    return _with(_escaped_in_json, json.dumps(value, ensure_ascii=False, default=str))


def _with(escaped: Callable[[str], str], words: str, keep: str = "") -> str:
    if words.isprintable():
        return words
    shown = _HARMLESS.union(keep)
    return "".join(letter if letter.isprintable() or letter in shown else escaped(letter) for letter in words)


def _escaped(letter: str) -> str:
    return _ESCAPES.get(letter) or letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def _escaped_in_json(letter: str) -> str:
    return json.dumps(letter)[1:-1]


def counted(count: int, noun: str) -> str:
    """A count with its noun, in the plural unless it is one: `1 row`, `1,204 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal; a Hangul letter takes two."""
    if text.isascii():
        return len(text)
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
