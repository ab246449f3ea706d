"""Finds the columns from which the values of a template's variables come.

After `{% set day = 예약일|trim %}`, `day` comes from 예약일; loops, `with` and arguments of macros count too.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from jinja2 import nodes

from campaign.messages.templates.column_names import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from campaign.messages.templates.column_names import Names


def of_variables(trees: Sequence[nodes.Template], names: Names) -> dict[str, frozenset[int]]:
    """The indices of the columns from which each variable of these templates may come.

    A variable that is set in several places has the columns of all of them.
    """
    found: dict[str, set[int]] = {name: {place} for name, place in names.variables.items()}
    macros = {macro.name: macro for tree in trees for macro in tree.find_all(nodes.Macro)}
    made = [(name, [*_reads(sources)]) for tree in trees for name, sources in _assignments(tree, macros)]
    changed = True
    while changed:
        changed = False
        for name, reads in made:
            places = set().union(*(_places(read, names, found) for read in reads))
            if not places <= found.setdefault(name, set()):
                found[name] |= places
                changed = True
    # Python normalises names to NFKC, so tracebacks have them in that form.
    return {one: frozenset(found[name]) for name in found for one in (name, unicodedata.normalize("NFKC", name))}


def _places(read: nodes.Node, names: Names, found: Mapping[str, set[int]]) -> set[int]:
    if isinstance(read, nodes.Name):
        return set(names.headings.values()) if read.name == ROW else found.get(read.name, set())
    heading = heading_of(read)
    return {names.headings[heading]} if heading in names.headings else set()


def _reads(sources: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """The variables and `row["heading"]` expressions that these parts of a template read."""
    for node in sources:
        if heading_of(node) is not None or (isinstance(node, nodes.Name) and node.ctx == "load"):
            yield node
        else:
            yield from _reads(node.iter_child_nodes())


def _assignments(tree: nodes.Template, macros: Mapping[str, nodes.Macro]) -> Iterator[tuple[str, list[nodes.Node]]]:
    """Each variable that a template sets, with the expressions of its value."""
    for node in tree.find_all((nodes.Assign, nodes.AssignBlock, nodes.For, nodes.With)):
        yield from ((name, made_of) for target, made_of in _targets(node) for name in _names(target))
    for macro in tree.find_all(nodes.Macro):
        yield macro.name, [*macro.body]
    for call in tree.find_all(nodes.Call):
        called = call.node
        name = called.name if isinstance(called, nodes.Name) else getattr(called, "attr", "")
        if name in macros:
            yield from _arguments(macros[name], call)


def _targets(node: nodes.Node) -> list[tuple[nodes.Node, list[nodes.Node]]]:
    if isinstance(node, nodes.With):
        return [(target, [value]) for target, value in zip(node.targets, node.values, strict=True)]
    if isinstance(node, nodes.For):
        return [(node.target, [node.iter])]
    if isinstance(node, nodes.Assign):
        return [(node.target, [node.node])]
    assert isinstance(node, nodes.AssignBlock)  # noqa: S101 - `find_all` yields no other class
    return [(node.target, [*node.body])]


def _names(target: nodes.Node) -> list[str]:
    found = [target, *target.find_all((nodes.Name, nodes.NSRef))]
    return [one.name for one in found if isinstance(one, nodes.Name | nodes.NSRef)]


def _arguments(macro: nodes.Macro, call: nodes.Call) -> Iterator[tuple[str, list[nodes.Node]]]:
    for parameter, given in zip(macro.args, call.args, strict=False):
        yield parameter.name, [given]
    for keyword in call.kwargs:
        yield keyword.key, [keyword.value]


def heading_of(node: nodes.Node) -> str | None:
    """The heading in `row["heading"]` or `row.heading`; None for any other node."""
    if not isinstance(node, nodes.Getitem | nodes.Getattr):
        return None
    if not (isinstance(node.node, nodes.Name) and node.node.name == ROW):
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None
