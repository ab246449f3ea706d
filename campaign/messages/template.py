"""Jinja2 templates over a row's columns: strict, sandboxed, and checked against the headings before any row.

A template comes from the person who sends; it is still treated as hostile.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

import jinja2
from jinja2 import meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from campaign.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROW: Final = "row"
"""The variable that reaches every column by its heading as written: `row["금액(원)"]`."""

PRODUCT: Final = 100_000
"""Characters that a `*` may make of a text, and the largest power allowed: more than any message can hold."""

_NOT_WORD: Final = re.compile(r"\W+")


class Missing(jinja2.Undefined):
    """An empty cell: it can be asked about (`if`, `==`, `default`), but not be printed or reckoned with."""

    __slots__ = ()

    def _fail(self) -> NoReturn:
        self._fail_with_undefined_error()

    __str__ = __iter__ = __len__ = _fail


class _Environment(ImmutableSandboxedEnvironment):
    """The sandbox, with the operators that can use up the machine held in bounds."""

    intercepted_binops = frozenset({"**", "*"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja2's signature
        if operator == "**":
            _refuse_large_power(left, right)
        elif isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            _refuse_large_product(left, right)
        return super().call_binop(context, operator, left, right)


def _refuse_large_power(base: object, exponent: object) -> None:
    if not (isinstance(base, int | float) and isinstance(exponent, int | float)):
        return
    if abs(exponent) > 64 or abs(base) > 10**9:  # noqa: PLR2004 - far above any sum in a message
        raise SecurityError(f"{base} ** {exponent} is too large for a message")


def _refuse_large_product(left: Any, right: Any) -> None:  # noqa: ANN401 - whatever the template multiplies
    times, what = (left, right) if isinstance(left, int) else (right, left)
    if isinstance(times, int) and hasattr(what, "__len__") and len(what) * times > PRODUCT:
        raise SecurityError(f"a text repeated {times:,} times is too large for a message")


def show(value: object) -> object:
    """A value as a person sees it in the spreadsheet: 12000 for 12000.0, TRUE, 2026-12-01."""
    if isinstance(value, float):
        return _show_float(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if value is None:
        raise jinja2.UndefinedError("the template prints nothing (None)")
    return value


def _show_float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond it a float is not exact
        return str(int(value))
    # Fifteen significant digits, as spreadsheets show: 0.1 + 0.2 is 0.3.
    return f"{value:.15g}"


def _environment() -> _Environment:
    environment = _Environment(undefined=jinja2.StrictUndefined, finalize=show, autoescape=False)
    for name in ("range", "lipsum", "cycler", "joiner"):
        del environment.globals[name]
    return environment


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


def fold(heading: str) -> str:
    """A heading without the white space around it, and with one space where it has several or a newline."""
    return " ".join(heading.split())


def plain_form(heading: str) -> str:
    """A heading as an identifier: `금액(원)` is `금액_원`, `1차 쿠폰` is `_1차_쿠폰`."""
    plain = _NOT_WORD.sub("_", heading).strip("_")
    return f"_{plain}" if plain[:1].isdigit() else plain


@dataclass(frozen=True, slots=True)
class Field:
    """One compiled text field of a message; `places` are the columns that it reads."""

    label: str
    template: jinja2.Template
    names: Names
    variables: frozenset[str]
    headings: frozenset[str] | None  # None: `row` is used as a whole
    places: frozenset[int]

    def render(self, values: Mapping[int, object]) -> str:
        """The text for one row, given the values of `places`.

        Raises:
            jinja2.UndefinedError: a cell that the template prints is empty; its words name the column.
            Exception: whatever else the template runs into on these values.
        """
        context = {name: values[self.names.variables[name]] for name in self.variables}
        if self.headings is None:
            context[ROW] = {heading: values[place] for heading, place in self.names.headings.items()}
        elif self.headings:
            context[ROW] = {heading: values[self.names.headings[heading]] for heading in self.headings}
        # Not Template.render: on an error it rewrites the traceback, a thousand times the cost of the row.
        return "".join(self.template.root_render_func(self.template.new_context(context)))


def is_template(text: str) -> bool:
    """Whether there is anything to fill in or to leave out."""
    return "{{" in text or "{%" in text or "{#" in text


def compile_field(label: str, source: str, names: Names) -> Field:
    """A text field ready to be rendered; `label` says where it came from, for errors.

    Raises:
        TemplateError: the syntax is wrong, or it names a column that does not exist (with the nearest).
    """
    environment = _environment()
    try:
        tree = environment.parse(source)
        asked = meta.find_undeclared_variables(tree)
        headings = _headings_asked(label, tree, names)
        _refuse_unknown(label, asked - {ROW}, names)
        template = environment.from_string(source)
    except jinja2.TemplateSyntaxError as problem:
        raise TemplateError(f"{label}, line {problem.lineno}: {problem.message}") from None
    except jinja2.TemplateError as problem:
        raise TemplateError(f"{label}: {problem}") from None
    except (RecursionError, MemoryError, OverflowError, ValueError) as problem:
        raise TemplateError(f"{label}: cannot be used: {str(problem) or type(problem).__name__}") from None
    variables = frozenset(asked - {ROW})
    by_row = frozenset(names.headings) if headings is None else headings
    places = {names.variables[name] for name in variables} | {names.headings[heading] for heading in by_row}
    return Field(label, template, names, variables, headings, frozenset(places))


def _headings_asked(label: str, tree: nodes.Template, names: Names) -> frozenset[str] | None:
    """The headings that `row[...]` names; None where `row` is used in a way that may reach any of them."""
    reached: set[str] = set()
    direct = 0
    for heading in map(_heading_of, tree.find_all((nodes.Getitem, nodes.Getattr))):
        if heading is not None:
            reached.add(heading)
            direct += 1
    total = sum(1 for name in tree.find_all(nodes.Name) if name.name == ROW and name.ctx == "load")
    methods = {heading for heading in reached if heading in {"get", "items", "keys", "values"}}
    for heading in reached - methods:
        if heading not in names.headings:
            raise TemplateError(_no_such_column(label, f'row["{heading}"]', heading, names))
    return frozenset(reached) if direct == total and not methods else None


def _heading_of(node: nodes.Expr) -> str | None:
    if not isinstance(node, nodes.Getitem | nodes.Getattr):
        return None
    if not (isinstance(node.node, nodes.Name) and node.node.name == ROW):
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None


def _refuse_unknown(label: str, asked: Iterable[str], names: Names) -> None:
    for name in sorted(asked):
        if name not in names.variables:
            raise TemplateError(_no_such_column(label, f"{{{{ {name} }}}}", name, names))


def _no_such_column(label: str, place: str, name: str, names: Names) -> str:
    near = difflib.get_close_matches(name, names.known, n=2, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{label}: {place}: there is no column {name!r}. {hint}Columns: {', '.join(names.known)}"


def missing(heading: str) -> Missing:
    """What stands for an empty cell of that column."""
    return Missing(hint=f"{heading!r} is empty, and the template needs it")


def say(problem: Exception) -> str:
    """What a template ran into on a row, in words for the row's reason."""
    if isinstance(problem, jinja2.UndefinedError | SecurityError):
        return str(problem)
    return f"the template cannot be filled in: {str(problem) or type(problem).__name__}"
