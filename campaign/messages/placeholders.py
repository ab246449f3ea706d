"""Finds placeholders of other services: `#{이름}`, `%이름%`, `[*이름*]`, `##이름##`, `{이름}`.

To our templates they are plain text, which is sent unchanged. A placeholder that names a column is an error for the
whole campaign; for any other, a note says that it is sent unchanged.
"""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign.messages.templates.column_names import Names, fold
from campaign.messages.templates.error_words import at_line
from campaign.model.errors import ForeignPlaceholders
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.config.template_files import TemplateFiles

_HALF_WIDTH: Final = str.maketrans("｛｝［］＃％＄＠＊＜＞｜", "{}[]#%$@*<>|")
"""Full-width marks and their half-width forms, one character each, so that positions in the text stay the same."""

_MARKS: Final = "#$@*%| \t"
"""Characters that may be between the brackets of a placeholder and its name, as in `{$이름}`."""


class _Form(NamedTuple):
    """A form of placeholders. `certain`: an error if it names a column; `noted`: gets a note if it names none."""

    pattern: re.Pattern[str]
    certain: bool
    noted: bool


# The last group that matches is the name. Square brackets and single marks are valid in messages and titles.
_FORMS: Final = (
    _Form(re.compile(r"[#$@]?\{{1,3}([^{}\n]{1,60})\}{1,3}"), certain=True, noted=True),
    _Form(re.compile(r"\[([*#$%@]{1,2}[^\[\]\n]{1,60}[*#$%@]{1,2})\]"), certain=True, noted=True),
    _Form(re.compile(r"\*\|([^|\n]{1,60})\|\*"), certain=True, noted=True),
    _Form(re.compile(r"##([^#\s](?:[^#\n]{0,58}[^#\s])?)##"), certain=True, noted=True),
    _Form(re.compile(r"%%([^%\s](?:[^%\n]{0,58}[^%\s])?)%%"), certain=True, noted=True),
    _Form(re.compile(r"%([^%\s](?:[^%\n]{0,58}[^%\s])?)%"), certain=True, noted=True),
    _Form(re.compile(r"<<([^<>\n]{1,60})>>|«([^«»\n]{1,60})»"), certain=True, noted=False),
    _Form(re.compile(r"\[([^\[\]\n]{1,60})\]"), certain=False, noted=False),
    _Form(re.compile(r"<([^<>\n]{1,60})>"), certain=False, noted=False),
    _Form(re.compile(r"(?P<mark>[#$@])([^#$@\s]{1,60})(?P=mark)"), certain=False, noted=False),
)

_OURS: Final = ("{{", "{%", "{#")
_HALF: Final = (
    re.compile(r"\{\{([^{}\n]{1,60})\}(?!\})"),
    re.compile(r"\{\{\{([^{}\n]{1,60})\}\}\}"),
    re.compile(r"\{#([^{}#%\n]{1,60})\}|\{%([^{}#%\n]{1,60})%?\}"),
)
"""What begins like our own language but is not: an error if it names a column."""

