"""Files that appear whole or not at all, and never in place of one that is not ours."""

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
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign.model.errors import CampaignError
from campaign.report.recognition import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TRIES: Final = 99

DRAFT: Final = ".campaign-draft."
"""How the folder begins in which a file is made before it gets its name; eight random letters follow."""

ABANDONED_AFTER: Final = 24 * 60 * 60
"""Seconds after which a draft counts as abandoned where folders cannot be locked (Windows)."""

_DRAFTS: Final = re.compile(re.escape(DRAFT) + r"[a-z0-9_]{8}")


class PlaceRefused(CampaignError):
    """A workbook cannot be put there; nothing was written."""


def choose(path: Path, inputs: Iterable[Path], *, asked_for: bool) -> Path:
    """Where a file that is meant for `path` can go without writing over anything that is not ours.

    Args:
        path: the place meant.
        inputs: files that are never written over, though they may look like ours: what a campaign reads, and what the
            program keeps its records in. They need not exist.
        asked_for: `path` is the user's own choice, so another name is not an answer.

    Raises:
        PlaceRefused: a file that is not ours is there, or a folder.
    """
    protected = list(inputs)
    for name in names(path):
        taken = next((one for one in protected if is_same(name, one)), None)
        if taken is None and may_replace(name):
            return name
        if asked_for:
            raise PlaceRefused(f"{name}: {_in_the_way(name, taken)}. Name another file with --report.")
    raise PlaceRefused(f"{path}: that name and its other names are taken by other files. Name another with --report.")


def _in_the_way(path: Path, taken: Path | None) -> str:
    if taken is not None:
        return f"is read or written by this very campaign ({taken}), and is not written over"
    if path.is_dir():
        return "is a folder"
    return "is there already and is not a file that `campaign` wrote, so it is not written over"


def is_same(path: Path, other: Path) -> bool:
    """Whether two paths are one file, or would be on a file system that takes no account of case."""
    with suppress(OSError):
        if path.samefile(other):
            return True
    return _spelled(path) == _spelled(other)


def _spelled(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def may_replace(path: Path) -> bool:
    """Whether nothing is there, or a file of ours."""
    return is_ours(path) if os.path.lexists(path) else True


def require(path: Path) -> None:
    """Find out whether a file can be put there, by making an empty draft of it.

    Raises:
        PlaceRefused: it cannot: the folder cannot be made or written to, or the name is too long.
    """
    try:
        fresh = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft(path) as made:
            settle(made)
        with suppress(OSError):  # another process may have put something there, or removed it
            for folder in fresh:  # what is refused later leaves no empty folder behind
                folder.rmdir()
    except OSError as problem:
        raise PlaceRefused(
            f"{path}: a workbook cannot be put there: {problem.strerror or problem}. Nothing was sent. Name another "
            "place with --report, or another folder with CAMPAIGN_REPORTS."
        ) from None


def put(path: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` make a file beside `path`, then give it that name; gives the name it got.

    Readable by its owner only. Where `path` cannot be replaced, because a program holds it open (Windows) or because
    it is not a file of ours, the file is called `name (2).xlsx` and so on.

    Raises:
        OSError: no name could be used, or the folder cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft(path) as made:
        write(made)
        settle(made)
        return rename(made, path)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """A place for a file on its way to `path`: in a folder beside it, for its owner only, gone at the end.

    Temporary files of libraries go there too, for they hold numbers as well. The folder is locked while its process
    lives, by which the next process knows the folders that a death left behind; those are removed first.
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

    Until it is locked, another process may take the folder for abandoned and remove it, and `require` in another
    process may remove an empty `parent`; then the next try succeeds.
    """
    for _ in range(TRIES):
        parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            folder = Path(tempfile.mkdtemp(prefix=DRAFT, dir=parent))
            lock = _open(folder)
            _lock(lock, wait=True)
            if folder.exists():
                return folder, lock
            _close(lock)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(parent))


def remove_abandoned(parent: Path) -> list[Path]:
    """Remove the drafts that processes left in a folder when they died; those of living ones stay. What was removed."""
    removed = []
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if _DRAFTS.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
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
    return time.time() - folder.stat().st_mtime > ABANDONED_AFTER


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
        """Whether it could be locked; never where the file system has no locks, so that nothing is taken for dead."""
        try:
            fcntl.flock(folder or 0, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            return False
        return True


def settle(made: Path) -> None:
    """Owner only, and on the disk."""
    made.chmod(0o600)
    with made.open("rb+") as file:
        os.fsync(file.fileno())


def rename(made: Path, path: Path) -> Path:
    """Give `made` the first of the names that can be had."""
    for name in names(path):
        if not may_replace(name):
            continue
        with suppress(PermissionError):
            made.replace(name)
            return name
    raise PermissionError(f"{path}: it is open in another program, and so are its other names. Close it and try again.")


def names(path: Path) -> Iterator[Path]:
    """`path`, then `name (2).xlsx`, `name (3).xlsx` ..."""
    yield path
    for number in count(2):
        if number > TRIES:
            return
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")
