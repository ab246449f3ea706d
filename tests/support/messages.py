"""Recipients made of columns, and the messages of a small campaign."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from campaign.config import campaign_file
from campaign.messages.compose import Composition, compose, refuse_contradictions
from campaign.messages.rendering import render
from campaign.model import Column, Recipients, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from campaign.messages.rendering.pool import RendererPool

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def recipients_of(**columns: list[Any]) -> Recipients:
    """Recipients with these columns; the first one has the numbers."""
    arrays = [pa.array(values) for values in columns.values()]
    table = pd.DataFrame(
        {f"own.{place}": pd.Series(array, dtype=pd.ArrowDtype(array.type)) for place, array in enumerate(arrays)}
    )
    headings = tuple(Column(name=f"own.{place}", heading=heading) for place, heading in enumerate(columns))
    return Recipients(table=table, columns=headings, phone="own.0", sources=(Source(file="r.xlsx"),))


def composed(folder: Path, recipients: Recipients, **message: Any) -> Composition:
    """The messages of a campaign with these keys of `[message]`, and `sender`."""
    values = {"name": "t", "sender": message.pop("sender", "02-1234-5678"), "recipients": {"files": ["r.xlsx"]}}
    campaign = campaign_file.build({**values, "message": message}, folder=folder, place="here")
    refuse_contradictions(campaign)
    return compose(recipients, campaign, NOW)


def rendered(source: str | Mapping[str, str], pool: RendererPool | None = None, **columns: Any) -> render.Variants:
    """The variants of a text, or of several fields, over recipients with these columns."""
    sources = source if isinstance(source, dict) else {"text": str(source)}
    labelled = {name: (f"the {name}", words) for name, words in sources.items()}
    return render.render(recipients_of(**columns), labelled, sanitize=lambda texts: texts, pool=pool)
