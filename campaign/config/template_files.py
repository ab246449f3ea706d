"""Template files, each read once: the template itself, and what it takes in with `include`, `import` and `extends`.

What is sent, recorded and reported is the text that was checked.

The names are found here by their look, not by the template language, which is loaded in the
renderer process alone: a name too many does no harm, and the renderer process refuses what is missing.
"""

from __future__ import annotations

import difflib
import re
import stat
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.model.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_FILES: Final = 100
"""Files that one campaign's templates may take in."""

MOST_BYTES: Final = 1_000_000
"""Bytes that one of these files may have: more than any message can hold."""

_TAG: Final = re.compile(r"\{%[-+]?\s*(?:include|import|from|extends)\b")
_NAME: Final = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """What was read. All three are by `key` of the name.

    `texts` are the files' texts; `missing` says of a name that there is no such file, `refused`
    why a file may not, or cannot, be read.
    """

    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def key(name: str) -> str:
    """A file's name as it is compared: in NFC, without `./`."""
    parts = unicodedata.normalize("NFC", name).split("/")
    return "/".join(part for place, part in enumerate(parts) if part not in {"", "."} or (part == "" and place == 0))


def names_in(source: str) -> list[str]:
    """The names of files in a template's tags, by `key`, in their order."""
    found: list[str] = []
    tag = _TAG.search(source)
    # Each tag from its beginning to its end once: a template may be made to cost much time.
    while tag and (end := source.find("%}", tag.end())) >= 0:
        found += [key(one or other) for one, other in _NAME.findall(source, tag.end(), end)]
        tag = _TAG.search(source, end)
    return found


def read(folder: Path, sources: Iterable[str]) -> TemplateFiles:
    """Every file of `folder`, or of a folder in it, that the sources take in, and those that these take in."""
    files = TemplateFiles()
    waiting = [name for source in sources for name in names_in(source)]
    for name in waiting:  # grows while it is walked
        if name in files.texts or name in files.missing or name in files.refused:
            continue
        _read_one(folder, name, files)
        waiting += names_in(files.texts.get(name, ""))
    return files


def _read_one(folder: Path, name: str, files: TemplateFiles) -> None:
    if trouble := _not_allowed(name):
        files.refused[name] = trouble
        return
    if len(files.texts) + len(files.missing) >= MOST_FILES:
        files.refused[name] = f"a template may take in {MOST_FILES} files at most"
        return
    try:
        path = find(folder, name)
    except OSError as problem:
        files.refused[name] = f"{name!r}: cannot be read: {problem.strerror}"
        return
    if path is None:
        near = difflib.get_close_matches(name, _names_of(folder), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        files.missing[name] = f"there is no file {name!r} in the template's folder, {folder}.{hint}"
        return
    try:
        files.texts[name] = _text(folder, path)
    except ValueError as problem:
        files.refused[name] = str(problem)


def _not_allowed(name: str) -> str | None:
    parts = name.split("/")
    if not name or name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in parts:
        return f"{name!r}: only files of the template's own folder, or of a folder in it, can be taken in"
    if any(part.startswith(".") for part in parts):
        return f"{name!r}: a hidden file cannot be taken in"
    return None


def find(folder: Path, name: str) -> Path | None:
    """The file of that name (a `key`), whether its name on the disk is written in NFC or not."""
    path = folder
    for part in name.split("/"):
        if not path.is_dir():
            return None
        same = (one for one in path.iterdir() if unicodedata.normalize("NFC", one.name) == part)
        found = path / part if (path / part).exists() else next(same, None)
        if found is None:
            return None
        path = found
    return path if path.exists() else None


def _names_of(folder: Path) -> list[str]:
    return [key(path.name) for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _text(folder: Path, path: Path) -> str:
    """The file's text.

    Raises:
        ValueError: it lies elsewhere, is not a file, is too large, or is not text.
    """
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{path}: is a link out of the template's folder; copy the file into the folder")
        if not path.is_file():
            raise ValueError(f"{path}: is not a file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"{path}: has more than {MOST_BYTES:,} bytes")
        # As a template file is read: line ends of Windows are line ends.
        return unicodedata.normalize("NFC", data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path}: is not UTF-8 text (byte {problem.start}). Save it as UTF-8.") from None
    except OSError as problem:
        raise ValueError(f"{path}: cannot be read: {problem.strerror}") from None


def record(text: str, files: TemplateFiles) -> str:
    """The template and the files that it takes in, as one text for the journal and the workbook."""
    return "".join([text, *(f"\n\n{{# {name} #}}\n{other}" for name, other in files.texts.items())])


@dataclass(frozen=True, slots=True)
class TemplateCache:
    """The template files of one campaign. A file that was read is kept: a later edit is for the next campaign."""

    _texts: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    def read(self, path: Path) -> str:
        """The text at `path`, without the newline at its end, as it was when it was first asked for.

        Raises:
            SettingsError: there is no such file, it cannot be read, it is too large, or it is not UTF-8 text.
        """
        if path not in self._texts:
            self._texts[path] = _read_template(path)
        return self._texts[path]


def _read_template(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(f"{path}: is not a file. Name the template file.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such template file. `template` is relative to the campaign file.") from None
    except OSError as problem:
        raise SettingsError(f"{path}: cannot be read: {problem.strerror}") from None
    if len(data) > MOST_BYTES:
        raise SettingsError(f"{path}: is over {MOST_BYTES:,} bytes, too large for a template of a text message.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SettingsError(f"{path}: is not UTF-8 text (byte {problem.start}). Save it as UTF-8.") from None
    # Newlines as Python reads them from a text file; the one at the end, which editors add, is not sent and paid for.
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
