"""Finds and checks the pieces of a template: its own source and the files that it includes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.visitor import NodeTransformer

from campaign.config import template_files
from campaign.messages.templates.column_names import ROW
from campaign.messages.templates.error_words import at_line, translated
from campaign.model.errors import TemplateError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.messages.templates.column_names import Names
    from campaign.messages.templates.environment import TemplateEnvironment

_INCLUDING: Final = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_DEEPEST: Final = 8
"""Maximum depth of nested files that are inlined."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece. `name` is that of its file, None for the template itself; `sees_row`: it can read the columns."""

    label: str  # where the piece comes from, for errors
    name: str | None
    tree: nodes.Template
    sees_row: bool


def walk(environment: TemplateEnvironment, label: str, source: str) -> list[Piece]:
    """The template itself, followed by each file that it may include.

    Raises:
        TemplateError: a file is missing or must not be read, or its name depends on the row.
        jinja2.TemplateSyntaxError: the syntax of a piece is wrong.
    """
    whole = [Piece(label, None, environment.parse(source), sees_row=True)]
    seen = set()
    for piece in whole:  # grows while it is walked
        for node in piece.tree.find_all(_INCLUDING):
            sees_row = piece.sees_row and getattr(node, "with_context", True)
            for name in _files(environment, piece.label, node):
                if (name, sees_row) not in seen:
                    seen.add((name, sees_row))
                    tree = environment.parse(environment.files.texts[name], name)
                    whole.append(Piece(f"{label}: {name}", name, tree, sees_row))
    return whole


def _files(environment: TemplateEnvironment, label: str, node: nodes.Node) -> list[str]:
    """The files that a tag may include, of those that were read."""
    assert isinstance(node, _INCLUDING)  # noqa: S101 - `find_all` yields no other class
    place = at_line(label, node.lineno)
    listed = _constants(node.template)
    if listed is None:
        raise TemplateError(
            _(
                "{place}: the name of an included file must be in quotes, as in {example}; it cannot depend on the row",
                place=place,
                example='{% include "footer.j2" %}',
            )
        )
    keys = [template_files.key(name) for name in listed]
    files = environment.files
    for key in keys:
        if key in files.refused:
            raise TemplateError(f"{place}: {files.refused[key]}")
    found = [key for key in keys if key in files.texts]
    enough = found if isinstance(node.template, nodes.List | nodes.Tuple) else len(found) == len(keys)
    if not enough and not getattr(node, "ignore_missing", False):
        missing = next(key for key in keys if key not in files.texts)
        unread = _("the file {name!r} was not read; write its name with / and without a backslash", name=missing)
        raise TemplateError(f"{place}: {files.missing.get(missing, unread)}")
    return found


def _constants(node: nodes.Expr | None) -> list[str] | None:
    """The names in an expression of constants; None if a part is not a constant."""
    if node is None:
        return []
    if isinstance(node, nodes.Const):
        return [node.value] if isinstance(node.value, str) else None
    if isinstance(node, nodes.List | nodes.Tuple):
        parts = [_constants(item) for item in node.items]
    elif isinstance(node, nodes.CondExpr):
        parts = [_constants(node.expr1), _constants(node.expr2)]
    else:
        return None
    return None if None in parts else [name for part in parts for name in part or ()]


def variables(environment: TemplateEnvironment, whole: Sequence[Piece], names: Names) -> set[str]:
    """The variables that the template reads from the row.

    Raises:
        TemplateError: a variable is not a column, its piece cannot read columns, or a filter does not exist.
    """
    own = {name for piece in whole for name in _assigned(piece.tree)}
    asked = set()
    for piece in whole:
        for name in sorted(_undeclared(environment, piece)):
            placeholder = environment.placeholder.format(name)
            if name not in names.variables and name != ROW:
                # One file may print a variable that another file sets.
                if name in environment.globals or (len(whole) > 1 and name in own):
                    continue
                raise TemplateError(f"{_where(piece, name)}: {names.no_such(placeholder, name)}")
            if name in names.ambiguous:
                raise TemplateError(f"{_where(piece, name)}: {placeholder}: {names.ambiguous[name]}")
            if not piece.sees_row:
                raise TemplateError(
                    _(
                        "{place}: {placeholder}: this file is included without the row's columns. Pass it as an"
                        " argument of a macro, or write `with context` at the end of the tag that includes the file",
                        place=_where(piece, name),
                        placeholder=placeholder,
                    )
                )
            asked.add(name)
    return asked


def _undeclared(environment: TemplateEnvironment, piece: Piece) -> set[str]:
    """The variables that are read from the row or from the globals of Jinja2 (`range`, `dict`)."""
    known, environment.globals = environment.globals, {}
    try:
        return meta.find_undeclared_variables(piece.tree)
    except TemplateSyntaxError as problem:
        raise TemplateError(f"{at_line(piece.label, problem.lineno)}: {translated(problem.message or '')}") from None
    finally:
        environment.globals = known


def _assigned(tree: nodes.Template) -> set[str]:
    found = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    found |= {node.name for node in tree.find_all(nodes.Macro)}
    found |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        found |= {name if isinstance(name, str) else name[1] for name in node.names}
    return found


def _where(piece: Piece, name: str) -> str:
    if piece.name is None:
        return piece.label
    lines = [node.lineno for node in piece.tree.find_all(nodes.Name) if node.name == name]
    return at_line(piece.label, min(lines)) if lines else piece.label


def inlined(environment: TemplateEnvironment, tree: nodes.Template) -> nodes.Template:
    """The template with each `include` replaced by the content of its file, where that means the same.

    It means the same where the file only prints, tests and computes, which `batch_loop` requires.
    """
    whole: nodes.Template = _Inliner(environment, _DEEPEST).visit(tree)
    return whole


class _Inliner(NodeTransformer):
    def __init__(self, environment: TemplateEnvironment, depth: int) -> None:
        self._environment = environment
        self._depth = depth

    def visit_Include(self, node: nodes.Include) -> nodes.Node | list[nodes.Node]:  # noqa: N802 - Jinja2's name
        files = _files(self._environment, "", node)
        if not node.with_context or not self._depth or isinstance(node.template, nodes.CondExpr):
            return node
        if not files:
            return []
        tree = self._environment.parse(self._environment.files.texts[files[0]], files[0])
        return list(_Inliner(self._environment, self._depth - 1).visit(tree).body)