_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_OF_RAW: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder from `start` to `end` of a text; `place` is the index of its column, or None."""

    start: int
    end: int
    written: str
    line: int
    place: int | None
    certain: bool


def find(text: str, names: Names) -> list[Placeholder]:
    """The placeholders of other services in a template, outside our placeholders, tags, comments and `raw` blocks."""
    return list(_find(text, _Columns(names)))


def rewritten(text: str, names: Names) -> str:
    """The template with each certain placeholder of a column rewritten in our own form."""
    pieces, done = [], 0
    for one in find(text, names):
        if one.certain and one.place is not None:
            pieces += [text[done : one.start], spelling(one.place, names)]
            done = one.end
    return "".join([*pieces, text[done:]])


def spelling(place: int, names: Names) -> str:
    """Our placeholder for the column at this index: `{{ 이름 }}`, or `{{ row["금액(원)"] }}`."""
    headings = [heading for heading, at in names.headings.items() if at == place]
    heading = next((one for one in headings if one == fold(one)), headings[0])
    if names.variables.get(heading) == place and heading.casefold() not in _RESERVED and not keyword.iskeyword(heading):
        return f"{{{{ {heading} }}}}"
    return f"{{{{ row[{json.dumps(heading, ensure_ascii=False)}] }}}}"


def with_default(text: str, place: int, names: Names, words: str) -> str:
    """The template with words for an empty cell wherever it prints the column at this index as it is, or filtered."""
    headings = [heading for heading, at in names.headings.items() if at == place]
    variables = [name for name, at in names.variables.items() if at == place]
    spelled = [*map(re.escape, variables)]
    spelled += [rf"row\[\s*['\"]{re.escape(one)}['\"]\s*\]" for one in headings]
    name = "|".join(sorted(spelled, key=len, reverse=True))
    # Before the end of the placeholder, or before a filter that is not `default` itself.
    reads = re.compile(rf"(\{{\{{[-+]?\s*(?:{name}))(?=\s*[-+]?\}}\}}|\s*\|(?!\s*default\b))")
    literal = json.dumps(words, ensure_ascii=False)
    return reads.sub(lambda found: f"{found[1]}|default({literal})", text)


_RESERVED: Final = {"row", "loop", "self", "super", "caller", "true", "false", "none"}
"""Names that have another meaning in a template, or none."""


def judge(sources: Mapping[str, tuple[str, str]], files: TemplateFiles, names: Names) -> tuple[str, ...]:
    """Notes on the placeholders of other services in a campaign's fields and in the files that they include.

    Raises:
        ForeignPlaceholders: some name columns; it shows each with its line and the right spelling.
    """
    wrong: list[str] = []
    notes: list[str] = []
    label = sources["text"][0]
    for where, text in (*sources.values(), *((f"{label}: {name}", text) for name, text in files.texts.items())):
        for one in find(text, names):
            place = at_line(where, one.line) if "\n" in text else where
            (wrong if one.place is not None and one.certain else notes).append(_judged(one, place, names))
    if wrong:
        ways = _("Put text that is meant literally between {% raw %} and {% endraw %}.")
        raise ForeignPlaceholders("\n".join([*dict.fromkeys(wrong), ways]))
    return tuple(dict.fromkeys(notes))


def _judged(one: Placeholder, place: str, names: Names) -> str:
    """What a placeholder is sent as, and what to write instead."""
    if one.place is None:
        return _(
            "{place}: {placeholder} looks like a placeholder of another service, but there is no such column; "
            "it is sent unchanged",
            place=place,
            placeholder=one.written,
        )
    if one.certain:
        message = N_("{place}: {placeholder} would be sent unchanged; write {spelling}")
    else:
        message = N_("{place}: {placeholder} is sent unchanged; for the value of the column, write {spelling}")
    return _(message, place=place, placeholder=one.written, spelling=spelling(one.place, names))


class _Columns:
    """Columns by their names without spaces, in NFC and lower case."""

    def __init__(self, names: Names) -> None:
        self._places: dict[str, int] = {}
        for name, place in (*names.headings.items(), *names.variables.items()):
            self._places.setdefault(_key(name), place)

    def place(self, name: str) -> int | None:
        found = self._places.get(_key(name))
        return self._places.get(_key(name.strip(_MARKS))) if found is None else found


def _key(name: str) -> str:
    return "".join(unicodedata.normalize("NFC", name).split()).casefold()


def _find(text: str, columns: _Columns) -> Iterator[Placeholder]:
    plain = text.translate(_HALF_WIDTH)
    at = 0
    while at < len(text):
        if text.startswith(_OURS, at):
            half = next(filter(None, (_half(pattern, text, at, columns) for pattern in _HALF)), None)
            if half:
                yield half
            at = half.end if half else _end_of_ours(text, at)
        else:
            found = _other(text, plain, at, columns) if plain[at] in _OPENING else None
            if found:
                yield found
            at = found.end if found else at + 1


_OPENING: Final = frozenset("#$@{[*%<«")


def _half(pattern: re.Pattern[str], text: str, at: int, columns: _Columns) -> Placeholder | None:
    match = pattern.match(text, at)
    place = columns.place(match[match.lastindex or 0]) if match else None
    return _made(text, match, place, certain=True) if match and place is not None else None


def _end_of_ours(text: str, at: int) -> int:
    """The end of a placeholder, tag, comment or `raw` block of our own language."""
    if raw := _RAW.match(text, at):
        ending = _END_OF_RAW.search(text, raw.end())
        return ending.end() if ending else len(text)
    closing = {"{{": "}}", "{%": "%}", "{#": "#}"}[text[at : at + 2]]
    end = text.find(closing, at + 2)
    return len(text) if end < 0 else end + 2


def _other(text: str, plain: str, at: int, columns: _Columns) -> Placeholder | None:
    for form in _FORMS:
        match = form.pattern.match(plain, at)
        # `{{ 이름 }}` after `#` is our own.
        if match is None or text.startswith(_OURS, at + 1):
            continue
        # Of two groups, the one that matched is the name.
        name = match[match.lastindex or 0]
        if any(mark in name for mark in _OURS):
            continue
        place = columns.place(name)
        if place is not None or (form.noted and _looks_intended(match, name)):
            return _made(text, match, place, certain=form.certain)
    return None


def _looks_intended(match: re.Match[str], name: str) -> bool:
    """Whether a match that names no column is a placeholder: `{^^}` and the text between `10%` and `20%` are not."""
    if match[0].startswith("%") and not match[0].startswith("%%"):
        if re.fullmatch(r"[0-9A-Fa-f]{2}", name):
            return False  # a percent-encoded URL, such as %EC%9D%B4
        before = match.string[match.start() - 1 : match.start()]
        return not before.isdigit() and re.fullmatch(r"[^\W\d]\w*", name) is not None
    return re.search(r"\w", name) is not None


def _made(text: str, match: re.Match[str], place: int | None, *, certain: bool) -> Placeholder:
    line = text.count("\n", 0, match.start()) + 1
    return Placeholder(match.start(), match.end(), text[match.start() : match.end()], line, place, certain)
