"""Starts the `campaign` command many times over, quickly: everything is imported once, and each start is a fork.

A child is a process of its own, with its own files, locks and connections, and
nothing but SIGKILL ends it early. Orders come as JSON, one a line, on standard
input, a list of them for what is to run at once; what became of them goes to standard output in the same way.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import fastexcel  # noqa: F401 - what the command imports on its way stands ready in every child
import openpyxl  # noqa: F401
import pyarrow.dataset
import pyarrow.parquet  # noqa: F401
import pydantic.functional_validators
import pydantic.type_adapter  # noqa: F401
import tqdm  # noqa: F401
import xlsxwriter  # noqa: F401

from campaign.__main__ import main
from campaign.cli import app  # noqa: F401
from campaign.config import campaign_file  # noqa: F401
from campaign.engine import runs  # noqa: F401
from campaign.engine.checking import check  # noqa: F401
from campaign.gateway import client  # noqa: F401
from campaign.messages.rendering import render  # noqa: F401
from campaign.recipients import table  # noqa: F401
from campaign.recipients.numbers import korean  # noqa: F401
from campaign.report import totals  # noqa: F401
from tests.acceptance.crash import points, power
from tests.acceptance.crash.points import STAGES, Point

LONGEST = 60.0
"""Seconds after which a child that still runs is given up, which no test expects."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command to run: where, with which environment, and where or when it is to die."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    point: Point | None = None
    stage: str | None = None  # to be killed `after` seconds from this stage's beginning
    after: float = 0.0
    durable: bool = False  # to keep, beside the journal, what of it would outlive the power
    mark: str = ""  # tells its output from that of others in the same folder

    @classmethod
    def of(cls, values: dict[str, Any]) -> Order:
        """The order of these values."""
        if values.get("point"):
            values["point"] = Point(**values["point"])
        return cls(**values)


def serve() -> None:
    """Carry out orders until there are no more."""
    assert threading.active_count() == 1, "a fork takes along the thread that forks, and no other"
    gc.freeze()  # what is imported is left where it is, and so shared with every child
    for line in sys.stdin:
        orders = json.loads(line)
        if isinstance(orders, list):
            became: object = carry_out_together([Order.of(values) for values in orders])
        else:
            became = carry_out(Order.of(orders))
        sys.stdout.write(json.dumps(became) + "\n")
        sys.stdout.flush()


def carry_out(order: Order) -> dict[str, Any]:
    """Run one command to its end, or to its death."""
    folder = Path(order.folder)
    for name in ("out", "err"):  # it may be dead before it could make them
        (folder / name).write_bytes(b"")
    marks, marked = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(marks)
        _be_the_command(order, marked)
    os.close(marked)
    stages = _watch(order, child, marks, began)
    _, status = os.waitpid(child, 0)
    os.close(marks)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "stages": stages,
        "seconds": time.monotonic() - began,
        "out": (folder / "out").read_text(encoding="utf-8"),
        "err": (folder / "err").read_text(encoding="utf-8"),
    }


def carry_out_together(orders: list[Order]) -> list[dict[str, Any]]:
    """Run several commands at once, each to its end."""
    children = []
    for order in orders:
        child = os.fork()
        if child == 0:
            _be_the_command(order, os.open(os.devnull, os.O_WRONLY))
        children.append(child)
    ended = []
    for order, child in zip(orders, children, strict=True):
        _, status = os.waitpid(child, 0)
        out, err = ((Path(order.folder) / f"{name}{order.mark}").read_text(encoding="utf-8") for name in ("out", "err"))
        ended.append({"status": os.waitstatus_to_exitcode(status), "out": out, "err": err})
    return ended


def _watch(order: Order, child: int, marks: int, began: float) -> dict[str, float]:
    """Follow the child through its stages, and kill it at its time; gives seconds from its start, by stage."""
    stages = {STAGES[0]: 0.0}
    killed = False
    while True:
        left = began + _dies_after(order, stages) - time.monotonic()
        if left <= 0 and not killed:
            os.kill(child, signal.SIGKILL)
            killed = True
        if not select.select([marks], [], [], None if killed else left)[0]:
            continue
        letters = os.read(marks, len(STAGES))
        if not letters:
            return stages
        for letter in letters:
            stages[STAGES[letter]] = time.monotonic() - began


def _dies_after(order: Order, stages: dict[str, float]) -> float:
    return stages[order.stage] + order.after if order.stage in stages else LONGEST


def _be_the_command(order: Order, marked: int) -> NoReturn:
    """What the child does."""
    os.chdir(order.folder)
    out, err = f"out{order.mark}", f"err{order.mark}"
    for stream, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _WRITE), (2, err, _WRITE)):
        os.dup2(os.open(path, flags, 0o600), stream)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv = ["campaign", *order.words]

    def mark(stage: str) -> None:
        os.write(marked, bytes([STAGES.index(stage)]))

    points.mark_stages(mark)
    if order.durable:
        power.keep_what_is_synced()
    if order.point is not None:
        points.arm(order.point)
    os._exit(_status_of_main())


def _status_of_main() -> int:
    status: object = 1
    try:
        main()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001 - it goes to standard error, as it would without us
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 0


_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

if __name__ == "__main__":
    serve()
