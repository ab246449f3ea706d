"""Recipients: reads spreadsheets, normalises numbers, and reads consent columns and suppression lists.

The names below are loaded on first use: spreadsheets are read while pandas is still being imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.recipients.fix_file import Fix
    from campaign.recipients.fix_file import read as read_fixes
    from campaign.recipients.fix_file import write as write_fixes
    from campaign.recipients.fixes import apply as apply_fixes
    from campaign.recipients.numbers.normalise import international as normalise_international
    from campaign.recipients.numbers.normalise import normalise as normalise_numbers
    from campaign.recipients.several_numbers import one_line_a_number
    from campaign.recipients.spreadsheets.glance import Glance, glance
    from campaign.recipients.spreadsheets.reader import EarlyReader
    from campaign.recipients.suppression import Suppression, is_opted_out
    from campaign.recipients.suppression import read as read_suppression
    from campaign.recipients.table import join_sheets, read

__all__ = [
    "EarlyReader",
    "Fix",
    "Glance",
    "Suppression",
    "apply_fixes",
    "glance",
    "is_opted_out",
    "join_sheets",
    "normalise_international",
    "normalise_numbers",
    "one_line_a_number",
    "read",
    "read_fixes",
    "read_suppression",
    "write_fixes",
]

_ORIGINS = {
    "EarlyReader": ("campaign.recipients.spreadsheets.reader", "EarlyReader"),
    "Fix": ("campaign.recipients.fix_file", "Fix"),
    "Glance": ("campaign.recipients.spreadsheets.glance", "Glance"),
    "Suppression": ("campaign.recipients.suppression", "Suppression"),
    "apply_fixes": ("campaign.recipients.fixes", "apply"),
    "glance": ("campaign.recipients.spreadsheets.glance", "glance"),
    "is_opted_out": ("campaign.recipients.suppression", "is_opted_out"),
    "join_sheets": ("campaign.recipients.table", "join_sheets"),
    "normalise_international": ("campaign.recipients.numbers.normalise", "international"),
    "normalise_numbers": ("campaign.recipients.numbers.normalise", "normalise"),
    "one_line_a_number": ("campaign.recipients.several_numbers", "one_line_a_number"),
    "read": ("campaign.recipients.table", "read"),
    "read_fixes": ("campaign.recipients.fix_file", "read"),
    "read_suppression": ("campaign.recipients.suppression", "read"),
    "write_fixes": ("campaign.recipients.fix_file", "write"),
}


def __getattr__(name: str) -> object:
    if name not in _ORIGINS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _ORIGINS[name]
    return getattr(import_module(module), attribute)
