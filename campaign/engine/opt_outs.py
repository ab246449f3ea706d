"""The house's own list of numbers that no campaign is sent to: added, imported, listed, removed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.model import schema
from campaign.model.errors import CampaignError, RecipientsError
from campaign.model.i18n import _
from campaign.model.sentences import sentence
from campaign.model.times import Clock
from campaign.recipients import normalise_numbers, read_suppression
from campaign.recipients.suppression import read_cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign.journal import Journal, Reader
    from campaign.journal.records import OptOut
    from campaign.model import Order
    from campaign.recipients.suppression import Suppression

_MASKED: Final = re.compile(r"\d[-. ]?[*●○•xX]+|[*●○•]+[-. ]?\d")
"""Digits beside signs that stand for hidden ones, as in 010-****-1234."""


class NotANumber(CampaignError):
    """A number to add or to remove is none; nothing was changed."""


class NotOptedOut(CampaignError):
    """A number to remove is not on the list; nothing was changed."""

    def __init__(self, number: str) -> None:
        super().__init__(_("{number}: is not on the list; nothing was changed", number=number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many numbers were added, how many were on the list before, and sentences on cells without a number."""

    new: int
    known: int
    notes: tuple[str, ...] = ()


def add(journal: Journal, numbers: Sequence[str], *, order: Order | None = None) -> Added:
    """Add numbers as a user writes them.

    Raises:
        NotANumber: one of them is none.
        OrderDone: the order was carried out before.
    """
    return add_read(journal, [_number(words) for words in numbers], "", order=order)


def import_file(journal: Journal, path: Path) -> Added:
    """Add the numbers of a file, such as the export of an 080 service.

    Raises:
        RecipientsError: as `read_file`.
    """
    found = read_file(path)
    added = add_read(journal, found.numbers.to_pylist(), path.name)
    return Added(new=added.new, known=added.known, notes=found.notes)


def add_read(journal: Journal, numbers: Sequence[str], origin: str, *, order: Order | None = None) -> Added:
    """Add numbers of digits only, each with where it is from.

    Raises:
        OrderDone: the order was carried out before.
    """
    now = Clock().now()
    with journal.together():
        journal.orders.add(order, now)
        new = journal.opt_outs.add(numbers, origin, now)
    return Added(new=new, known=len(set(numbers)) - new)


def read_file(path: Path) -> Suppression:
    """The numbers of a file, which is any spreadsheet that `recipients.suppress` takes.

    Raises:
        RecipientsError: the file cannot be read, has no number, or has numbers with hidden digits.
    """
    cells = read_cells(path)
    masked = cells["phone"].astype("string").str.contains(_MASKED, na=False)
    if masked.any():
        first = cells[masked].iloc[0]
        raise RecipientsError(
            _(
                "{file}: row {row}: {value!r} has hidden digits, so it is not known whose number it is. Export the "
                "list with whole numbers. Nothing was added.",
                file=path,
                row=int(first["row"]),
                value=str(first["phone"]),
            )
        )
    found = read_suppression([path])
    if not len(found.numbers):
        raise RecipientsError(_("{file}: there is no phone number in it. Nothing was added.", file=path))
    return found


def find(journal: Reader, number: str) -> OptOut | None:
    """The entry of a number as a user writes it; None if it is not on the list.

    Raises:
        NotANumber: it is none.
    """
    return journal.opt_outs.find(_number(number))


def remove(journal: Journal, number: str, *, order: Order | None = None) -> None:
    """Remove a number: campaigns may go to it again.

    Raises:
        NotANumber: it is none.
        NotOptedOut: it is not on the list.
        OrderDone: the order was carried out before.
    """
    with journal.together():
        journal.orders.add(order, Clock().now())
        if not journal.opt_outs.remove(_number(number)):
            raise NotOptedOut(number)


def _number(words: str) -> str:
    row = normalise_numbers(pd.Series([words], dtype=schema.TEXT)).iloc[0]
    if pd.isna(row["number"]):
        raise NotANumber(sentence(row["reason"]))
    return str(row["number"])
