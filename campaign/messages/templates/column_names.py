"""The names by which a template reads the columns of a spreadsheet.

This module does not import Jinja2: the names are also used where Jinja2 is not loaded.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.model import own_columns
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW: Final = "row"
"""The variable that gives each column under its heading as written: `row["금액(원)"]`."""

YES: Final = "1"
NO: Final = "0"
"""The text of a condition that holds, and of one that does not."""

_NOT_WORD: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the columns, each with the index of its column: `variables` by name, `headings` for `row[...]`.

    `ambiguous` maps each name that several columns share to a sentence that lists these columns.
    """

    variables: dict[str, int]
    headings: dict[str, int]
    known: tuple[str, ...]  # the headings, as errors list them
    ambiguous: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, headings: Sequence[str]) -> Names:
        """The names for these headings. The user's columns take precedence over those of a result workbook."""
        variables: dict[str, int] = {}
        by_heading: dict[str, int] = {}
        for place, heading in enumerate(headings):
            by_heading.setdefault(heading, place)
            by_heading.setdefault(unicodedata.normalize("NFC", heading), place)
            by_heading.setdefault(fold(heading), place)
        for heading, place in by_heading.items():
            if heading.isidentifier():
                variables.setdefault(heading, place)
        for heading, place in by_heading.items():
            plain = plain_form(heading)
            if plain.isidentifier():
                variables.setdefault(plain, place)
        known = tuple(dict.fromkeys(map(fold, headings)))
        return cls(variables, by_heading, known, _ambiguous(headings[: own_columns(headings)]))

    def no_such(self, place: str, name: str) -> str:
        """The error for a name in a template that is not a column, with similar names."""
        near = difflib.get_close_matches(name, self.known, n=2, cutoff=0.5)
        sentences = [
            _("{place}: there is no column {name!r}.", place=place, name=name),
            *([_("Did you mean {name}?", name=_(" or ").join(near))] if near else []),
            _("Columns: {names}", names=", ".join(self.known)),
        ]
        return " ".join(sentences)


def _ambiguous(headings: Sequence[str]) -> dict[str, str]:
    """The names that several columns share, each with a sentence that lists these columns."""
    folded = list(map(fold, headings))
    found = {name: _which(headings, name, folded) for name in _repeated(folded)}
    found |= {name: found[fold(name)] for name in _repeated(headings) if name.strip()}
    plain = [plain_form(name) for name in folded]
    exact = {*headings, *folded}
    found |= {name: _which(headings, name, plain) for name in _repeated(plain) if name not in exact}
    return found


def _repeated(names: Sequence[str]) -> list[str]:
    """The names that occur more than once; empty ones aside."""
    return [name for name, count in Counter(names).items() if name and count > 1]


def _which(headings: Sequence[str], name: str, names: Sequence[str]) -> str:
    """Lists the columns that share a name, each by the heading before it: column letters differ between files."""
    places = [place for place, other in enumerate(names) if other == name]
    shown = [
        _("{heading!r} after {other!r}", heading=fold(headings[place]), other=fold(headings[place - 1]))
        if place
        else _("{heading!r}, the first", heading=fold(headings[0]))
        for place in places
    ]
    return _(
        "{columns} columns may be meant: {places}. Rename the others in the spreadsheet",
        columns=len(places),
        places="; ".join(shown),
    )


def fold(heading: str) -> str:
    """Normalise a heading for comparison: NFC, white space stripped, runs of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", heading).split())


def plain_form(heading: str) -> str:
    """A heading as an identifier: `금액(원)` becomes `금액_원`, `1차 쿠폰` becomes `_1차_쿠폰`."""
    plain = _NOT_WORD.sub("_", heading).strip("_")
    return f"_{plain}" if plain[:1].isdigit() else plain


def is_template(text: str) -> bool:
    """Whether a text has placeholders, tags or comments."""
    return "{{" in text or "{%" in text or "{#" in text
