"""The text fields of a campaign: their sources, and the renderer pool that they need.

This module does not import pandas: the pool starts while pandas is still being imported.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from campaign.messages.rendering.pool import RendererPool
from campaign.messages.templates.column_names import is_template

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from campaign.config.campaign_file import Campaign


def sources(campaign: Campaign) -> dict[str, tuple[str, str]]:
    """The label (for errors) and the source of each text field, by its name.

    Raises:
        SettingsError: the template file cannot be read.
    """
    message = campaign.message
    label = f"template {campaign.folder / message.template}" if message.template else "message.text"
    found = {"text": (label, campaign.template_text()), "sender": ("sender", campaign.sender)}
    for name, source in (("title", message.title), ("image", message.image), ("reserve", message.reserve)):
        if source:
            found[name] = (f"message.{name}", source)
    return found


def start_pool(campaign: Campaign) -> AbstractContextManager[RendererPool | None]:
    """Start the renderer pool of a campaign before its rows are read, so that its start costs no time later.

    The value of the context is None where no field has a placeholder.

    Raises:
        SettingsError: the template cannot be read.
    """
    return RendererPool() if any(is_template(source) for _, source in sources(campaign).values()) else nullcontext()
