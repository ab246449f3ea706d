"""Compiles templates and checks them against the headings before any row is rendered."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import jinja2
from jinja2 import nodes

from campaign.messages.templates import origins, pieces
from campaign.messages.templates.batch_loop import Loop, compile_loop
from campaign.messages.templates.column_names import ROW, Names
from campaign.messages.templates.environment import TemplateEnvironment, refuse_large_constants
from campaign.messages.templates.error_words import at_line, translated
from campaign.messages.templates.origins import heading_of
from campaign.model.errors import TemplateError
from campaign.model.i18n import _
from campaign.model.josa import particles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.messages.templates.column_names import Names


@dataclass(frozen=True, slots=True)
class Field:
    """One compiled text field of a message; `places` are the indices of the columns that it reads."""

    label: str
    template: jinja2.Template
    names: Names
    variables: frozenset[str]
    headings: frozenset[str] | None  # None: `row` is used as a whole
    places: frozenset[int]
    origins: Mapping[str, frozenset[int]]  # by variable, the columns that its value comes from
    extends: bool = False  # the template overrides blocks of another one
    loop: Loop | None = None  # the template as a loop over many rows, where that means the same

    @property
    def environment(self) -> TemplateEnvironment:
        """The environment in which the field was compiled."""
        environment = self.template.environment
        assert isinstance(environment, TemplateEnvironment)  # noqa: S101 - `compile_field` compiles in no other
        return environment

    @property
    def by_heading(self) -> frozenset[str]:
        """The headings that `row` must contain."""
        return frozenset(self.names.headings) if self.headings is None else self.headings


@cache
def _environment() -> TemplateEnvironment:
    return TemplateEnvironment()


def compile_field(label: str, source: str, names: Names, environment: TemplateEnvironment | None = None) -> Field:
    """Compile a text field.

    Jinja2 evaluates constant expressions here, so a hostile source can exhaust the machine: `worker` calls
    this within limits.

    Args:
        label: where the source comes from, for errors.
        source: the source of the template.
        names: the names of the columns.
        environment: has the files that the template may include.

    Raises:
        TemplateError: the syntax is wrong, the template names a column that does not exist (the error names
            similar columns), or it includes a file that is missing or outside its folder.
    """
    environment = environment or _environment()
    source = unicodedata.normalize("NFC", source)  # like the names of columns; macOS decomposes Hangul
    try:
        whole = pieces.walk(environment, label, source)
        asked = pieces.variables(environment, whole, names) - {ROW}
        by_piece = [_headings_asked(piece.label, piece.tree, names) for piece in whole]
        headings = None if None in by_piece else frozenset().union(*filter(None, by_piece))
        for piece in whole:
            _refuse_unknown_particles(piece.label, piece.tree)
            refuse_large_constants(environment, piece.tree)
            if piece.name is not None:
                environment.get_template(piece.name)
        template = environment.from_string(source)
        loop = None if headings is None else compile_loop(environment, source, sorted(asked), sorted(headings))
    except jinja2.TemplateSyntaxError as problem:
        place = f"{label}: {problem.name}" if problem.name else label
        raise TemplateError(f"{at_line(place, problem.lineno)}: {translated(problem.message or '')}") from None
    except jinja2.TemplateError as problem:
        raise TemplateError(f"{label}: {translated(str(problem))}") from None
    except (RecursionError, OverflowError, ValueError) as problem:
        why = translated(str(problem) or type(problem).__name__)
        raise TemplateError(_("{label}: cannot be used: {error}", label=label, error=why)) from None
    by_row = frozenset(names.headings) if headings is None else headings
    places = {names.variables[name] for name in asked} | {names.headings[heading] for heading in by_row}
    made_of = origins.of_variables([piece.tree for piece in whole], names)
    if loop:
        made_of |= {cell: frozenset({names.headings[heading]}) for cell, heading in loop.cells.items()}
    extends = whole[0].tree.find(nodes.Extends) is not None
    return Field(label, template, names, frozenset(asked), headings, frozenset(places), made_of, extends, loop)


_METHODS: Final = frozenset(dir(dict))
"""Names for which `row.name` may be a method of the mapping."""


def _headings_asked(label: str, tree: nodes.Template, names: Names) -> frozenset[str] | None:
    """The headings that `row[...]` names; None where `row` is used in a way that may read any of them."""
    reached: set[str] = set()
    direct = 0
    for heading in map(heading_of, tree.find_all((nodes.Getitem, nodes.Getattr))):
        if heading is not None:
            reached.add(heading)
            direct += 1
    total = sum(1 for name in tree.find_all(nodes.Name) if name.name == ROW and name.ctx == "load")
    methods = reached & _METHODS
    for heading in reached - methods:
        if heading not in names.headings:
            place = f'row["{heading}"]'
            raise TemplateError(f"{label}: {names.no_such(place, heading)}")
        if heading in names.ambiguous:
            raise TemplateError(f'{label}: row["{heading}"]: {names.ambiguous[heading]}')
    return frozenset(reached) if direct == total and not methods else None


def _refuse_unknown_particles(label: str, tree: nodes.Template) -> None:
    """Reject `josa("이/을")` before any row is rendered: the pair is nearly always a constant."""
    for call in tree.find_all(nodes.Filter):
        pair = call.args[0] if call.name == "josa" and call.args else None
        if isinstance(pair, nodes.Const):
            try:
                particles(str(pair.value))
            except ValueError as problem:
                raise TemplateError(f"{at_line(label, call.lineno)}: {translated(str(problem))}") from None
