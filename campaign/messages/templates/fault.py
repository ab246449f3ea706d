"""Finds the cell that made a template fail on a row.

The traceback has the part of the expression that failed and the values of the template's variables at that
moment. The value at fault is one of them, and it comes from a cell.
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
"""The name of a template's variable in the Python code that Jinja2 generates."""

_ITEM: Final = {"getitem", "getattr"}
"""The functions of the sandbox for `a[b]` and `a.b`."""

_NOTHING: Final = object()


class _Read(NamedTuple):
    """A variable that an expression reads, and the key of the item that it reads of it, if any."""

    variable: str  # its name in Python
    key: ast.expr | None = None


def cell_at_fault(problem: Exception, field: Field, cells: Cells) -> int | None:
    """The index of the column whose value is at fault; None where it cannot be determined.

    Args:
        problem: the exception that the template raised on the row.
        field: the compiled template.
        cells: the values of the row, by the indices of the columns that the field reads.
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
    """The frames from the outermost to the one that raised, each with its current instruction."""
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti
        traceback = traceback.tb_next


@lru_cache(maxsize=256)
def _reads(code: CodeType, instruction: int, source: str) -> tuple[_Read, ...]:
    """The variables that the expression at this instruction reads, in order."""
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
        # The condition is not what failed: Jinja2 tests of each variable whether it is defined.
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
    """The columns from which the value of a variable may come, each with the value."""
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
        # Equal small numbers are one object, in any column.
        return [(place, value) for place in same if place in origins][:1] or [(same[0], value)]
    made_of = [place for place in cells if place in origins]
    return [(place, value) for place in made_of if str(value) in _text(cells[place])] or [(at, value) for at in made_of]


def _items(key: ast.expr | None, local: Mapping[str, Any], field: Field) -> Iterable[int]:
    """The columns that `row[key]` may read."""
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
    """The suspected values (by `id`) in the innermost frame that has any of them."""
    suspected = {id(value) for _, value in suspects}
    for frame in reversed(frames):
        held = suspected & {id(value) for value in frame.f_locals.values()}
        if held:
            return held
    return set()


def _weight(value: object, problem: Exception, handled: set[int]) -> tuple[bool, ...]:
    """How likely the value is at fault; a greater weight is likelier."""
    return (
        id(value) in handled,
        isinstance(value, Undefined) == isinstance(problem, UndefinedError),
        isinstance(problem, ZeroDivisionError) and value == 0,
        # In a sum of a number and a text, the text is at fault.
        isinstance(value, str),
    )
