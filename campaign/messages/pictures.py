"""The pictures of one campaign: found beside its file, each fitted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.messages import images
from campaign.messages.templates.column_names import is_template
from campaign.model.reasons import Reason, encode
from campaign.model.sentences import Refused

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
            Refused: it cannot be used.
        """
        path = self._folder / name.strip()
        if not name.strip():
            raise Refused(encode(Reason.IMAGE_NAME_EMPTY))
        if "\0" in name:
            raise Refused(encode(Reason.IMAGE_NAME_INVALID, value=name))
        if self._confined and not self._lies_within(path):
            raise Refused(encode(Reason.IMAGE_OUTSIDE_FOLDER, value=name))
        picture = images.fit(path)
        self.by_digest[picture.digest] = picture.data
        self.notes += [picture.note] if picture.note else []
        return picture.digest

    def _lies_within(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except (OSError, RuntimeError):
            raise Refused(encode(Reason.IMAGE_LINK_LOOP, value=str(path))) from None
