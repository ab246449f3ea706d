"""A campaign of the page: a folder below the home, with a campaign file that the command line reads as well.

    campaigns/k3f9tq7m2xwd/  campaign.toml  message.j2  list/봄세일_명단.xlsx

Folders are found by their id, never by words of a user.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tomllib
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from campaign.model.errors import CampaignError, SettingsError
from campaign.model.files import replace_file, replacing
from campaign.model.i18n import _
from campaign.recipients.fix_file import write as write_fixes
from campaign.web import approval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from campaign.config.house_rules import HouseRules

FILE: Final = "campaign.toml"
MESSAGE: Final = "message.j2"
LIST: Final = "list"
PICTURES: Final = "pictures"
FIXES: Final = "fixes.csv"
HOUSE: Final = "web.toml"
"""Beside the campaigns: what new ones begin with."""

SUPPRESS: Final = "suppress"
"""Beside the campaigns: the house's own lists of numbers that never get a message."""

NAME_LENGTH: Final = 60
"""The longest name of a campaign, in characters."""

KEPT_DAYS: Final = {"draft_days": 30, "retention_days": 90}
"""Days for which drafts that nobody touches, and texts and numbers of runs, are kept where `web.toml` does not say."""

MOST_DAYS: Final = 3_650

_PRICED: Final = ("SMS", "LMS", "MMS", "GSMS")
MOST_WON: Final = 1_000_000
"""The highest price of a message, as the campaign file has it."""

_ID: Final = re.compile(r"[a-z0-9]{12}")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class NoSuchDraft(CampaignError):
    """There is no campaign with this id."""


class ChangedElsewhere(CampaignError):
    """The campaign is not what the user has seen any more."""


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
        name = values(self).get("name")
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


def of_house(home: Path) -> dict[str, Any]:
    """What `web.toml` beside the campaigns says, or {} without it.

    `senders` (a list), `prices` (won by type), `advertiser` and `refusal_number`, which new campaigns begin with, are
    always there; what is not as expected counts as absent. So is `approval` (see `approval.is_known`): a setting that
    is not understood, or a file that cannot be read, counts as `all`. So is `ask_reason`: whether the user has to
    give a reason for a send; what is not `false` counts as true. And `draft_days` and `retention_days`: days after
    which an untouched draft, and texts and numbers of a run, are removed; 0 for never.
    """
    try:
        found = _house(home)
    except (OSError, ValueError):
        found = {"approval": approval.ALL, "ask_reason": True}
    asked = found.get("approval", approval.NONE)
    senders, prices = found.get("senders"), found.get("prices")
    own: dict[str, Any] = {
        "senders": [one for one in senders if isinstance(one, str) and one] if isinstance(senders, list) else [],
        "prices": {kind: won for kind, won in prices.items() if _is_price(kind, won)}
        if isinstance(prices, dict)
        else {},
        **{name: str(found.get(name, "")) for name in ("advertiser", "refusal_number")},
        "approval": asked if approval.is_known(asked) else approval.ALL,
        "ask_reason": found.get("ask_reason", False) is not False,
        **{name: _days(found.get(name), days) for name, days in KEPT_DAYS.items()},
    }
    return found | own


def rules_of_house(home: Path) -> HouseRules:
    """The rules of the house: `window`, `most_a_day`, `ask_reason` and `[notify]` of `web.toml`.

    Raises:
        SettingsError: the file cannot be read, or one of them is wrong: then nothing is sent.
    """
    from campaign.config import house_rules  # the server, which must start at once, has no other use for pydantic

    if (fault := house_fault(home)) is not None:
        raise SettingsError(fault)
    return house_rules.read(_house(home), HOUSE)


def house_fault(home: Path) -> str | None:
    """Why `web.toml` beside the campaigns cannot be read, in a sentence; None where it can, or is not there."""
    try:
        _house(home)
    except (OSError, ValueError) as problem:
        return _("{file} cannot be read: {problem}. Correct it with an editor.", file=HOUSE, problem=problem)
    return None


