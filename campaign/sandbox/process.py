"""Starts the sandbox from Python, as a process of its own."""

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Self

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_GREETING = b"sandbox listening on "


class SandboxError(Exception):
    """The sandbox could not be started; the message is the one that it printed."""


class RunningSandbox:
    """A sandbox in a process of its own, which ends when this process does.

    Attributes:
        url: the scheme, host and port that it listens on.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[bytes], url: str) -> None:
        self.url = url
        self._process = process
        self._errors = errors

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process.poll() is None

    def stop(self) -> int:
        """Stop the process with SIGTERM, its ledger complete; return its exit status."""
        if self.running:
            self._process.terminate()
        return self._wait()

    def kill(self) -> int:
        """Stop the process at once with SIGKILL; return its exit status."""
        self._process.kill()
        return self._wait()

    def _wait(self) -> int:
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        _close(self._process, self._errors)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    *,
    port: int = 0,
    latency: str | None = None,
    seed: int | None = None,
    ledger: Path | None = None,
    senders: Iterable[str] = (),
    faults: Iterable[str] = (),
    rate: float | None = None,
    history: str | None = None,
    env: Mapping[str, str] | None = None,
) -> RunningSandbox:
    """Start a sandbox and wait until it listens.

    It is in a process group of its own, so that a Ctrl-C in the terminal does not end it before the sender has
    settled its outstanding requests. It ends by itself when this process does.

    Args:
        port: the port on 127.0.0.1; 0 for any free port.
        latency: time before each answer, such as `50ms`.
        seed: makes the numbering and the probabilities of faults repeatable.
        ledger: the SQLite file for its records; None keeps them in memory.
        senders: the registered senders; empty accepts any sender.
        faults: each as in `--fault`, such as `code:code=13,times=2`.
        rate: requests a second above which requests are refused; None for no limit.
        history: the organisation whose history and balance are served; None serves neither.
        env: additional environment variables, such as SANDBOX_API_KEY and SANDBOX_AUTH_KEY.

    Raises:
        SandboxError: the sandbox ended, or did not listen within 20 seconds.
    """
    command = [sys.executable, "-P", "-m", "campaign.sandbox", "--until-stdin-closes", "--port", str(port)]
    for flag, value in (
        *(("--latency", latency), ("--seed", seed), ("--ledger", ledger)),
        *(("--rate", rate), ("--history", history)),
    ):
        command += [] if value is None else [f"{flag}={value}"]
    command += [f"--sender={sender}" for sender in senders]
    command += [f"--fault={fault}" for fault in faults]
    return _spawn(command, {**os.environ, **_import_path(), **(env or {})})


def _import_path() -> dict[str, str]:
    """PYTHONPATH with which the new process imports this same package."""
    home = str(Path(__file__).resolve().parents[2])
    return {"PYTHONPATH": os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])}


def _spawn(command: list[str], environment: Mapping[str, str]) -> RunningSandbox:
    errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process); a full pipe would block the process
    process = subprocess.Popen(  # noqa: S603 (our own command)
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
    line = _first_line(process, monotonic() + _START_SECONDS)
    if not line.startswith(_GREETING):
        process.kill()
        process.wait()
        raise SandboxError(_error_output(process, errors))
    return RunningSandbox(process, errors, line.removeprefix(_GREETING).decode().strip())


def _first_line(process: "subprocess.Popen[bytes]", deadline: float) -> bytes:
    """The first line that the process prints; incomplete if the process ends or takes too long."""
    assert process.stdout is not None  # noqa: S101 (opened as a pipe)
    line = b""
    while not line.endswith(b"\n") and (left := deadline - monotonic()) > 0:
        if select.select([process.stdout], [], [], left)[0]:
            piece = os.read(process.stdout.fileno(), 1024)
            if not piece:
                break
            line += piece
    return line


def _error_output(process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> str:
    errors.seek(0)
    said = errors.read().decode("utf-8", "replace").strip()
    _close(process, errors)
    return said or f"the sandbox ended with status {process.returncode} and printed nothing"


def _close(process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
    for stream in (process.stdin, process.stdout, errors):
        if stream is not None:
            stream.close()
