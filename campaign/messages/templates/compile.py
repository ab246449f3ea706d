"""Templates over a row's columns: checked against the headings before any row, then filled in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import jinja2
from jinja2 import nodes

from campaign.messages.templates import origins, pieces
from campaign.messages.templates.batch_loop import Loop, compile_loop
from campaign.messages.templates.column_names import ROW, Names, fold, is_template, plain_form
from campaign.messages.templates.environment import Language, missing, refuse_large_constants
from campaign.messages.templates.josa import particles
from campaign.messages.templates.origins import heading_of
from campaign.model.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROW", "Field", "Names", "compile_field", "fold", "is_template", "missing", "plain_form"]


@dataclass(frozen=True, slots=True)
class Field:
    """One compiled text field of a message; `places` are the columns that it reads."""

    label: str
    template: jinja2.Template
    names: Names
    variables: frozenset[str]
    headings: frozenset[str] | None  # None: `row` is used as a whole
    places: frozenset[int]
    origins: Mapping[str, frozenset[int]]  # the columns that the template's own variables are made of
    extends: bool = False  # the template fills in another one's blocks
    loop: Loop | None = None  # the same as a loop over many rows, where it can be one

    @property
    def language(self) -> Language:
        """The language that it was compiled in."""
        language = self.template.environment
        assert isinstance(language, Language)  # noqa: S101 - `compile_field` compiles in no other
        return language

    @property
    def by_heading(self) -> frozenset[str]:
        """The headings that `row` has to hold."""
        return frozenset(self.names.headings) if self.headings is None else self.headings

    def render(self, values: Mapping[int, object]) -> str:
        """The text for one row, given the values of `places`; `filling.fill` does the same for many rows.

        Raises:
            jinja2.UndefinedError: a cell that the template prints is empty; its words name the column.
            Exception: whatever else the template runs into on these values.
        """
        context = {name: values[self.names.variables[name]] for name in self.variables}
        if self.by_heading:
            context[ROW] = {heading: values[self.names.headings[heading]] for heading in self.by_heading}
        # Not Template.render: on an error it rewrites the traceback, a thousand times the cost of the row.
        return "".join(self.template.root_render_func(self.template.new_context(context)))


@cache
def _language() -> Language:
    return Language()


def compile_field(label: str, source: str, names: Names, language: Language | None = None) -> Field:
    """A text field ready to be rendered; `label` says where it came from, for errors.

    `language` has the files that it may take in.

    Constants are reckoned out here already, so a hostile source can use up the machine:
    `worker` calls this within limits.

    Raises:
        TemplateError: the syntax is wrong, it names a column that does not exist (with the nearest), or
            takes in a file that is missing or not of its folder.
    """
    language = language or _language()
    source = unicodedata.normalize("NFC", source)  # as the names of columns are, which macOS writes in parts
    try:
        whole = pieces.walk(language, label, source)
        asked = pieces.variables(language, whole, names) - {ROW}
        by_piece = [_headings_asked(piece.label, piece.tree, names) for piece in whole]
        headings = None if None in by_piece else frozenset().union(*filter(None, by_piece))
        for piece in whole:
            _refuse_unknown_particles(piece.label, piece.tree)
            refuse_large_constants(language, piece.tree)
            if piece.name is not None:
                language.get_template(piece.name)
        template = language.from_string(source)
        loop = None if headings is None else compile_loop(language, source, sorted(asked), sorted(headings))
    except jinja2.TemplateSyntaxError as problem:
        place = f"{label}: {problem.name}" if problem.name else label
        raise TemplateError(f"{place}, line {problem.lineno}: {problem.message}") from None
    except jinja2.TemplateError as problem:
        raise TemplateError(f"{label}: {problem}") from None
    except (RecursionError, OverflowError, ValueError) as problem:
        raise TemplateError(f"{label}: cannot be used: {str(problem) or type(problem).__name__}") from None
    by_row = frozenset(names.headings) if headings is None else headings
    places = {names.variables[name] for name in asked} | {names.headings[heading] for heading in by_row}
    made_of = origins.of_variables([piece.tree for piece in whole], names)
    if loop:
        made_of |= {cell: frozenset({names.headings[heading]}) for cell, heading in loop.cells.items()}
    extends = whole[0].tree.find(nodes.Extends) is not None
    return Field(label, template, names, frozenset(asked), headings, frozenset(places), made_of, extends, loop)


_METHODS: Final = frozenset(dir(dict))
"""Names that `row.name` may mean a method of the mapping by."""


def _headings_asked(label: str, tree: nodes.Template, names: Names) -> frozenset[str] | None:
    """The headings that `row[...]` names; None where `row` is used in a way that may reach any of them."""
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
    """Refuse `josa("이/을")` before any row: the pair is nearly always written out."""
    for call in tree.find_all(nodes.Filter):
        pair = call.args[0] if call.name == "josa" and call.args else None
        if isinstance(pair, nodes.Const):
            try:
                particles(str(pair.value))
            except ValueError as problem:
                raise TemplateError(f"{label}, line {call.lineno}: {problem}") from None
