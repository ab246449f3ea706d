"""What a template's own variables are made of: the columns whose values may be in them.

`{% set day = 예약일|trim %}` makes `day` of 예약일; so do loops, `with` and the arguments of macros.
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
    """The columns, by their places, that every variable of these templates may be made of.

    Where a variable has several meanings, all of them count.
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
    # Python, and so a traceback, knows a variable by its name in NFKC.
    return {one: frozenset(found[name]) for name in found for one in (name, unicodedata.normalize("NFKC", name))}


def _places(read: nodes.Node, names: Names, found: Mapping[str, set[int]]) -> set[int]:
    if isinstance(read, nodes.Name):
        return set(names.headings.values()) if read.name == ROW else found.get(read.name, set())
    heading = heading_of(read)
    return {names.headings[heading]} if heading in names.headings else set()


def _reads(sources: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """The variables, and the `row["heading"]`s, that are read in these parts of a template."""
    for node in sources:
        if heading_of(node) is not None or (isinstance(node, nodes.Name) and node.ctx == "load"):
            yield node
        else:
            yield from _reads(node.iter_child_nodes())


def _assignments(tree: nodes.Template, macros: Mapping[str, nodes.Macro]) -> Iterator[tuple[str, list[nodes.Node]]]:
    """Every variable that is set somewhere in a template, and what it is made of."""
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
    assert isinstance(node, nodes.AssignBlock)  # noqa: S101 - no other is looked for
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
    """The heading that `row["heading"]`, or `row.heading`, names; None if it is neither."""
    if not isinstance(node, nodes.Getitem | nodes.Getattr):
        return None
    if not (isinstance(node.node, nodes.Name) and node.node.name == ROW):
        return None
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None
