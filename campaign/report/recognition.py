"""Recognizes files that this program wrote: only those are ever overwritten."""

from __future__ import annotations

import csv
import re
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Final

from campaign.model import schema

if TYPE_CHECKING:
    from pathlib import Path

MARK: Final = "campaign run"
"""Begins the identifier (a document property) of a copy of a workbook with results in it; the run's id follows."""

SHEETS: Final = {"summary", "requests", "problems"}
"""The sheets that every result and check workbook has, besides `results`. Source: design.md, "Result workbook"."""

_CREATOR: Final = re.compile(r"<dc:creator[^>]*>campaign</")
"""The author (a document property) of every workbook that this program writes from the start."""

_IDENTIFIER: Final = re.compile(rf"<dc:identifier[^>]*>{MARK} ")

_ALWAYS: Final = [name for name in schema.RESULT if name not in {"file", "sheet", "phoneColumn", *schema.DELIVERY}]
_NAMES: Final = re.compile(r'<sheet [^>]*?name="([^"]*)"')
_LARGEST_PART: Final = 1_000_000
"""Bytes of a part that are read."""


def is_ours(path: Path) -> bool:
    """Whether `path` is a workbook, a CSV or a Parquet file that this program wrote; False where it cannot be read."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            begins = file.read(4)
        return {b"PK\3\4": _is_our_workbook, b"PAR1": _is_our_parquet}.get(begins, _is_our_csv)(path)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, csv.Error, zipfile.BadZipFile):
        return False


def _is_our_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        names = set(_NAMES.findall(_part(parts, "xl/workbook.xml")))
        if names >= SHEETS and any(name.startswith("results") for name in names):
            return True
        properties = _part(parts, "docProps/core.xml")
        if "comparison" in names and _CREATOR.search(properties):
            return True
        return _IDENTIFIER.search(properties) is not None


def _part(parts: zipfile.ZipFile, name: str) -> str:
    with parts.open(name) as part:
        return part.read(_LARGEST_PART).decode("utf-8", "replace")


def _is_our_csv(path: Path) -> bool:
    """The heading ends with the result's columns, in their order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        # A heading may have newlines in it.
        heading = next(csv.reader(islice(iter(lambda: file.readline(_LARGEST_PART), ""), 100)), [])
    ours = [name for name in schema.RESULT if name in heading]
    return ours[: len(_ALWAYS)] == _ALWAYS and heading[-len(ours) :] == ours


def _is_our_parquet(path: Path) -> bool:
    import pyarrow.parquet as pq

    return {b"run", b"state", b"sandbox"} <= set(pq.read_schema(path).metadata or {})
