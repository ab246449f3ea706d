"""What a template may call the columns of a spreadsheet.

Nothing here knows the template language: these names are needed where it is not loaded.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW: Final = "row"
"""The variable that reaches every column by its heading as written: `row["금액(원)"]`."""

_NOT_WORD: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Names:
    """How a template may call the columns, each to a column's place: `variables` by name, `headings` by `row[...]`."""

    variables: dict[str, int]
    headings: dict[str, int]
    known: tuple[str, ...]  # the headings, for a person to read

    @classmethod
    def of(cls, headings: Sequence[str]) -> Names:
        """Names for these headings; of equal ones the first is meant."""
        variables: dict[str, int] = {}
        by_heading: dict[str, int] = {}
        for place, heading in enumerate(headings):
            by_heading.setdefault(heading, place)
            by_heading.setdefault(fold(heading), place)
        for heading, place in by_heading.items():
            if heading.isidentifier():
                variables.setdefault(heading, place)
        for heading, place in by_heading.items():
            plain = plain_form(heading)
            if plain.isidentifier():
                variables.setdefault(plain, place)
        return cls(variables, by_heading, tuple(dict.fromkeys(map(fold, headings))))

    def no_such(self, place: str, name: str) -> str:
        """That `place` in a template asks for a column which does not exist, with the nearest ones."""
        near = difflib.get_close_matches(name, self.known, n=2, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        return f"{place}: there is no column {name!r}. {hint}Columns: {', '.join(self.known)}"


def empty(heading: str) -> str:
    """That a template needs a cell which is empty, in words."""
    return f"{heading!r} is empty, and the template needs it"


def fold(heading: str) -> str:
    """A heading without the white space around it, and with one space where it has several or a newline."""
    return " ".join(heading.split())


def plain_form(heading: str) -> str:
    """A heading as an identifier: `금액(원)` is `금액_원`, `1차 쿠폰` is `_1차_쿠폰`."""
    plain = _NOT_WORD.sub("_", heading).strip("_")
    return f"_{plain}" if plain[:1].isdigit() else plain


def is_template(text: str) -> bool:
    """Whether there is anything to fill in or to leave out."""
    return "{{" in text or "{%" in text or "{#" in text
