"""Filling templates in for many rows, with as little done a row as Jinja2 allows."""

from __future__ import annotations

from itertools import compress, repeat
from typing import TYPE_CHECKING, Any

from campaign.messages.templates.column_names import ROW
from campaign.messages.templates.environment import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign.messages.templates.compile import Field

    Columns = Mapping[int, Sequence[object]]
    Filled = tuple[list[str | None], dict[int, str]]


class TooLong(Exception):
    """A template made a text longer than any message could be."""


def fill(field: Field, columns: Columns, rows: int, reasons: dict[int, str], *, most: int) -> list[str | None]:
    """The field's text for each row; None for rows that have a reason, or get one here.

    Args:
        field: the compiled field.
        columns: the values of at least the field's places, `rows` of each.
        rows: how many rows there are.
        reasons: why a row cannot be rendered; rows with one already are passed over, new ones are added.
        most: characters that a text may have, besides those of its cells.

    Raises:
        TooLong: a text has more.
        MemoryError, RecursionError: the template would use up the machine; no row of its data mends that.
    """
    todo = [place not in reasons for place in range(rows)]
    if not all(todo):
        columns = {place: list(compress(columns[place], todo)) for place in field.places}
    texts, new = _in_a_loop(field, columns) or _row_by_row(field, columns, sum(todo))
    _refuse_too_long(field, texts, columns, most)
    places = list(compress(range(rows), todo))
    reasons.update((places[place], words) for place, words in new.items())
    filled = iter(texts)
    return [next(filled) if wanted else None for wanted in todo] if len(texts) < rows else texts


def _in_a_loop(field: Field, columns: Columns) -> Filled | None:
    if field.loop is None:
        return None
    named = [columns[field.names.variables[name]] for name in field.loop.variables]
    return field.loop.fill([*named, *(columns[field.names.headings[heading]] for heading in field.loop.headings)])


def _row_by_row(field: Field, columns: Columns, rows: int) -> Filled:
    """One call a row, but one context for all of them: a context of its own for each costs six times as much."""
    names = (*field.variables, ROW)
    texts: list[str | None] = []
    reasons: dict[int, str] = {}
    context, render = field.template.new_context({}), field.template.root_render_func
    for cells in _cells(field, columns, rows):
        context.parent.update(zip(names, cells, strict=True))
        try:
            texts.append("".join(render(context)))
        except (MemoryError, RecursionError):
            raise
        except Exception as problem:  # noqa: BLE001 - a template can raise anything; it is the row's problem
            reasons[len(texts)] = say(problem)
            texts.append(None)
            # What it was in the middle of (a scope, its escaping) must not reach the next row.
            context = field.template.new_context({})
        if context.vars:
            # Nor may what it has `set`.
            context.vars.clear()
            context.exported_vars.clear()
    return texts, reasons


def _cells(field: Field, columns: Columns, rows: int) -> Iterable[tuple[Any, ...]]:
    """The values of every row in the order of the field's variables, the mapping `row` last."""
    headings = tuple(field.by_heading)
    by_heading = zip(*(columns[field.names.headings[heading]] for heading in headings), strict=True)
    whole: Iterable[Any] = repeat({}, rows)
    if headings:
        whole = (dict(zip(headings, cells, strict=True)) for cells in by_heading)
    return zip(*(columns[field.names.variables[name]] for name in field.variables), whole, strict=True)


def _refuse_too_long(field: Field, texts: Sequence[str | None], columns: Columns, most: int) -> None:
    if max(map(len, filter(None, texts)), default=0) <= most:
        return
    for place, text in enumerate(texts):
        own = sum(_length(columns[column][place]) for column in field.places)
        if text and len(text) > most + own:
            raise TooLong


def _length(cell: object) -> int:
    return len(cell) if isinstance(cell, str) else 0
