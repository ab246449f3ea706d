"""A campaign of the page: a folder below the home, with a campaign file that the command line reads as well.

    campaigns/k3f9tq7m2xwd/  campaign.toml  message.j2  list/봄세일_명단.xlsx

Folders are found by their id, never by words of a user.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from campaign.model.errors import CampaignError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILE: Final = "campaign.toml"
MESSAGE: Final = "message.j2"
LIST: Final = "list"

NAME_LENGTH: Final = 60
"""The longest name of a campaign, in characters."""

_ID: Final = re.compile(r"[a-z0-9]{12}")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class NoSuchDraft(CampaignError):
    """There is no campaign with this id."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A campaign's folder.

    Attributes:
        id: 12 letters and digits, the name of the folder.
        folder: the folder.
    """

    id: str
    folder: Path

    @property
    def file(self) -> Path:
        """The campaign file."""
        return self.folder / FILE

    @property
    def name(self) -> str:
        """The name that the user gave it."""
        name = read(self).get("name")
        return str(name) if name else self.id

    @property
    def lists(self) -> list[str]:
        """The names of its spreadsheets."""
        with suppress(OSError):
            return sorted(entry.name for entry in (self.folder / LIST).iterdir() if not entry.name.startswith("."))
        return []

    @property
    def changed(self) -> datetime:
        """When anything of it was changed last."""
        moment = 0.0
        for path in (self.folder, self.file, self.folder / MESSAGE, self.folder / LIST):
            with suppress(OSError):
                moment = max(moment, path.stat().st_mtime)
        return datetime.fromtimestamp(moment, UTC)


def find(home: Path, identity: str) -> Draft:
    """The campaign with an id.

    Raises:
        NoSuchDraft: there is none.
    """
    if _ID.fullmatch(identity):
        folder = home / identity
        if folder.is_dir() and not folder.is_symlink() and (folder / FILE).is_file():
            return Draft(identity, folder)
    raise NoSuchDraft(_("There is no such campaign. It may have been deleted."))


def everything(home: Path) -> list[Draft]:
    """All campaigns, the last changed one first."""
    return sorted(_found(home), key=lambda draft: draft.changed, reverse=True)


def create(home: Path, name: str) -> Draft:
    """A new campaign with nothing but a name."""
    identity = "".join(secrets.choice(_LETTERS) for _place in range(12))
    draft = Draft(identity, home / identity)
    draft.folder.mkdir(mode=0o700)
    (draft.folder / LIST).mkdir(mode=0o700)
    document = tomlkit.document()
    document.add("name", tomlkit.item(clean_name(name)))
    write(draft, document)
    return draft


def rename(draft: Draft, name: str) -> None:
    """Give a campaign another name."""
    document = read(draft)
    document["name"] = clean_name(name)
    write(draft, document)


def copy(home: Path, draft: Draft) -> Draft:
    """A new campaign with the list and the message of another one."""
    made = create(home, _("{name} (copy)", name=draft.name[: NAME_LENGTH - 10]))
    document = read(draft)
    document["name"] = read(made)["name"]
    write(made, document)
    for name in (MESSAGE, "fixes.csv"):
        with suppress(FileNotFoundError):
            shutil.copy2(draft.folder / name, made.folder / name)
    for name in draft.lists:
        shutil.copy2(draft.folder / LIST / name, made.folder / LIST / name, follow_symlinks=False)
    return made


def set_lists(draft: Draft, names: Sequence[str]) -> None:
    """Make these files of the campaign's folder of lists its list, in this order; remove the others."""
    document = read(draft)
    recipients = document.setdefault("recipients", tomlkit.table())
    recipients["files"] = [f"{LIST}/{name}" for name in names]
    if not names:
        del recipients["files"]
    write(draft, document)
    for name in set(draft.lists) - set(names):
        (draft.folder / LIST / name).unlink(missing_ok=True)


def delete(draft: Draft) -> None:
    """Remove a campaign with its list and its message. What was sent stays in the journal."""
    grave = draft.folder.with_name(f".deleted-{draft.id}-{secrets.token_hex(4)}")
    draft.folder.rename(grave)  # at once gone for every page, also where removing takes long or fails halfway
    shutil.rmtree(grave, ignore_errors=True)


def read(draft: Draft) -> tomlkit.TOMLDocument:
    """The campaign file as it is written, comments and all; empty where it cannot be read."""
    try:
        return tomlkit.parse(draft.file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TOMLKitError):
        return tomlkit.document()


def write(draft: Draft, document: tomlkit.TOMLDocument) -> None:
    """Write the campaign file: whole or not at all."""
    words = tomlkit.dumps(document)
    tomlkit.parse(words)
    made = draft.folder / f".{FILE}-{secrets.token_hex(4)}"
    with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())
    made.replace(draft.file)


def clean_name(name: str) -> str:
    """A name in one line, without control characters, at most `NAME_LENGTH` characters long."""
    shown = "".join(letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", name))
    return " ".join(shown.split())[:NAME_LENGTH].strip() or _("New campaign")


def _found(home: Path) -> Iterator[Draft]:
    with os.scandir(home) as entries:
        for entry in entries:
            if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with suppress(NoSuchDraft):
                    yield find(home, entry.name)
