"""The language of templates: Jinja2, strict about what is missing, sandboxed, with our filters.

A template comes from the person who sends; it is still treated as hostile.
"""

from __future__ import annotations

import math
from typing import Any, Final, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from campaign.messages.templates import column_names
from campaign.messages.templates.filters import FILTERS
from campaign.messages.templates.format_value import show

PRODUCT: Final = 100_000
"""Characters that a `*` may make of a text: more than any message can hold."""

POWER_BITS: Final = 64
"""Bits that a `**` may make: more than any sum in a message."""


class Missing(jinja2.Undefined):
    """An empty cell: it can be asked about (`if`, `==`, `default`), but not be printed or reckoned with."""

    __slots__ = ()

    def _fail(self) -> NoReturn:
        self._fail_with_undefined_error()

    __str__ = __iter__ = __len__ = _fail


def missing(heading: str) -> Missing:
    """What stands for an empty cell of that column."""
    return Missing(hint=column_names.empty(heading))


class Language(ImmutableSandboxedEnvironment):
    """The sandbox, with the operators that can use up the machine held in bounds."""

    intercepted_binops = frozenset({"**", "*"})

    def __init__(self) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, finalize=show, autoescape=False)
        for name in ("range", "lipsum", "cycler", "joiner"):
            del self.globals[name]
        # The same campaign has to make the same messages whenever it is read: a plan is known by its texts.
        del self.filters["random"]
        self.filters.update(FILTERS)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja2's signature
        """A product or a power, unless it is too large for a message."""
        if operator == "**":
            _refuse_large_power(left, right)
        elif isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            _refuse_large_product(left, right)
        return super().call_binop(context, operator, left, right)


def refuse_large_constants(language: Language, tree: nodes.Template) -> None:
    """Refuse products and powers of constants that no row could mend, such as `9**9**7`, before any row.

    Raises:
        SecurityError: one is too large for a message.
    """
    for node in tree.find_all((nodes.Pow, nodes.Mul)):
        try:
            _constant(language, node)
        except (nodes.Impossible, ArithmeticError, TypeError, ValueError):
            continue  # it depends on the row, or fails on every row with words of its own


def _constant(language: Language, node: nodes.Expr) -> Any:  # noqa: ANN401 - whatever the template reckons with
    if isinstance(node, nodes.Pow | nodes.Mul):
        left, right = _constant(language, node.left), _constant(language, node.right)
        return language.call_binop(None, node.operator, left, right)
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


def say(problem: Exception) -> str:
    """What a template ran into on a row, in words for the row's reason."""
    if isinstance(problem, jinja2.UndefinedError | SecurityError):
        return str(problem)
    return f"the template cannot be filled in: {str(problem) or type(problem).__name__}"
