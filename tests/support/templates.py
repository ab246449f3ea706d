"""Fills a compiled field for one row by Jinja2's own `render`, which raises what the row runs into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.messages.templates.column_names import ROW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.messages.templates.compile import Field


def render(field: Field, values: Mapping[int, object]) -> str:
    """The text for one row, given the values of the field's `places`."""
    context = {name: values[field.names.variables[name]] for name in field.variables}
    if field.by_heading:
        context[ROW] = {heading: values[field.names.headings[heading]] for heading in field.by_heading}
    return field.template.render(context)
