"""Messages: rendered from templates, then checked against the gateway's rules.

The names below are loaded on first use: the renderer process imports this package and must not load pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.messages.compose import Composition, refuse_contradictions
    from campaign.messages.compose import compose as compose_messages
    from campaign.messages.rendering.pool import start_choosing, start_pool
    from campaign.messages.row_filter import choose as choose_rows

__all__ = ["Composition", "choose_rows", "compose_messages", "refuse_contradictions", "start_choosing", "start_pool"]

_ORIGINS = {
    "Composition": ("campaign.messages.compose", "Composition"),
    "choose_rows": ("campaign.messages.row_filter", "choose"),
    "compose_messages": ("campaign.messages.compose", "compose"),
    "refuse_contradictions": ("campaign.messages.compose", "refuse_contradictions"),
    "start_choosing": ("campaign.messages.rendering.pool", "start_choosing"),
    "start_pool": ("campaign.messages.rendering.pool", "start_pool"),
}


def __getattr__(name: str) -> object:
    if name not in _ORIGINS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _ORIGINS[name]
    return getattr(import_module(module), attribute)
