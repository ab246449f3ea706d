"""The pages: templates, one style sheet and one script, all in the package."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent


def _squeezed(style: str) -> str:
    """A style sheet without comments and without the spaces that only people need."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>+])\s*|(?<=:)\s+", r"\1", re.sub(r"\s+", " ", style)).replace(";}", "}").strip()


STATIC: Final = {
    "page.css": ("text/css; charset=utf-8", _squeezed((FOLDER / "page.css").read_text(encoding="utf-8")).encode()),
    "page.js": ("text/javascript; charset=utf-8", (FOLDER / "page.js").read_bytes()),
}
"""The files that browsers may keep, with their types."""

VERSION: Final = sha256(b"".join(content for _, content in STATIC.values())).hexdigest()[:12]
"""Stands in the address of these files, so that a browser asks anew when one has changed."""
