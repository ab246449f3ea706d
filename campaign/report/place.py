"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES: Final = 99


def put(path: Path, write: Callable[[Path], object]) -> Path:
    """Have `write` make a file beside `path`, then give it that name; gives the name it got.

    Readable by its owner only. Where `path` cannot be replaced because a program
    holds it open (Windows), the file is called `name (2).xlsx` and so on.

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
    """A new empty file beside `path`, readable by its owner only, gone at the end unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def settle(made: Path) -> None:
    """Owner only, and on the disk."""
    made.chmod(0o600)
    with made.open("rb+") as file:
        os.fsync(file.fileno())


def rename(made: Path, path: Path) -> Path:
    """Give `made` the first of the names that can be had."""
    for name in names(path):
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
