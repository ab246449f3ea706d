"""Sentences in the reader's language: gettext catalogs that ship with the package, English where there is none.

`_("row {row}: the cell is empty", row=3)` translates, fills in, and fits Korean particles to what they follow. The
message is written in English in the code; `make messages` collects it into the catalogs.
"""

from __future__ import annotations

import gettext
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENGLISH: Final = "en"
KOREAN: Final = "ko"
LANGUAGES: Final = (KOREAN, ENGLISH)

VARIABLE: Final = "CAMPAIGN_LANG"
"""The environment variable that names the language: the user's choice, and that of the processes started here."""

CATALOGS: Final = Path(__file__).with_name("catalogs")
"""The folder of the catalogs, laid out as gettext asks: <language>/LC_MESSAGES/<domain>.mo."""

DOMAIN: Final = "campaign"

_PARTICLE: Final = re.compile(r"(을\(를\)|이\(가\)|은\(는\)|과\(와\)|\(으\)로|\(이\)나|\(이\)라|\(이\)며)")
"""A particle in both of its forms, as the catalogs write it after a field."""

_process: str = ENGLISH
_context: ContextVar[str | None] = ContextVar("language", default=None)


def use(language: str) -> None:
    """Set the language of this process: one of `LANGUAGES`."""
    global _process  # noqa: PLW0603 - the language is the process's, like its locale
    _process = language


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Inside, the language of this thread or task: one of `LANGUAGES`."""
    token = _context.set(language)
    try:
        yield
    finally:
        _context.reset(token)


def language() -> str:
    """The language in which sentences are written now."""
    return _context.get() or _process


def parse_language(words: str) -> str | None:
    """The language that a name such as `ko`, `ko_KR.UTF-8` or `en-US` stands for; None where there is no catalog."""
    name = re.split(r"[_.@-]", words.strip().lower(), maxsplit=1)[0]
    name = {"c": ENGLISH, "posix": ENGLISH, "korean": KOREAN, "english": ENGLISH}.get(name, name)
    return name if name in LANGUAGES else None


def of_locale(variables: Mapping[str, str]) -> str:
    """The language of the locale that environment variables name, by the order that POSIX gives; else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if variables.get(name):
            return parse_language(variables[name]) or ENGLISH
    return ENGLISH


def N_(message: str) -> str:  # noqa: N802 - gettext's name
    """Mark a message for the catalogs; it is translated where it is shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802 - as `N_`
    """Mark a message in its two forms for the catalogs; `ngettext` translates it where it is shown."""
    return one, many


def _(message: str, /, **parameters: object) -> str:
    """The message in the reader's language, its `{name}` fields filled in as `str.format` does."""
    known = _catalog(language())
    return _filled(message if known is None else known.gettext(message), parameters)


def ngettext(one: str, many: str, count: int, /, **parameters: object) -> str:
    """`one` or `many`, by `count`, in the reader's language; `{count}` is filled in as well."""
    known = _catalog(language())
    if known is None:
        return _filled(one if count == 1 else many, {"count": count, **parameters})
    return _filled(known.ngettext(one, many, count), {"count": count, **parameters})


@lru_cache(maxsize=len(LANGUAGES))
def _catalog(name: str) -> gettext.NullTranslations | None:
    """The catalog of a language; None for English, the language of the messages themselves."""
    return None if name == ENGLISH else gettext.translation(DOMAIN, CATALOGS, [name])


def _filled(message: str, parameters: Mapping[str, object]) -> str:
    if language() != KOREAN or not _PARTICLE.search(message):
        return message.format_map(parameters) if parameters else message
    words = ""
    for text, particle in _parts(message):
        words += text.format_map(parameters) if parameters else text
        words += _fitting(words, particle)
    return words


def _parts(message: str) -> Iterator[tuple[str, str]]:
    """The message cut at its particles: a text and the particle after it, which is empty after the last text."""
    *cut, last = _PARTICLE.split(message)
    yield from zip(cut[::2], cut[1::2], strict=True)
    yield last, ""


def _fitting(words: str, particle: str) -> str:
    """The form of a particle that fits the last sound of the words before it; both forms where that is not known."""
    from campaign.model import josa

    last = words.split()[-1:]
    if not particle or not last:
        return particle
    try:
        return josa.with_particle(last[0], particle).removeprefix(last[0])
    except ValueError:
        return particle
