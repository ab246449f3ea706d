"""Control characters made visible: what a cell, a file name or the gateway says must not steer a terminal or a mail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_HARMLESS: Final = frozenset("\u00a0\u1680\u202f\u205f\u3000") | frozenset(map(chr, range(0x2000, 0x200B)))
"""Spaces of other widths, such as the ideographic one: Python does not count them as printable."""


def escape(words: str, *, keep: str = "") -> str:
    r"""`words` with every character that is not visible written as Python writes it, such as `\x1b` or `\u202e`.

    That is control characters, marks that turn the direction of writing, characters without width, separators of
    lines, and halves of surrogate pairs, which cannot be written to a terminal at all. Spaces stay.

    Args:
        words: text from outside: a cell, a heading, a name, the gateway's words.
        keep: characters that stay as they are, such as a newline where the text has lines of its own.
    """
    return _with(_escaped, words, keep)


def escape_lines(words: str) -> str:
    """As `escape`, for text that has lines of its own."""
    return escape(words, keep="\n")


def escaped_json(value: object) -> str:
    """`value` as JSON in one line; what would steer a terminal is written as JSON's own escapes, so the value stays."""
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
