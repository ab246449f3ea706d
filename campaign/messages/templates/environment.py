"""The language of templates: Jinja2, strict about what is missing, sandboxed, with our filters.

A template comes from the person who sends; it is still treated as hostile.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from campaign.config import template_files
from campaign.config.template_files import TemplateFiles
from campaign.messages.templates.filters import FILTERS
from campaign.messages.templates.format_value import show
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

PRODUCT: Final = 100_000
"""Characters that a `*` may make of a text: more than any message can hold."""

NUMBERS: Final = 100_000
"""Numbers that `range` may give: as many as Jinja2's own sandbox allows."""

POWER_BITS: Final = 64
"""Bits that a `**` may make: more than any sum in a message."""


class EmptyCell(jinja2.UndefinedError):
    """The template needs a cell that is empty; `message` is its column's heading."""

    @property
    def reason(self) -> str:
        """The row's reason."""
        return encode(Reason.EMPTY_CELL, heading=self.message or "")

    def __str__(self) -> str:
        """The reason's sentence."""
        return sentence(self.reason)


class Missing(jinja2.Undefined):
    """An empty cell: it can be asked about (`if`, `==`, `default`), but not be printed or reckoned with."""

    __slots__ = ()

    def _fail(self) -> NoReturn:
        self._fail_with_undefined_error()

    __str__ = __iter__ = __len__ = _fail


def missing(heading: str) -> Missing:
    """What stands for an empty cell of that column."""
    return Missing(hint=heading, exc=EmptyCell)


class _Loader(jinja2.BaseLoader):
    """Gives templates the files that were read for them, and no others."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def get_source(
        self,
        environment: jinja2.Environment,  # noqa: ARG002 - Jinja2's signature
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        text = self._texts.get(template_files.key(template))
        if text is None:
            raise jinja2.TemplateNotFound(template)
        return text, None, None


class _Template(jinja2.Template):
    """A template whose `import` is made anew each time: what one row leaves in it must not reach the next."""

    def _get_default_module(self, ctx: Any = None) -> Any:  # noqa: ANN401 - Jinja2's signature
        self._module = None
        return super()._get_default_module(ctx)


class Language(ImmutableSandboxedEnvironment):
    """The sandbox, with the operators that can use up the machine held in bounds.

    Attributes:
        files: the files that its templates may take in.
        sources: the Python source that each template was compiled to, by the file name of its code.
    """

    intercepted_binops = frozenset({"**", "*"})
    template_class = _Template

    def __init__(self, files: TemplateFiles | None = None) -> None:
        self.files = files or TemplateFiles()
        self.sources: dict[str, str] = {}
        loader = _Loader(self.files.texts)
        super().__init__(
            undefined=jinja2.StrictUndefined, finalize=show, autoescape=False, loader=loader, auto_reload=False
        )
        self.globals["range"] = numbers
        # The same campaign has to make the same messages whenever it is read: a plan is known by its texts.
        del self.globals["lipsum"], self.filters["random"]
        self.filters.update(FILTERS)

    def _compile(self, source: str, filename: str) -> CodeType:
        """Jinja2's hook: keeps the source, by which `fault` finds what a template was doing when it failed."""
        filename = f"<template {len(self.sources)}>"
        self.sources[filename] = source
        return super()._compile(source, filename)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja2's signature
        """A product or a power, unless it is too large for a message."""
        if operator == "**":
            _refuse_large_power(left, right)
        elif isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            _refuse_large_product(left, right)
        return super().call_binop(context, operator, left, right)


def numbers(*bounds: int) -> range:
    """Jinja2's `range`.

    Raises:
        SecurityError: it has too many numbers.
    """
    found = range(*bounds)
    try:
        too_many = len(found) > NUMBERS
    except OverflowError:
        too_many = True
    if too_many:
        raise SecurityError(f"range({', '.join(map(str, bounds))}) is too large for a message")
    return found


def refuse_large_constants(language: Language, tree: nodes.Template) -> None:
    """Refuse products, powers and ranges of constants that fail on every row, such as `9**9**7`, before any row.

    Raises:
        SecurityError: one is too large for a message.
    """
    for node in tree.find_all((nodes.Pow, nodes.Mul, nodes.Call)):
        try:
            _constant(language, node)
        except (nodes.Impossible, ArithmeticError, TypeError, ValueError):
            continue  # it depends on the row, or fails on every row with words of its own


def _constant(language: Language, node: nodes.Expr) -> Any:  # noqa: ANN401 - whatever the template reckons with
    if isinstance(node, nodes.Pow | nodes.Mul):
        left, right = _constant(language, node.left), _constant(language, node.right)
        return language.call_binop(None, node.operator, left, right)
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range":
        return numbers(*(_constant(language, bound) for bound in node.args))
    return node.as_const()


def _refuse_large_power(base: object, exponent: object) -> None:
    if not (isinstance(base, int | float) and isinstance(exponent, int | float)) or abs(base) <= 1:
        return
    if exponent * math.log2(abs(base)) > POWER_BITS:
        raise SecurityError(f"{base} ** {exponent} is too large for a message")


def _refuse_large_product(left: Any, right: Any) -> None:  # noqa: ANN401 - whatever the template multiplies
    times, what = (left, right) if isinstance(left, int) else (right, left)
    if isinstance(times, int) and hasattr(what, "__len__") and len(what) * times > PRODUCT:
        raise SecurityError(f"a text repeated {times:,} times is too large for a message")


def reason_of(problem: Exception) -> str:
    """What a template ran into on a row: the row's reason."""
    if isinstance(problem, EmptyCell):
        return problem.reason
    if isinstance(problem, jinja2.UndefinedError | SecurityError):
        return encode(Reason.TEMPLATE_REFUSED, error=str(problem))
    return encode(Reason.TEMPLATE_FAILED, error=str(problem) or type(problem).__name__)
