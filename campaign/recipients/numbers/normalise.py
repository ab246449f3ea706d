"""Normalises a column of phone cells: Korean numbers, or numbers of the rest of the world for GSMS.

The two sets of rules are loaded when they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def normalise(phone: pd.Series, *, abroad: bool = False) -> pd.DataFrame:
    """The numbers of a column of phone cells.

    Args:
        phone: the cells as text, of any string dtype; missing where empty.
        abroad: the numbers are outside Korea (GSMS): see `international`.

    Returns:
        A frame with the index of `phone` and four columns of Arrow text:
        `number` (digits only; missing where there is none), `reason` (why there
        is none, as `model.reasons` encodes it; missing otherwise), `code` (the reason's
        code alone), `note` (what to know though it goes: a repair, a doubt; or missing).
    """
    if abroad:
        return international(phone)
    from campaign.recipients.numbers import korean

    return korean.normalise(phone)


def international(phone: pd.Series, country: str | None = None) -> pd.DataFrame:
    """As `normalise`, for numbers outside Korea: digits with their country code, without a plus.

    Args:
        phone: the cells as text: `+1 415 555 2671`, `0014155552671`, or digits with the country code.
        country: the region (ISO 3166, such as `US`) of cells without a country code; None takes it to be in each.
    """
    from campaign.recipients.numbers import international as abroad

    return abroad.normalise(phone, country)
