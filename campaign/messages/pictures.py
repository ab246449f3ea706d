"""The pictures of one campaign: found beside its file, each fitted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.messages import images
from campaign.messages.templates.column_names import is_template

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.config.campaign_file import Campaign


class Pictures:
    """The pictures of a campaign, each fitted once."""

    def __init__(self, campaign: Campaign) -> None:
        self._folder = campaign.folder
        # A name that comes out of a spreadsheet may not reach for files elsewhere on the machine.
        self._confined = is_template(campaign.message.image or "")
        self.by_digest: dict[str, bytes] = {}
        self.notes: list[str] = []

    def fit(self, name: str) -> str:
        """The digest of the fitted picture of that name.

        Raises:
            ValueError: it cannot be used, in words.
        """
        path = self._folder / name.strip()
        if not name.strip():
            raise ValueError("image: the name is empty")
        if "\0" in name:
            raise ValueError(f"image {name!r}: is not a file's name")
        if self._confined and not self._lies_within(path):
            raise ValueError(f"image {name!r}: lies outside the campaign's folder")
        picture = images.fit(path)
        self.by_digest[picture.digest] = picture.data
        self.notes += [picture.note] if picture.note else []
        return picture.digest

    def _lies_within(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, RuntimeError):
            raise ValueError(f"image {path}: cannot be read: its links go round in a circle") from None
