"""Words of errors about templates: their places, and what Jinja2 and Python say, in the reader's language.

Jinja2 has no codes for its errors, only English sentences. Where the language is another one, the usual sentences are
recognised here, to be shown; nothing else depends on them.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from campaign.model import i18n
from campaign.model.i18n import N_, _

_KNOWN: Final = (
    # Jinja2: the lexer and the parser.
    N_("No filter named {name}."),
    N_("No test named {name}."),
    N_(
        "Encountered unknown tag {name}. You probably made a nesting mistake. Jinja is expecting this tag, but"
        " currently looking for {tags}. The innermost block that needs to be closed is {block}."
    ),
    N_(
        "Encountered unknown tag {name}. Jinja was looking for the following tags: {tags}."
        " The innermost block that needs to be closed is {block}."
    ),
    N_(
        "Unexpected end of template. Jinja was looking for the following tags: {tags}."
        " The innermost block that needs to be closed is {block}."
    ),
    N_("Encountered unknown tag {name}."),
    N_("unexpected end of template, expected {expected}."),
    N_("expected token {expected}, got {found}"),
    N_("Expected an expression, got {found}"),
    N_("unexpected {found}, expected {expected}"),
    N_("unexpected char {character} at {place}"),
    N_("unexpected {found}"),
    N_("tag name expected"),
    N_("Missing end of comment tag"),
    N_("Missing end of raw directive"),
    N_("expected subscript expression"),
    N_("expected name or number"),
    N_("invalid syntax for function call expression"),
    N_("block {name} defined twice"),
    N_("access to attribute {name} of {object} object is unsafe."),
    # Jinja2: a row.
    N_("{name} is undefined"),
    N_("{object} has no attribute {name}"),
    N_("{object} has no element {name}"),
    # Python.
    N_("maximum recursion depth exceeded"),
    N_("maximum recursion depth exceeded {when}"),
    N_("{function} got an unexpected keyword argument {name}"),
    N_("division by zero"),
    N_("unsupported operand type(s) for {operator}: {left} and {right}"),
    N_("{operator} not supported between instances of {left} and {right}"),
    N_("can only concatenate str (not {type}) to str"),
    N_("list index out of range"),
    N_("string index out of range"),
    # The particles of `model.josa`, on which the translations themselves depend.
    N_("josa({pair}): no such pair; write one such as 이/가 은/는 을/를 과/와 으로/로 아/야 이나/나"),
    N_("josa: the last sound of {word} cannot be determined; write the particle yourself"),
)
"""Sentences of Jinja2 3, of Python and of a filter, each with what varies in it as fields."""

_TOKENS: Final = {
    "'begin of print statement'": "'{{'",
    "'end of print statement'": "'}}'",
    "'begin of statement block'": "'{%'",
    "'end of statement block'": "'%}'",
    "'begin of comment'": "'{#'",
    "'end of comment'": "'#}'",
    "'end of template'": N_("the end of the template"),
    "'template data / text'": N_("text"),
}
"""How Jinja2 names what it expected or found, and the signs that users write; words are translated."""

_FIELD: Final = re.compile(r"\\\{(\w+)\\\}")


def at_line(label: str, line: int) -> str:
    """The place of an error in a template: `message.text, line 3`."""
    return _("{label}, line {line}", label=label, line=line)


def translated(words: str) -> str:
    """What Jinja2 or Python said of a template, in the reader's language where it is a usual sentence."""
    return words if i18n.language() == i18n.ENGLISH else _recognised(words, i18n.language())


@lru_cache(maxsize=1024)
def _recognised(words: str, _language: str) -> str:
    """Many rows fail alike: each sentence is searched for once."""
    for pattern, message in _patterns():
        if match := pattern.fullmatch(words):
            return _(message, **{name: _named(value) for name, value in match.groupdict().items()})
    return words


def _named(value: str) -> str:
    """What a field holds: a token, the tags that may follow, or a name of the template."""
    return _(_TOKENS[value]) if value in _TOKENS else value.replace("' or '", f"'{_(' or ')}'")


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_FIELD.sub(r"(?P<\1>.+?)", re.escape(one)), re.DOTALL), one) for one in _KNOWN)
