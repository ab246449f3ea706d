"""Normalises a column of phone cells: Korean numbers, or numbers of the rest of the world for GSMS.

Each set of rules is loaded on first use: `phonenumbers`, which only GSMS needs, is slow to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def normalise(phone: pd.Series, *, abroad: bool = False) -> pd.DataFrame:
    """Normalise a column of phone cells.

    Args:
        phone: the cells as text, of any string dtype; missing where empty.
        abroad: whether the numbers are outside Korea (GSMS); see `international`.

    Returns:
        A DataFrame with the index of `phone` and four columns of Arrow text:
        `number` (digits only; missing if the cell has no valid number), `reason` (why it has none, as
        `model.reasons` encodes it; missing otherwise), `code` (the code of the reason alone),
        `note` (a repair, or a reason why a message may not arrive; or missing).
    """
    if abroad:
        return international(phone)
    from campaign.recipients.numbers import korean

    return korean.normalise(phone)


def international(phone: pd.Series, country: str | None = None) -> pd.DataFrame:
    """Like `normalise`, for numbers outside Korea: digits with their country code, without a plus.

    Args:
        phone: the cells as text: `+1 415 555 2671`, `0014155552671`, or digits with the country code.
        country: the region (ISO 3166, such as `US`) of cells without a country code; None if every cell has one.
    """
    from campaign.recipients.numbers import international as abroad

    return abroad.normalise(phone, country)
