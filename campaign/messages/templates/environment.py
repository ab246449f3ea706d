"""The Jinja2 environment of templates: sandboxed, strict about missing values, with the filters of this package.

A template comes from the user, and is still treated as hostile.
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
from campaign.messages.templates.error_words import translated
from campaign.messages.templates.filters import FILTERS, format_value
from campaign.model.i18n import _
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

PRODUCT: Final = 100_000
"""Maximum number of characters of a text repeated with `*`: more than any message can have."""

NUMBERS: Final = 100_000
"""Maximum length of a `range`, as in the sandbox of Jinja2."""

POWER_BITS: Final = 64
"""Maximum size of the result of `**`, in bits: more than any amount in a message."""


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
    """The value of an empty cell: it can be tested (`if`, `==`, `default`), but not printed or used in arithmetic."""

    __slots__ = ()

    def _fail(self) -> NoReturn:
        self._fail_with_undefined_error()

    __str__ = __iter__ = __len__ = _fail


def missing(heading: str) -> Missing:
    """The value of an empty cell in the column of this heading."""
    return Missing(hint=heading, exc=EmptyCell)


class _Loader(jinja2.BaseLoader):
    """Loads only the files that were read together with the campaign."""

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
    """A template that is imported anew for each row: state that one row sets must not reach the next row."""

    def _get_default_module(self, ctx: Any = None) -> Any:  # noqa: ANN401 - Jinja2's signature
        self._module = None
        return super()._get_default_module(ctx)


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, with bounds for the operators that can exhaust the machine.

    Attributes:
        files: the files that its templates may include.
        sources: the Python source of each compiled template, by the file name of its code.
    """

    placeholder = "{{{{ {} }}}}"
    """How errors write a variable: a form with its name."""

    intercepted_binops = frozenset({"**", "*"})
    template_class = _Template

    def __init__(self, files: TemplateFiles | None = None) -> None:
        self.files = files or TemplateFiles()
        self.sources: dict[str, str] = {}
        loader = _Loader(self.files.texts)
        super().__init__(
            undefined=jinja2.StrictUndefined, finalize=format_value, autoescape=False, loader=loader, auto_reload=False
        )
        self.globals["range"] = bounded_range
        # A campaign must give the same messages each time it is read: a plan is identified by its texts.
        del self.globals["lipsum"], self.filters["random"]
        self.filters.update(FILTERS)

    def _compile(self, source: str, filename: str) -> CodeType:
        """Hook of Jinja2: keeps the source, in which `fault` finds the expression that failed."""
        filename = f"<template {len(self.sources)}>"
        self.sources[filename] = source
        return super()._compile(source, filename)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - Jinja2's signature
        """Evaluate `*` and `**`, unless the result is too large for a message."""
        if operator == "**":
            _refuse_large_power(left, right)
        elif isinstance(left, str | list | tuple) or isinstance(right, str | list | tuple):
            _refuse_large_product(left, right)
        return super().call_binop(context, operator, left, right)


def bounded_range(*bounds: int) -> range:
    """The `range` of templates.

    Raises:
        SecurityError: it has more than `NUMBERS` numbers.
    """
    found = range(*bounds)
    try:
        too_many = len(found) > NUMBERS
    except OverflowError:
        too_many = True
    if too_many:
        expression = f"range({', '.join(map(str, bounds))})"
        raise SecurityError(_("{expression} is too large for a message", expression=expression))
    return found


def refuse_large_constants(environment: TemplateEnvironment, tree: nodes.Template) -> None:
    """Reject constant products, powers and ranges that fail on every row, such as `9**9**7`.

    Raises:
        SecurityError: a result is too large for a message.
    """
    for node in tree.find_all((nodes.Pow, nodes.Mul, nodes.Call)):
        try:
            _constant(environment, node)
        except (nodes.Impossible, ArithmeticError, TypeError, ValueError):
            continue  # it depends on the row, or fails on each row with its own error


def _constant(environment: TemplateEnvironment, node: nodes.Expr) -> Any:  # noqa: ANN401 - any value of a template
    if isinstance(node, nodes.Pow | nodes.Mul):
        left, right = _constant(environment, node.left), _constant(environment, node.right)
        return environment.call_binop(None, node.operator, left, right)
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "range":
        return bounded_range(*(_constant(environment, bound) for bound in node.args))
    return node.as_const()


def _refuse_large_power(base: object, exponent: object) -> None:
    if not (isinstance(base, int | float) and isinstance(exponent, int | float)) or abs(base) <= 1:
        return
    if exponent * math.log2(abs(base)) > POWER_BITS:
        expression = f"{base} ** {exponent}"
        raise SecurityError(_("{expression} is too large for a message", expression=expression))


def _refuse_large_product(left: Any, right: Any) -> None:  # noqa: ANN401 - any value of a template
    times, what = (left, right) if isinstance(left, int) else (right, left)
    if isinstance(times, int) and hasattr(what, "__len__") and len(what) * times > PRODUCT:
        raise SecurityError(_("a text repeated {times:,} times is too large for a message", times=times))


def reason_of(problem: Exception) -> str:
    """What a template ran into on a row: the row's reason."""
    if isinstance(problem, EmptyCell):
        return problem.reason
    if isinstance(problem, jinja2.UndefinedError | SecurityError):
        return encode(Reason.TEMPLATE_REFUSED, error=translated(str(problem)))
    words = str(problem) or type(problem).__name__
    # A ValueError comes from a filter, in the reader's language already.
    return encode(Reason.TEMPLATE_FAILED, error=words if isinstance(problem, ValueError) else translated(words))
