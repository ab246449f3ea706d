"""A template as one loop over all rows: compiled and called once a batch, so that a row costs no call of its own.

Only templates that do nothing but print, ask and reckon can be a loop's body without
meaning something else; `filling` fills in the others row by row.
"""

from __future__ import annotations

from operator import length_hint
from typing import TYPE_CHECKING, Final

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from campaign.messages.templates import pieces
from campaign.messages.templates.origins import heading_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jinja2 import Template

    from campaign.messages.templates.environment import TemplateEnvironment

    Failed = Callable[[int, Exception], None]

END: Final = "\0"
"""Ends every row's text."""

# No template can write these names, and Jinja2 makes Python identifiers of them (l_0_0rows).
_ROWS: Final = "0rows"
_CELL: Final = "0cell{}"

_STATEMENTS: Final = (nodes.Template, nodes.Output, nodes.If)
_EXPRESSIONS: Final = (
    nodes.Name,
    nodes.Literal,
    nodes.BinExpr,
    nodes.UnaryExpr,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Concat,
    nodes.Filter,
    nodes.Test,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Call,
    nodes.Helper,
)


class Loop:
    """A template as a loop; `fill` takes the columns of `variables`, then those of `headings`."""

    def __init__(self, template: Template, variables: Sequence[str], headings: Sequence[str]) -> None:
        self.template = template
        self.variables = variables
        self.headings = headings
        self.cells = {_CELL.format(place): heading for place, heading in enumerate(headings)}

    def fill(self, columns: Sequence[Sequence[object]], failed: Failed) -> list[str | None] | None:
        """Every row's text, None where it failed, which `failed` is told; None if a text holds an `END` of its own.

        Raises:
            MemoryError, RecursionError: the template would use up the machine.
        """
        first = iter(columns[0])
        rows = zip(first, *columns[1:], strict=True)
        texts: list[str | None] = []
        while True:
            pieces, problem = self._go_on(rows)
            *made, _ = "".join(pieces).split(END)
            texts += made
            if len(texts) + (problem is not None) != len(columns[0]) - length_hint(first):
                return None
            if problem is None:
                return texts
            failed(len(texts), problem)
            texts.append(None)

    def _go_on(self, rows: zip[tuple[object, ...]]) -> tuple[list[str], Exception | None]:
        """What the remaining rows give, up to the first that fails; what it gave before it failed comes last."""
        pieces: list[str] = []
        try:
            # An exception leaves what came before it in the list.
            pieces.extend(self.template.root_render_func(self.template.new_context({_ROWS: rows})))
        except (MemoryError, RecursionError):
            raise
        except Exception as problem:  # noqa: BLE001 - a template can raise anything; it is the row's problem
            return pieces, problem
        return pieces, None


def compile_loop(
    environment: TemplateEnvironment, source: str, variables: Sequence[str], headings: Sequence[str]
) -> Loop | None:
    """The template as a loop over rows of these variables and headings; None if it cannot be one."""
    tree = pieces.inlined(environment, environment.parse(source))
    if not (variables or headings) or not all(map(_is_plain, tree.find_all(nodes.Node))):
        return None
    cells = {heading: _CELL.format(place) for place, heading in enumerate(headings)}
    body = [*_CellsForHeadings(cells).visit(tree).body, nodes.Output([nodes.TemplateData(END)])]
    targets: list[nodes.Expr] = [nodes.Name(name, "store") for name in (*variables, *cells.values())]
    loop = nodes.For(nodes.Tuple(targets, "store"), nodes.Name(_ROWS, "load"), body, [], None, False)
    whole = nodes.Template([loop])
    whole.set_environment(environment).set_lineno(1)
    return Loop(environment.from_string(whole), variables, headings)


def _is_plain(node: nodes.Node) -> bool:
    # In a loop, `loop` would be its state and no column.
    return isinstance(node, _STATEMENTS + _EXPRESSIONS) and not (isinstance(node, nodes.Name) and node.name == "loop")


class _CellsForHeadings(NodeTransformer):
    """Puts a variable for every `row["heading"]`."""

    def __init__(self, cells: dict[str, str]) -> None:
        self._cells = cells

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja2's name for it
        heading = heading_of(node)
        return (
            self.generic_visit(node)
            if heading is None
            else nodes.Name(self._cells[heading], "load", lineno=node.lineno)
        )

    visit_Getattr = visit_Getitem  # noqa: N815 - Jinja2's name for it
