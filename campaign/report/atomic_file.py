"""Writes files that appear whole or not at all, and never overwrites a file that this program did not write."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import tempfile
import time
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.text import os_fault
from campaign.report.recognition import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CANDIDATES: Final = 99
"""Names that are tried for one file: `name.xlsx`, `name (2).xlsx` ... `name (99).xlsx`."""

ATTEMPTS: Final = 99
"""Attempts to make a temporary folder while other processes remove abandoned ones."""

PREFIX: Final = ".campaign-draft."
"""Begins the name of the folder in which a file is made before it gets its own name; eight random letters follow."""

ABANDONED_AFTER_S: Final = 24 * 60 * 60
"""Seconds after which a temporary folder counts as abandoned where folders cannot be locked (Windows)."""

_TEMPORARY: Final = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}")


class PathRefused(CampaignError):
    """A report must not be written to a path, because something else is there; nothing was written.

    Attributes:
        path: the file meant.
    """

    def __init__(self, path: Path, words: str) -> None:
        super().__init__(words)
        self.path = path


class PathNotWritable(CampaignError):
    """A report cannot be written to a path: no folder can be made there, it is read-only, or the name is too long.

    Attributes:
        path: the file meant.
    """

    def __init__(self, path: Path, problem: OSError) -> None:
        super().__init__(
            _(
                "{path}: a workbook cannot be written there: {problem}.",
                path=path,
                problem=os_fault(problem),
            )
        )
        self.path = path


def choose_path(path: Path, inputs: Iterable[Path], *, asked_for: bool) -> Path:
    """The path for a file meant for `path`: that one or, where something else is there, `name (2).xlsx` and so on.

    Args:
        path: the file meant.
        inputs: files that are never overwritten, even if this program wrote them: what a campaign reads, and the
            program's records. They need not exist.
        asked_for: the user named `path`, so no other name is tried.

    Raises:
        PathRefused: a folder, one of `inputs` or a file that this program did not write is there.
    """
    protected = list(inputs)
    for name in candidate_names(path):
        taken = next((one for one in protected if is_same_file(name, one)), None)
        if taken is None and can_replace(name):
            return name
        if asked_for:
            raise PathRefused(name, _obstacle(name, taken))
    raise PathRefused(path, _("{path}: that name and its other names are taken by other files.", path=path))


def _obstacle(path: Path, taken: Path | None) -> str:
    if taken is not None:
        return _(
            "{path}: this campaign reads or writes that file ({other}), so it is not overwritten.",
            path=path,
            other=taken,
        )
    if path.is_dir():
        return _("{path}: is a folder.", path=path)
    return _("{path}: exists and is not a file that `campaign` wrote, so it is not overwritten.", path=path)


def is_same_file(path: Path, other: Path) -> bool:
    """Whether two paths are one file, or would be on a file system that ignores case."""
    with suppress(OSError):
        if path.samefile(other):
            return True
    return _normalized(path) == _normalized(other)


def _normalized(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def can_replace(path: Path) -> bool:
    """Whether nothing is there, or a file that this program wrote."""
    return is_ours(path) if os.path.lexists(path) else True


def require_writable(path: Path) -> None:
    """Try whether a file can be written to `path`, by making an empty temporary one beside it.

    Raises:
        PathNotWritable: it cannot: the folder cannot be made or written to, or the name is too long.
    """
    try:
        fresh = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
        with temporary_file(path) as made:
            flush(made)
        with suppress(OSError):  # another process may have put something there, or removed it
            for folder in fresh:  # a campaign that is refused later leaves no empty folder behind
                folder.rmdir()
    except OSError as problem:
        raise PathNotWritable(path, problem) from None


def write(path: Path, fill: Callable[[Path], object]) -> Path:
    """Call `fill` with a temporary file beside `path`, then rename that file; returns the path that it got.

    The file is readable by its owner only. Where `path` cannot be replaced, because a program has it open (Windows) or
    because this program did not write it, the file becomes `name (2).xlsx` and so on.

    Raises:
        OSError: no name could be used, or the folder cannot be written to; nothing is left behind.
    """
    with temporary_file(path) as made:
        fill(made)
        flush(made)
        return rename(made, path)


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """An empty file that can be renamed to `path`: in a folder beside it, for its owner only, removed at the end.

    Temporary files of libraries go there too, because they also hold numbers. The folder is locked while its process
    lives. Folders that are not locked were left behind by processes that died, and are removed first.
    """
    remove_abandoned(path.parent)
    folder, lock = _locked_folder(path.parent)
    before, tempfile.tempdir = tempfile.tempdir, str(folder.absolute())
    try:
        made = folder / path.name
        made.touch(mode=0o600)
        yield made
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
        _close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int | None]:
    """A new folder in `parent`, and its lock.

    Until it is locked, another process may take the folder for abandoned and remove it, and `require_writable` in
    another process may remove an empty `parent`; then the next attempt succeeds.
    """
    for _attempt in range(ATTEMPTS):
        with suppress(FileNotFoundError):
            parent.mkdir(parents=True, exist_ok=True)  # fails as well if its own parent is removed meanwhile
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            lock = _open(folder)
            _lock(lock, wait=True)
            if folder.exists():
                return folder, lock
            _close(lock)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(parent))


def remove_abandoned(parent: Path) -> list[Path]:
    """Remove the temporary folders in `parent` whose processes have died; returns what was removed."""
    removed = []
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                folder = Path(entry.path)
                if _remove_if_abandoned(folder):
                    removed.append(folder)
    return removed


def _remove_if_abandoned(folder: Path) -> bool:
    try:
        lock = _open(folder)
    except OSError:
        return False
    try:
        if not (_lock(lock, wait=False) if lock is not None else _is_old(folder)):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()
    finally:
        _close(lock)


def _is_old(folder: Path) -> bool:
    return time.time() - folder.stat().st_mtime > ABANDONED_AFTER_S


def _close(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


if sys.platform == "win32":  # pragma: no cover

    def _open(_folder: Path) -> int | None:
        return None

    def _lock(_folder: int | None, *, wait: bool) -> bool:
        return wait
else:
    import fcntl

    def _open(folder: Path) -> int | None:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)

    def _lock(folder: int | None, *, wait: bool) -> bool:
        """Whether it could be locked; False on a file system without locks, so that no folder counts as abandoned."""
        try:
            fcntl.flock(folder or 0, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            return False
        return True


def flush(made: Path) -> None:
    """Make the file readable by its owner only, and wait until it is on the disk."""
    made.chmod(0o600)
    with made.open("rb+") as file:
        os.fsync(file.fileno())


def rename(made: Path, path: Path) -> Path:
    """Rename `made` to the first candidate name that is free or can be replaced."""
    for name in candidate_names(path):
        if not can_replace(name):
            continue
        with suppress(PermissionError):
            made.replace(name)
            return name
    raise PermissionError(
        _("{path}: it is open in another program, and so are its other names. Close it and try again.", path=path)
    )


def candidate_names(path: Path) -> Iterator[Path]:
    """`path`, then `name (2).xlsx`, `name (3).xlsx` ..."""
    yield path
    for number in range(2, CANDIDATES + 1):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")
