"""Escapes control characters: a cell, a file name or an answer of the gateway must not control a terminal or a mail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

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
