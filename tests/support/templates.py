"""Renders a compiled template for one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.messages.templates.fill import fill
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.messages.templates.compile import Field


class RowFailed(Exception):
    """The template failed on the row; the message is the sentence of the row's reason."""


def render_row(field: Field, cells: Mapping[int, object]) -> str:
    """The text of one row, given the values of the columns by their indices.

    Raises:
        RowFailed: the row has a reason instead.
    """
    reasons: dict[int, str] = {}
    (text,) = fill(field, {place: [cell] for place, cell in cells.items()}, 1, reasons, most=1_000_000)
    if text is None:
        raise RowFailed(sentence(reasons[0]))
    return text
