"""Reads template files, each once: the template itself, and the files of `include`, `import` and `extends`.

Each file is read once, so that the text sent, recorded and reported is the text that was checked.

The names are found here by their look, not by the template language, which is loaded in the
renderer process alone: a name too many does no harm, and the renderer process refuses what is missing.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from campaign.model.errors import SettingsError
from campaign.model.i18n import _
from campaign.model.text import nearest, os_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MOST_FILES: Final = 100
"""Files that the templates of a campaign may include, at most."""

MOST_BYTES: Final = 1_000_000
"""Bytes of one of these files, at most: more than any message can have."""

_TAG: Final = re.compile(r"\{%[-+]?\s*(?:include|import|from|extends)\b")
_NAME: Final = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")


@dataclass(frozen=True, slots=True)
class TemplateFiles:
    """The included files, by `key` of their name.

    `texts` has the text of each file, `missing` the message for each file that does not exist, and `refused` the
    message for each file that may not or cannot be read.
    """

    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def key(name: str) -> str:
    """The name of a file in the form used for comparison: in NFC, without `./`."""
    parts = unicodedata.normalize("NFC", name).split("/")
    return "/".join(part for place, part in enumerate(parts) if part not in {"", "."} or (part == "" and place == 0))


def names_in(source: str) -> list[str]:
    """The names of the files in a template's tags, as `key`, in their order."""
    found: list[str] = []
    tag = _TAG.search(source)
    # Linear in the length of the template, so that a malicious template costs no time.
    while tag and (end := source.find("%}", tag.end())) >= 0:
        found += [key(one or other) for one, other in _NAME.findall(source, tag.end(), end)]
        tag = _TAG.search(source, end)
    return found


def read(folder: Path, sources: Iterable[str]) -> TemplateFiles:
    """Read the files in `folder` or its subfolders that the sources include, directly or through other files."""
    files = TemplateFiles()
    waiting = [name for source in sources for name in names_in(source)]
    for name in waiting:  # the loop appends to this list
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
        files.refused[name] = _("a template may include at most {limit} files", limit=MOST_FILES)
        return
    try:
        path = find(folder, name)
    except OSError as problem:
        files.refused[name] = _("{name!r}: cannot be read: {fault}", name=name, fault=os_fault(problem))
        return
    if path is None:
        files.missing[name] = _no_such_file(folder, name)
        return
    try:
        files.texts[name] = _text(folder, path)
    except ValueError as problem:
        files.refused[name] = str(problem)


def _no_such_file(folder: Path, name: str) -> str:
    if near := nearest(name, _names_of(folder)):
        return _(
            "there is no file {name!r} in the template's folder, {folder}. Did you mean {near}?",
            name=name,
            folder=folder,
            near=near,
        )
    return _("there is no file {name!r} in the template's folder, {folder}.", name=name, folder=folder)


def _not_allowed(name: str) -> str | None:
    parts = name.split("/")
    if not name or name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in parts:
        return _("{name!r}: only files in the template's folder or its subfolders can be included", name=name)
    if any(part.startswith(".") for part in parts):
        return _("{name!r}: a hidden file cannot be included", name=name)
    return None


def find(folder: Path, name: str) -> Path | None:
    """The path of the file with a name (a `key`), in any Unicode normalization on the disk; None if there is none."""
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
    """The text of a file.

    Raises:
        ValueError: the file is outside the folder, is not a regular file, is too large, or is not UTF-8.
    """
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(_("{path}: links out of the template's folder; copy the file into the folder", path=path))
        if not path.is_file():
            raise ValueError(_("{path}: is not a file", path=path))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(_("{path}: has more than {limit:,} bytes", path=path, limit=MOST_BYTES))
        # As in a template file, line ends of Windows become newlines.
        return unicodedata.normalize("NFC", data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as problem:
        raise ValueError(
            _("{path}: is not UTF-8 text (byte {byte}). Save it as UTF-8.", path=path, byte=problem.start)
        ) from None
    except OSError as problem:
        raise ValueError(_("{path}: cannot be read: {fault}", path=path, fault=os_fault(problem))) from None


def record(text: str, files: TemplateFiles) -> str:
    """The template and its included files as one text, for the journal and the workbook."""
    return "".join([text, *(f"\n\n{{# {name} #}}\n{other}" for name, other in files.texts.items())])


@dataclass(frozen=True, slots=True)
class TemplateCache:
    """Caches the template files of one campaign: a later edit of a file does not change the campaign."""

    _texts: dict[Path, str] = field(default_factory=dict, compare=False, repr=False)

    def read(self, path: Path) -> str:
        """The text of the file when it was first read, without the newline at its end.

        Raises:
            SettingsError: the file does not exist, cannot be read, is too large, or is not UTF-8 text.
        """
        if path not in self._texts:
            self._texts[path] = _read_template(path)
        return self._texts[path]


def _read_template(path: Path) -> str:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SettingsError(_("{path}: is not a file. Name the template file.", path=path))
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise SettingsError(
            _("{path}: no such template file. `template` is relative to the campaign file.", path=path)
        ) from None
    except OSError as problem:
        raise SettingsError(_("{path}: cannot be read: {fault}", path=path, fault=os_fault(problem))) from None
    if len(data) > MOST_BYTES:
        raise SettingsError(
            _(
                "{path}: is over {limit:,} bytes, too large for a template of a text message.",
                path=path,
                limit=MOST_BYTES,
            )
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SettingsError(
            _("{path}: is not UTF-8 text (byte {byte}). Save it as UTF-8.", path=path, byte=problem.start)
        ) from None
    # Newlines as Python reads them from a text file; the last one, which editors add, is not part of the message.
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
