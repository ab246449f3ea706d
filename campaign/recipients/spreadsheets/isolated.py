"""Reads workbooks in a child process with limits of memory and computing time.

The readers of .xls, .xlsb and .ods have been seen to panic, to allocate a gigabyte for a file of 5 KB, and to compute
for minutes. In the child process, this ends the child only: its standard error is discarded, and the user gets one
sentence.

The child writes lines of JSON to its standard output, then one Arrow IPC stream for each sheet.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa

import campaign
from campaign.model import Source, i18n
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import headings
from campaign.recipients.spreadsheets.sheet import ColumnCells, Sheet
from campaign.recipients.spreadsheets.workbooks import sheet_choice
from campaign.recipients.spreadsheets.workbooks.book import NeedsLimits, Unreadable, unreadable
from campaign.recipients.spreadsheets.workbooks.second_reader import SecondReaderMissing
from campaign.recipients.spreadsheets.workbooks.sheet_choice import Top

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

MEMORY: Final = 820 << 20
"""Bytes of memory of the child, so that the child and its parent together stay under 1 GiB."""

ADDRESSES: Final = 3 << 29
"""Bytes of address space of the child; the libraries reserve a third of it without using it."""

SECONDS: Final = 6
"""Seconds of computing time for any workbook, plus `SECONDS_A_MIB` for each MiB of the file."""

SECONDS_A_MIB: Final = 4

_FAILURES: Final = {
    "NoPhoneColumn": headings.NoPhoneColumn,
    "Unreadable": Unreadable,
    "SecondReaderMissing": SecondReaderMissing,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the child reads.

    With `is_second`, it uses the second reader. With `is_text`, it returns all cells of the first visible sheet as
    text, without a header. With `is_top`, it returns only the first rows, as text.
    """

    path: str
    sheet: str | None
    phone: str | None
    is_second: bool = False
    is_text: bool = False
    is_top: bool = False


def read(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Sheet]:
    """Read one workbook; see `sheet_choice.read`.

    Raises:
        RecipientsError: it cannot be read, or reading it takes too much memory or time.
    """
    try:
        return sheet_choice.read(path, sheet, phone, progress)
    except NeedsLimits:
        return _read_confined(path, sheet, phone, progress)
    except Unreadable as failure:
        return _read_by_second(path, sheet, phone, progress, failure)


def read_text(path: Path) -> Sheet:
    """All cells of the first visible sheet as text, without a header: every heading is "".

    Raises:
        RecipientsError: it cannot be read, or reading it takes too much memory or time.
    """
    [sheet] = _run_child(Order(path=str(path), sheet=None, phone=None, is_text=True), _receiver(lambda _rows: None))
    return sheet


def read_top(path: Path, sheet: str | None) -> Top:
    """The sheets of a workbook and the first rows of one; see `sheet_choice.read_top`.

    Raises:
        RecipientsError: it cannot be read, or reading it takes too much memory or time.
    """
    return _run_child(Order(path=str(path), sheet=sheet, phone=None, is_top=True), _receive_top)


def _read_confined(path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None]) -> list[Sheet]:
    """Read in a child; with the second reader if the first one cannot read an .xlsx."""
    try:
        return _read_in_child(path, sheet, phone, progress)
    except Unreadable as failure:
        if path.suffix.lower() not in sheet_choice.OPEN_XML:  # the child has tried both readers of an .xls
            raise
        return _read_by_second(path, sheet, phone, progress, failure)


def _read_by_second(
    path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None], failure: Unreadable
) -> list[Sheet]:
    """Read with the second reader. If it fails too, raise the error of the first one, which names the damaged part."""
    try:
        return _read_in_child(path, sheet, phone, progress, is_second=True)
    except (headings.NoPhoneColumn, headings.TwoPhoneColumns):
        raise
    except SecondReaderMissing as missing:
        raise Unreadable(f"{failure} {missing}") from None
    except RecipientsError:
        raise failure from None


def _read_in_child(
    path: Path, sheet: str | None, phone: str | None, progress: Callable[[int], None], *, is_second: bool = False
) -> list[Sheet]:
    order = Order(path=str(path), sheet=sheet, phone=phone, is_second=is_second)
    return _run_child(order, _receiver(progress))


def _receiver(progress: Callable[[int], None]) -> Callable[[IO[bytes]], list[Sheet]]:
    return partial(_receive, progress=progress)


def _run_child(order: Order, receive: Callable[[IO[bytes]], T]) -> T:
    path = Path(order.path)
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-P", "-m", "campaign.recipients.spreadsheets.isolated", json.dumps(asdict(order))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | _ENVIRONMENT | {"PYTHONPATH": _python_path(), i18n.VARIABLE: i18n.language()},
    ) as child:
        if child.stdout is None:  # pragma: no cover - stdout is a pipe
            raise RecipientsError(_("{file}: no process could be started to read it.", file=path))
        try:
            return receive(child.stdout)
        except (ValueError, EOFError, pa.ArrowException):
            child.kill()
            raise RecipientsError(_why_ended(path, child.wait())) from None
        except BaseException:
            child.kill()
            raise


_ENVIRONMENT: Final = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "RUST_BACKTRACE": "0",
}


