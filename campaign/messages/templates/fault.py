"""Which cell made a template fail on a row.

Python's traceback tells which part of which expression failed, and what the template's variables held
at that moment; the value that failed is one of these, and it came from a cell.
"""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Undefined, UndefinedError

from campaign.messages.templates.column_names import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import CodeType, FrameType, TracebackType

    from campaign.messages.templates.compile import Field

    Cells = Mapping[int, object]

_VARIABLE: Final = re.compile(r"l_\d+_(.+)")
"""A template's variable, as Jinja2 calls it in the Python that it makes."""

_ITEM: Final = {"getitem", "getattr"}
"""The sandbox's functions for `a[b]` and `a.b`."""

_NOTHING: Final = object()


class _Read(NamedTuple):
    """A variable that an expression reads, and by which key an item of it, as far as there is one."""

    variable: str  # as Python calls it
    key: ast.expr | None = None


def cell_at_fault(problem: Exception, field: Field, cells: Cells) -> int | None:
    """The place of the column whose value failed; None where that cannot be known.

    Args:
        problem: what the template raised on the row.
        field: the template.
        cells: the row's values, by the places of the field's columns.
    """
    frames = list(_frames(problem.__traceback__))
    sources = field.environment.sources
    ours = [place for place, (frame, _) in enumerate(frames) if frame.f_code.co_filename in sources]
    for place in reversed(ours):
        frame, instruction = frames[place]
        reads = _reads(frame.f_code, instruction, sources[frame.f_code.co_filename])
        suspects = [suspect for read in reads for suspect in _suspects(read, frame.f_locals, field, cells)]
        if len({place for place, _ in suspects}) == 1:
            return suspects[0][0]
        if suspects:
            handled = _handled([frame for frame, _ in frames[place + 1 :]], suspects)
            return max(suspects, key=lambda one: _weight(one[1], problem, handled))[0]
    return None


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames from the outermost to the one that raised, each with the instruction that it was at."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti
        traceback = traceback.tb_next


@lru_cache(maxsize=256)
def _reads(code: CodeType, instruction: int, source: str) -> tuple[_Read, ...]:
    """The variables that the expression at this instruction reads, in their order."""
    start, end, left, right = next(islice(code.co_positions(), instruction // 2, None))
    if start is None or end is None:
        return ()
    lines = [line.encode() for line in source.split("\n")[start - 1 : end]]
    lines[-1] = lines[-1][:right]
    lines[0] = lines[0][left:]
    try:
        return tuple(_reads_of(ast.parse(b"(" + b"\n".join(lines) + b")", mode="eval")))
    except SyntaxError:
        return ()


def _reads_of(node: ast.AST) -> Iterator[_Read]:
    if isinstance(node, ast.Name) and _VARIABLE.fullmatch(node.id):
        yield _Read(node.id)
    elif isinstance(node, ast.IfExp):
        # What was asked is not what failed; and Jinja2 asks of every variable whether it is there.
        yield from _reads_of(node.body)
        yield from _reads_of(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ITEM:
        whole, key = node.args
        inner = [*_reads_of(whole)]
        yield from [_Read(inner[0].variable, key)] if len(inner) == 1 and inner[0].key is None else inner
        yield from _reads_of(key)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _reads_of(child)


def _suspects(read: _Read, local: Mapping[str, Any], field: Field, cells: Cells) -> list[tuple[int, object]]:
    """The columns that a variable's value may come from, each with the value."""
    value = local.get(read.variable, _NOTHING)
    if value is _NOTHING:
        return []
    name = read.variable.split("_", 2)[2]
    if name == ROW and isinstance(value, dict):
        places = _items(read.key, local, field)
        return [(place, cells[place]) for place in places if place in cells]
    origins = field.origins.get(name, frozenset())
    same = [place for place, cell in cells.items() if cell is value]
    if same:
        # Small numbers are one and the same object in all columns.
        return [(place, value) for place in same if place in origins][:1] or [(same[0], value)]
    made_of = [place for place in cells if place in origins]
    return [(place, value) for place in made_of if str(value) in _text(cells[place])] or [(at, value) for at in made_of]


def _items(key: ast.expr | None, local: Mapping[str, Any], field: Field) -> Iterable[int]:
    """The columns that `row[key]` reaches."""
    heading = None
    if isinstance(key, ast.Constant):
        heading = key.value
    elif key is not None:
        named = [read.variable for read in _reads_of(key)]
        heading = local.get(named[0]) if len(named) == 1 else None
    headings = field.names.headings
    return [headings[heading]] if isinstance(heading, str) and heading in headings else field.places


def _text(value: object) -> str:
    return "" if isinstance(value, Undefined) else str(value)


def _handled(frames: Sequence[FrameType], suspects: Sequence[tuple[int, object]]) -> set[int]:
    """The suspected values (by `id`) that the innermost function which had any of them was working on."""
    suspected = {id(value) for _, value in suspects}
    for frame in reversed(frames):
        held = suspected & {id(value) for value in frame.f_locals.values()}
        if held:
            return held
    return set()


def _weight(value: object, problem: Exception, handled: set[int]) -> tuple[bool, ...]:
    """How likely this value is the one that failed; the greater, the likelier."""
    return (
        id(value) in handled,
        isinstance(value, Undefined) == isinstance(problem, UndefinedError),
        isinstance(problem, ZeroDivisionError) and value == 0,
        not isinstance(value, Undefined) and repr(value) in str(problem),
        # A sum of a number and a text fails by the text.
        isinstance(value, str),
    )
