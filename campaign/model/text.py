"""Text shown to the user: escapes, lists, width on a terminal, letters of columns, shares, and likely typos."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_LETTERS = 26
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")
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
    import json

    return _with(_escaped_in_json, json.dumps(value, ensure_ascii=False, default=str))


def _with(escaped: Callable[[str], str], words: str, keep: str = "") -> str:
    if words.isprintable():
        return words
    shown = _HARMLESS.union(keep)
    return "".join(letter if letter.isprintable() or letter in shown else escaped(letter) for letter in words)


def _escaped(letter: str) -> str:
    return _ESCAPES.get(letter) or letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def _escaped_in_json(letter: str) -> str:
    import json

    return json.dumps(letter)[1:-1]


def listed(names: Sequence[str]) -> str:
    """The names with commas between, and `and` before the last: `a, b and c`."""
    if len(names) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(names)
    return _("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def alternatives(names: Sequence[str]) -> str:
    """The names with commas between, and `or` before the last: `a, b or c`."""
    if len(names) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(names)
    return _("{names} or {last}", names=", ".join(names[:-1]), last=names[-1])


OS_FAULTS: Final = frozenset(
    {
        N_("No such file or directory"),
        N_("Permission denied"),
        N_("Operation not permitted"),
        N_("Is a directory"),
        N_("Not a directory"),
        N_("File exists"),
        N_("File name too long"),
        N_("File too large"),
        N_("No space left on device"),
        N_("Disk quota exceeded"),
        N_("Read-only file system"),
        N_("Device or resource busy"),
        N_("Input/output error"),
        N_("Too many open files"),
        N_("Too many levels of symbolic links"),
        N_("Connection refused"),
        N_("Connection reset by peer"),
        N_("Connection timed out"),
        N_("Network is unreachable"),
        N_("No route to host"),
        N_("Name or service not known"),
        N_("Temporary failure in name resolution"),
    }
)
"""The operating system's words for what its users can do something about, which the catalogs translate."""


def os_fault(problem: OSError) -> str:
    """What the operating system says of an error, in the reader's language where it is one of `OS_FAULTS`."""
    words = problem.strerror or str(problem)
    return _(words) if words in OS_FAULTS else words


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


def parse_share(words: str) -> float | None:
    """A share that a campaign file spells "0%" to "100%", as a number from 0 to 1; None for another spelling."""
    match = _SHARE.fullmatch(words)
    share = float(match[1]) / 100 if match else None
    return share if share is not None and share <= 1 else None
