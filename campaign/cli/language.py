"""The language of the screen: `--lang`, then `CAMPAIGN_LANG`, then the locale, else English."""

from __future__ import annotations

import gettext
import os
from typing import TYPE_CHECKING, Final

from campaign.model import i18n
from campaign.model.errors import UsageError
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTION: Final = "--lang"
VARIABLE: Final = i18n.VARIABLE

OF_TYPER: Final = (N_("default: {default}"), N_("required"), N_("Missing command."))
"""What Typer asks gettext to translate. Its other words are in `help_page` and `usage_errors`."""


def choose(arguments: Sequence[str]) -> list[str]:
    """Set the language before the commands and their help are built; the arguments without `--lang`.

    Raises:
        UsageError: `--lang` or `CAMPAIGN_LANG` names a language without a catalog.
    """
    given, rest = _take(arguments)
    # The locale decides first, so that a wrong name is refused in its language.
    _use(i18n.of_locale(os.environ))
    for place, words in ((VARIABLE, os.environ.get(VARIABLE)), (OPTION, given)):
        if words is None or (place == VARIABLE and not words):
            continue
        if (chosen := i18n.parse_language(words)) is None:
            raise UsageError(_("{place} {words!r}: expected ko or en", place=place, words=words))
        _use(chosen)
    return rest


def _take(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The value of the last `--lang`, wherever it stands before `--`, and the other arguments."""
    given: str | None = None
    rest: list[str] = []
    left = iter(arguments)
    for word in left:
        if word == "--":
            return given, [*rest, word, *left]
        if word == OPTION:
            given = next(left, "")
        elif word.startswith(f"{OPTION}="):
            given = word.partition("=")[2]
        else:
            rest.append(word)
    return given, rest


def _use(language: str) -> None:
    i18n.use(language)
    # The library of the command line asks the process's own domain, in the language that this variable names.
    gettext.bindtextdomain(i18n.DOMAIN, str(i18n.CATALOGS))
    gettext.textdomain(i18n.DOMAIN)
    os.environ["LANGUAGE"] = language
