"""Puts what is written to files on the disk, as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def replace_file(path: Path, data: bytes, *, keeps_permissions: bool = False) -> None:
    """Replace the content of a file, and wait until it is on the disk.

    Args:
        path: the file; it need not exist.
        data: its new content.
        keeps_permissions: who could read an existing file still can; otherwise its owner only.

    Raises:
        OSError: it cannot be written; it is as it was.
    """
    with replacing({path: data}, keeps_permissions=keeps_permissions):
        pass


@contextmanager
def replacing(contents: Mapping[Path, bytes], *, keeps_permissions: bool = False) -> Iterator[None]:
    """Replace files as `replace_file` does: all are on the disk before the block, and take their places after it.

    None does if one cannot be written, or if the block raises.
    """
    made: dict[Path, Path] = {}
    try:
        for path, data in contents.items():
            handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}.", dir=path.parent)
            made[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if keeps_permissions and path.exists():
                shutil.copymode(path, name)
        yield
        for path, ready in made.items():
            ready.replace(path)
    finally:
        for ready in made.values():
            ready.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder's files are on the disk, where the system can do that."""
    with suppress(OSError):  # not every system opens folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