def _python_path() -> str:
    """Where the child finds this package; never the current folder."""
    return os.pathsep.join(filter(None, [str(Path(campaign.__file__).parents[1]), os.environ.get("PYTHONPATH")]))


def _receive(pipe: IO[bytes], progress: Callable[[int], None]) -> list[Sheet]:
    """Receive the sheets from the child.

    Raises:
        ValueError: the child ended early.
        RecipientsError: the child raised it.
    """
    while True:
        message = json.loads(pipe.readline() or b"")
        if "rows" in message:
            progress(message["rows"])
        elif "error" in message:
            raise _failure(message)
        else:
            return [_sheet(meta, pa.ipc.open_stream(pipe).read_all()) for meta in message["sheets"]]


def _receive_top(pipe: IO[bytes]) -> Top:
    message = json.loads(pipe.readline() or b"")
    if "error" in message:
        raise _failure(message)
    return Top(**message["top"])


def _failure(message: dict[str, Any]) -> RecipientsError:
    if message["error"] == "TwoPhoneColumns":
        return headings.TwoPhoneColumns(message["message"], message["names"])
    return _FAILURES.get(message["error"], RecipientsError)(message["message"])


def _why_ended(path: Path, status: int) -> str:
    """The error for a child that ended early with this exit status."""
    if status == -_signal("SIGXCPU"):
        return _(
            "{file}: reading it takes more computing time than a list of this size needs."
            " Save the list again, as .xlsx or .csv.",
            file=path,
        )
    if status in {MEMORY_UP, -_signal("SIGABRT")}:  # the readers abort without memory
        return _(
            "{file}: reading it takes over {limit} MiB of memory. Split the list, or save it as .xlsx or .csv.",
            file=path,
            limit=MEMORY >> 20,
        )
    return unreadable(path, "")


MEMORY_UP: Final = 3
"""Exit status of a child that reached its memory limit."""


def _signal(name: str) -> int:
    return int(getattr(signal, name, 0)) or sys.maxsize  # Windows has few signals


def _sheet(meta: dict[str, Any], table: pa.Table) -> Sheet:
    columns = []
    for at in range(len(meta["headings"])):
        kinds = table.column(f"kinds{at}") if at in meta["mixed"] else None
        columns.append(ColumnCells(table.column(f"cells{at}"), kinds))
    return Sheet(
        source=Source(file=meta["file"], sheet=meta["sheet"]),
        headings=tuple(meta["headings"]),
        cells=tuple(columns),
        phone=meta["phone"],
        rows=_whole(table.column("rows")),
        hidden=_whole(table.column("hidden")),
        notes=tuple(meta["notes"]),
    )


def _whole(values: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def main() -> None:
    """The child: read one workbook and write its sheets to the standard output, with notes in the parent's language."""
    i18n.use(os.environ[i18n.VARIABLE])
    order = Order(**json.loads(sys.argv[1]))
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # only our own lines go to the parent, not what libraries print
        _set_limits(Path(order.path).stat().st_size)
        try:
            if order.is_top:
                _write_line(out, {"top": asdict(sheet_choice.read_top(Path(order.path), order.sheet))})
            else:
                _send(out, _read(order, out))
        except RecipientsError as failure:
            names = getattr(failure, "names", "")
            _write_line(out, {"error": type(failure).__name__, "message": str(failure), "names": names})
        except (MemoryError, pa.ArrowMemoryError):
            os._exit(MEMORY_UP)


def _read(order: Order, out: IO[bytes]) -> Iterable[Sheet]:
    if order.is_text:
        return [sheet_choice.read_text(Path(order.path))]

    def report(rows: int) -> None:
        _write_line(out, {"rows": rows})

    return sheet_choice.read(
        Path(order.path), order.sheet, order.phone, report, is_confined=True, is_second=order.is_second
    )


def _write_line(out: IO[bytes], message: dict[str, Any]) -> None:
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()


def _send(out: IO[bytes], sheets: Iterable[Sheet]) -> None:
    found = list(sheets)
    _write_line(out, {"sheets": [_metadata(sheet) for sheet in found]})
    for sheet in found:
        columns = {"rows": sheet.rows, "hidden": sheet.hidden}
        for at, column in enumerate(sheet.cells):
            columns[f"cells{at}"] = column.values
            if column.kinds is not None:
                columns[f"kinds{at}"] = column.kinds
        table = pa.table(columns)
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)


def _metadata(sheet: Sheet) -> dict[str, Any]:
    return {
        "file": sheet.source.file,
        "sheet": sheet.source.sheet,
        "headings": sheet.headings,
        "phone": sheet.phone,
        "notes": sheet.notes,
        "mixed": [at for at, column in enumerate(sheet.cells) if column.kinds is not None],
    }


def _set_limits(size: int) -> None:
    """Limit the memory and computing time of this process, except on Windows, which has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    seconds = SECONDS + SECONDS_A_MIB * size // (1 << 20)
    for kind, most in (
        (resource.RLIMIT_AS, ADDRESSES),
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (bound, hard))
        except (OSError, ValueError):
            continue  # macOS has no memory limit


if __name__ == "__main__":
    main()
