"""What the template of a condition prints. Apart from `condition`, which loads Jinja2."""

from __future__ import annotations

from typing import Final

YES: Final = "1"
NO: Final = "0"
"""The text of a condition that holds, and of one that does not."""
