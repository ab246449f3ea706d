"""`campaign web` and `campaign web link`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.cli import terminal
from campaign.web.server import run

if TYPE_CHECKING:
    from pathlib import Path


def serve(options: run.Options) -> None:
    """Run the page until Ctrl-C."""
    run.run(options, say=terminal.say)


def link(home: Path) -> None:
    """Print a new one-time address."""
    terminal.say(run.link(home.absolute()))
