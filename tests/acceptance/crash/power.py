"""What a journal's files are when the power goes: only what SQLite had synced to the disk is left of them.

A killed process loses nothing that it wrote, since the system keeps it; a
machine without power does. So SQLite's own layer towards the system is made to
keep a copy of every file at the moment at which it was synced, and whoever
plays the loss of power puts those copies in the place of the files. The layer
is C, and reached through the very library that Python's `sqlite3` uses.
Source: sqlite.org, "The OS Interface or VFS"; the structures sqlite3_vfs,
sqlite3_file and sqlite3_io_methods of sqlite3.h.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import shutil
from pathlib import Path
from typing import Any, Final

DURABLE: Final = "durable"
"""The folder beside a journal in which the synced copies of its files are kept."""

_OK: Final = 0
_METHODS: Final = 18  # pointers of sqlite3_io_methods, version 3, after its version number
_SYNC: Final = 4  # the place of xSync among them

_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,  # sqlite3_vfs *
    ctypes.c_char_p,  # the file's name
    ctypes.c_void_p,  # sqlite3_file *
    ctypes.c_int,
    ctypes.c_void_p,
)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)


class _Methods(ctypes.Structure):
    _fields_ = (("version", ctypes.c_int), ("methods", ctypes.c_void_p * _METHODS))


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    )


_kept_alive: Final[list[Any]] = []  # C holds on to these, and Python does not know


def keep_what_is_synced() -> None:
    """From now on, every file of SQLite's in this process is copied into `DURABLE` whenever it is synced."""
    library = ctypes.CDLL(_sqlite3.__file__)
    find = library.sqlite3_vfs_find
    find.restype, find.argtypes = ctypes.POINTER(_Vfs), [ctypes.c_char_p]
    vfs = find(None).contents
    open_before = _Open(vfs.open)

    def open_(vfs_: int, name: bytes | None, file: int, flags: int, out: int) -> int:
        status = int(open_before(vfs_, name, file, flags, out))
        if status == _OK and name:
            _watch(_File.from_address(file), Path(name.decode()))
        return status

    watching = _Open(open_)
    _kept_alive.append((open_before, watching))
    vfs.open = ctypes.cast(watching, ctypes.c_void_p)


def _watch(file: _File, path: Path) -> None:
    methods = _Methods.from_buffer_copy(file.methods.contents)
    sync_before = _Sync(methods.methods[_SYNC])

    def sync(file_: int, flags: int) -> int:
        status = int(sync_before(file_, flags))
        if status == _OK:
            _keep(path)
        return status

    watching = _Sync(sync)
    methods.methods[_SYNC] = ctypes.cast(watching, ctypes.c_void_p).value
    _kept_alive.append((sync_before, watching, methods))
    file.methods = ctypes.pointer(methods)


def _keep(path: Path) -> None:
    """Copy the file in one step: another thread may end the process in the middle of this."""
    folder = path.parent / DURABLE
    folder.mkdir(exist_ok=True)
    copy = folder / f"copying {path.name}"
    shutil.copyfile(path, copy)
    copy.replace(folder / path.name)


def lose_power(journal: Path) -> None:
    """Leave of a journal's files what was synced; the process that wrote them is dead already."""
    for path in [journal, *journal.parent.glob(f"{journal.name}-*")]:
        durable = journal.parent / DURABLE / path.name
        path.unlink()
        if durable.exists():
            shutil.copyfile(durable, path)
