"""The text fields of a campaign as they are written, and the processes to fill them in.

Nothing here needs pandas, so that the processes can start while that is still being loaded.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from campaign.messages.rendering.pool import Crew
from campaign.messages.templates.column_names import is_template

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from campaign.config.campaign_file import Campaign


def sources(campaign: Campaign) -> dict[str, tuple[str, str]]:
    """The fields by name, each with its label (for errors) and its source text.

    Raises:
        SettingsError: the template cannot be read.
    """
    message = campaign.message
    label = f"template {campaign.folder / message.template}" if message.template else "message.text"
    found = {"text": (label, campaign.template_text()), "sender": ("sender", campaign.sender)}
    for name, source in (("title", message.title), ("image", message.image), ("reserve", message.reserve)):
        if source:
            found[name] = (f"message.{name}", source)
    return found


def hire(campaign: Campaign) -> AbstractContextManager[Crew | None]:
    """The processes to render a campaign in: hired before the rows are read, they cost no time after.

    None are hired where there is nothing to fill in.

    Raises:
        SettingsError: the template cannot be read.
    """
    return Crew() if any(is_template(source) for _, source in sources(campaign).values()) else nullcontext()
