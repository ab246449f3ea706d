"""Renders a compiled field for many rows, with as little work for each row as Jinja2 allows."""

from __future__ import annotations

from itertools import compress, repeat
from typing import TYPE_CHECKING, Any

from campaign.messages.templates import fault
from campaign.messages.templates.column_names import ROW
from campaign.messages.templates.environment import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign.messages.templates.batch_loop import Failed
    from campaign.messages.templates.compile import Field

    Columns = Mapping[int, Sequence[object]]


class TooLong(Exception):
    """A template produced a text that is longer than any message can be."""


def fill(
    field: Field,
    columns: Columns,
    rows: int,
    reasons: dict[int, str],
    *,
    most: int,
    blamed: dict[int, int] | None = None,
) -> list[str | None]:
    """Render the field for each row; None for rows that have a reason or get one here.

    Args:
        field: the compiled field.
        columns: the values of the columns that the field reads, by index; `rows` of each.
        rows: number of rows.
        reasons: why a row cannot be rendered, by row. Rows with a reason are skipped; new reasons are added.
        most: maximum number of characters of a text, not counting those of its cells.
        blamed: receives the index of the column whose cell made a row fail, where it is known.

    Raises:
        TooLong: a text is longer than `most`.
        MemoryError, RecursionError: the template exceeds the limits of the process with any data.
    """
    todo = [place not in reasons for place in range(rows)]
    if not all(todo):
        columns = {place: list(compress(columns[place], todo)) for place in field.places}
    failures: dict[int, tuple[str, int | None]] = {}

    def failed(row: int, problem: Exception) -> None:
        cells = {place: columns[place][row] for place in field.places}
        failures[row] = reason_of(problem), fault.cell_at_fault(problem, field, cells)

    texts = _in_a_loop(field, columns, failed)
    if texts is None:
        failures.clear()
        texts = _row_by_row(field, columns, sum(todo), failed)
    _refuse_too_long(field, texts, columns, most)
    places = list(compress(range(rows), todo))
    reasons.update((places[row], words) for row, (words, _) in failures.items())
    if blamed is not None:
        blamed.update((places[row], cell) for row, (_, cell) in failures.items() if cell is not None)
    filled = iter(texts)
    return [next(filled) if wanted else None for wanted in todo] if len(texts) < rows else texts


def _in_a_loop(field: Field, columns: Columns, failed: Failed) -> list[str | None] | None:
    if field.loop is None:
        return None
    named = [columns[field.names.variables[name]] for name in field.loop.variables]
    by_heading = (columns[field.names.headings[heading]] for heading in field.loop.headings)
    return field.loop.fill([*named, *by_heading], failed)


def _row_by_row(field: Field, columns: Columns, rows: int, failed: Failed) -> list[str | None]:
    """One call a row, but one context for all rows: a context for each row costs six times as much."""
    names = (*field.variables, ROW)
    texts: list[str | None] = []
    context, render = field.template.new_context({}), field.template.root_render_func
    extends = field.extends
    for cells in _cells(field, columns, rows):
        if extends:
            # Jinja2 adds the blocks of the other template to the context.
            context = field.template.new_context({})
        context.parent.update(zip(names, cells, strict=True))
        try:
            texts.append("".join(render(context)))
        except (MemoryError, RecursionError):
            raise
        except Exception as problem:  # noqa: BLE001 - a template can raise anything; it is the row's problem
            failed(len(texts), problem)
            texts.append(None)
            # An unfinished scope or autoescape setting must not reach the next row.
            context = field.template.new_context({})
        if context.vars:
            # Variables that the row has `set` must not reach the next row.
            context.vars.clear()
            context.exported_vars.clear()
    return texts


def _cells(field: Field, columns: Columns, rows: int) -> Iterable[tuple[Any, ...]]:
    """The values of each row in the order of the field's variables, the mapping `row` last."""
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
