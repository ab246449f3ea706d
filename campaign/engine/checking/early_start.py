"""Starts reading the spreadsheets and starts the renderer process while pandas is still being imported.

Importing pandas and the rest takes longer than reading 100,000 rows.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from campaign.messages import start_choosing, start_pool
from campaign.model.errors import SettingsError
from campaign.model.i18n import _
from campaign.model.naming import canonical_path
from campaign.recipients import EarlyReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from campaign.config.campaign_file import Campaign


class EarlyStart:
    """A campaign's `reading`, and its renderer processes.

    `pool` renders the message (None if the template has no placeholders), `choosing` evaluates `recipients.where` (None
    without it). A context manager: it stops them on exit.

    Raises:
        SettingsError: the template cannot be read, or a spreadsheet is named twice.
    """

    def __init__(self, campaign: Campaign) -> None:
        section = campaign.recipients
        _require_different(campaign.recipient_files)
        self.reading = EarlyReader(
            campaign.recipient_files, sheet=section.sheet, phone=section.phone[0] if section.phone else None
        )
        self._end = ExitStack()
        self.pool = self._end.enter_context(start_pool(campaign))
        self.choosing = self._end.enter_context(start_choosing(campaign))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end.close()


def _require_different(files: Sequence[Path]) -> None:
    """Refuse the same spreadsheet twice: with `duplicates = "keep"` everybody in it would get the message twice."""
    seen: dict[Path, Path] = {}
    for file in files:
        other = seen.setdefault(canonical_path(file), file)
        if other is not file:
            raise SettingsError(
                _("recipients.files: {one} and {other} are the same file. Name it once.", one=other, other=file)
            )