def change_house(home: Path, values: Mapping[str, Any]) -> list[str]:
    """Change keys of `web.toml`, which is made where it is not there; None removes a key. All else stays as it is.

    Returns:
        The keys whose value is another one now.
    """
    path = home / HOUSE
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    before = document.unwrap()
    for key, value in values.items():
        if value is None:
            document.pop(key, None)
        elif before.get(key) != value:
            document[key] = value
    replace_file(path, tomlkit.dumps(document).encode())
    after = document.unwrap()
    return [key for key in values if before.get(key) != after.get(key)]


def _house(home: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((home / HOUSE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def _days(given: object, default: int) -> int:
    is_number = isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_DAYS
    return given if is_number and isinstance(given, int) else default


def _is_price(kind: str, won: object) -> bool:
    return kind in _PRICED and isinstance(won, int | float) and not isinstance(won, bool) and 0 <= won <= MOST_WON


def find(home: Path, identity: str) -> Draft:
    """The campaign with an id.

    Raises:
        NoSuchDraft: there is none.
    """
    if is_there(home, identity):
        return Draft(identity, home / identity)
    raise NoSuchDraft(_("There is no such campaign. It may have been deleted."))


def is_there(home: Path, identity: str) -> bool:
    """Whether there is a campaign with an id."""
    folder = home / identity
    return bool(_ID.fullmatch(identity) and folder.is_dir() and not folder.is_symlink() and (folder / FILE).is_file())


def everything(home: Path) -> list[Draft]:
    """All campaigns, the last changed one first."""
    return sorted(_found(home), key=lambda draft: draft.changed, reverse=True)


def create(home: Path, name: str) -> Draft:
    """A new campaign with nothing but a name."""
    identity = "".join(secrets.choice(_LETTERS) for _place in range(12))
    draft = Draft(identity, home / identity)
    draft.folder.mkdir(mode=0o700)
    try:
        _fill(draft, home, name)
    except OSError:
        shutil.rmtree(draft.folder, ignore_errors=True)
        raise
    return draft


def _fill(draft: Draft, home: Path, name: str) -> None:
    (draft.folder / LIST).mkdir(mode=0o700)
    document = tomlkit.document()
    document.add("name", tomlkit.item(clean_name(name)))
    house = of_house(home)
    if house["senders"]:
        document.add("sender", tomlkit.item(house["senders"][0]))
    document.add("recipients", tomlkit.item({"fixes": FIXES}))
    if house["prices"]:
        document.add("prices", tomlkit.item(house["prices"]))
    write(draft, document)
    write_fixes(draft.folder / FIXES, [])


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
    for name in (MESSAGE, FIXES):
        with suppress(FileNotFoundError):
            shutil.copy2(draft.folder / name, made.folder / name)
    for name in draft.lists:
        shutil.copy2(draft.folder / LIST / name, made.folder / LIST / name, follow_symlinks=False)
    return made


def set_lists(draft: Draft, names: Sequence[str], *, put: Callable[[], None] | None = None) -> None:
    """Make these files of the campaign's folder of lists its list, in this order; remove the others.

    Args:
        draft: the campaign.
        names: the files' names.
        put: moves new files into the folder, once the campaign file that names them is known to fit on the disk.
    """
    document = read(draft)
    recipients = document.setdefault("recipients", tomlkit.table())
    recipients["files"] = [f"{LIST}/{name}" for name in names]
    if not names:
        del recipients["files"]
    with replacing({draft.file: _dumped(document)}):
        if put is not None:
            put()
    for name in set(draft.lists) - set(names):
        (draft.folder / LIST / name).unlink(missing_ok=True)


def delete(draft: Draft) -> None:
    """Remove a campaign with its list and its message. What was sent stays in the journal."""
    grave = draft.folder.with_name(f".deleted-{draft.id}-{secrets.token_hex(4)}")
    draft.folder.rename(grave)  # at once gone for every page, also where removing takes long or fails halfway
    shutil.rmtree(grave, ignore_errors=True)


def remove_graves(home: Path) -> None:
    """Remove what is left of campaigns whose deletion did not come to its end."""
    for grave in home.glob(".deleted-*"):
        shutil.rmtree(grave, ignore_errors=True)


def remove_list(draft: Draft) -> None:
    """Remove a campaign's spreadsheets and corrected cells; its message and its settings stay."""
    set_lists(draft, [])
    write_fixes(draft.folder / FIXES, [])


def message(draft: Draft) -> str:
    """The text of the message, a template; empty if there is none yet."""
    try:
        return (draft.folder / MESSAGE).read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, ValueError):
        return ""


def version(draft: Draft) -> str:
    """What the message is now: equal as long as nobody, here or at a terminal, changes it or its settings."""
    found = values(draft)
    settings = [str(found.get(key, "")).encode() for key in ("sender", "message", "prices")]
    return _digest([*settings, _content(draft.folder / MESSAGE)])[:16]


def inputs(draft: Draft) -> str:
    """What the check depends on: the file, the message, the fixes, and the spreadsheets and pictures by their times."""
    return _digest(
        [_content(draft.file), _content(draft.folder / MESSAGE), _content(draft.folder / FIXES), *_stats(draft)]
    )


def list_version(draft: Draft) -> str:
    """What reading the list depends on: its files, the sheet and the phone column."""
    section = values(draft).get("recipients", {})
    chosen = [str(section.get(key, "")) for key in ("files", "sheet", "phone")]
    return _digest([*(one.encode() for one in chosen), *_stats(draft)])


def _stats(draft: Draft) -> list[bytes]:
    found = []
    for folder in (draft.folder / LIST, draft.folder / PICTURES, draft.folder.parent / SUPPRESS):
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                facts = path.stat()
                found.append(f"{path.name}\0{facts.st_size}\0{facts.st_mtime_ns}".encode())
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _digest(parts: Iterable[bytes]) -> str:
    found = sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def change(
    draft: Draft,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    *,
    text: str | None = None,
    if_version: str | None = None,
) -> str:
    """Change settings and the message of a campaign; everything else in its file stays as it is.

    Args:
        draft: the campaign.
        settings: values by section and key; None removes a key. The section "" is the top of the file.
        text: the message; None leaves it.
        if_version: the version that the user has seen; None changes any version.

    Returns:
        The new version.

    Raises:
        ChangedElsewhere: it is not that version any more; nothing was changed.
    """
    if if_version is not None and if_version != version(draft):
        raise ChangedElsewhere(_("This was changed in another window."))
    document = read(draft)
    for section, values in (settings or {}).items():
        table = document if not section else document.setdefault(section, tomlkit.table())
        for key, value in values.items():
            if value is None:
                table.pop(key, None)
            elif table.get(key) != value:
                table[key] = value
    contents: dict[Path, bytes] = {}
    if text is not None:
        document.setdefault("message", tomlkit.table())["template"] = MESSAGE
        contents[draft.folder / MESSAGE] = (text.replace("\r\n", "\n").replace("\r", "\n") + "\n").encode()
    with replacing({**contents, draft.file: _dumped(document)}):
        pass
    return version(draft)


def read(draft: Draft) -> tomlkit.TOMLDocument:
    """The campaign file as it is written, comments and all; empty where it cannot be read."""
    try:
        return tomlkit.parse(draft.file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TOMLKitError):
        return tomlkit.document()


def values(draft: Draft) -> dict[str, Any]:
    """The campaign file's plain values, to look at: found many times faster than `read`, which can be written back."""
    try:
        return tomllib.loads(draft.file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write(draft: Draft, document: tomlkit.TOMLDocument) -> None:
    """Write the campaign file: whole or not at all."""
    replace_file(draft.file, _dumped(document))


def _dumped(document: tomlkit.TOMLDocument) -> bytes:
    words = tomlkit.dumps(document)
    tomlkit.parse(words)
    return words.encode()


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
