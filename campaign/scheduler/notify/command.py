"""Telling through a command: it gets the JSON object on standard input, and the words in its environment."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.scheduler.notify import Notice

PATIENCE: Final = 60
"""Seconds after which a command is stopped that does not end."""

_SECRET: Final = ("IWINV_", "CAMPAIGN_SMTP_")
"""Begin the variables that a command has no business with."""


def run(notice: Notice, words: Sequence[str]) -> None:
    """Run the command, without a shell.

    Raises:
        OSError: it cannot be started.
        subprocess.SubprocessError: it failed, or did not end.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}
    told = {
        "CAMPAIGN_SUBJECT": notice.subject,
        "CAMPAIGN_WORDS": notice.words,
        "CAMPAIGN_WORKBOOK": str(notice.workbook or ""),
    }
    subprocess.run(  # noqa: S603 - the person's own command, from the campaign file
        list(words),
        input=json.dumps(notice.facts, ensure_ascii=False, default=str).encode(),
        env=kept | told,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=True,
    )
