"""Starts engine processes of the page many times over, quickly: everything is imported once, and each start is a fork.

Each order to start one comes through a socket, with the files that are its standard input, output and errors.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import fastexcel  # noqa: F401 - what the process imports on its way stands ready in every child
import openpyxl  # noqa: F401
import xlsxwriter  # noqa: F401

from campaign.journal.orders import Orders
from campaign.messages.rendering import render  # noqa: F401
from campaign.recipients import table  # noqa: F401
from campaign.report import totals  # noqa: F401
from campaign.web import engine_process
from campaign.web.pipes import Pipe
from tests.acceptance.crash import points

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POINTS_OF_ORDERS = ("order", "tell")
"""The named points that only the page has: an order is written into the journal; the server is told how it ended."""


def serve(connection: socket.socket) -> None:
    """Start what is asked for until nobody asks any more."""
    assert threading.active_count() == 1, "a fork takes along the thread that forks, and no other"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the end of a child is seen by the end of its output
    while True:
        message, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if not message:
            return
        child = os.fork()
        if child == 0:
            connection.close()
            _be_the_process(json.loads(message), files)
        for file in files:
            os.close(file)
        connection.sendall(f"{child}\n".encode())


def _be_the_process(wanted: dict[str, Any], files: list[int]) -> NoReturn:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(wanted["folder"])
    for stream, file in enumerate(files):
        os.dup2(file, stream)
        os.close(file)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    if wanted["point"] is not None:
        arm(points.Point(**wanted["point"]))
    status = 0
    try:
        engine_process.main([str(Path.cwd())])
    except BaseException:  # noqa: BLE001 - it goes to standard error, as it would without us
        sys.excepthook(*sys.exc_info())
        status = 1
    os._exit(status)


def arm(point: points.Point) -> None:
    """From now on the process dies when the point is passed."""
    if point.name not in POINTS_OF_ORDERS:
        points.arm(point)
        return
    left = point.passage

    def passing(side: str) -> None:
        nonlocal left
        if side == point.side:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if point.name == "order":
        _wrap(Orders, "add", passing, lambda _: True)
    else:
        _wrap(Pipe, "emit", passing, lambda given: given[1] == "order")


def _wrap(owner: Any, name: str, passing: Callable[[str], None], is_it: Callable[[Mapping[int, Any]], bool]) -> None:
    whole = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        counts = is_it(dict(enumerate(args)))
        if counts:
            passing("before")
        value = whole(*args, **kwargs)
        if counts:
            passing("after")
        return value

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
