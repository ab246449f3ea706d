"""The sheets of an .xlsx or .xlsm as its own parts list them: name, whether it is visible, where its XML is."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from campaign.model.errors import RecipientsError
from campaign.recipients.spreadsheets.wording import DAMAGED

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

WORKBOOK: Final = "xl/workbook.xml"
RELATIONS: Final = "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One sheet of a workbook, by its tab."""

    name: str
    visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart(Tab):
    """A sheet with the part of the archive that holds its cells."""

    part: str


def sheets(archive: Archive, path: Path) -> list[SheetPart]:
    """The worksheets in the order of their tabs; sheets that are charts alone are left out.

    Raises:
        RecipientsError: the archive is no workbook.
    """
    try:
        workbook = ET.fromstring(archive.read(WORKBOOK))  # noqa: S314 - entities are refused by `Archive.pieces`
        relations = ET.fromstring(archive.read(RELATIONS))  # noqa: S314 - as above
    except (LookupError, ValueError, ET.ParseError) as error:
        raise RecipientsError(f"{path}: this is no Excel workbook inside. {DAMAGED}") from error
    targets = {relation.get("Id"): relation for relation in relations}
    found = [(element, _part(element, targets)) for element in workbook.iter() if _local(element.tag) == "sheet"]
    return [
        SheetPart(name=element.get("name", ""), visible=element.get("state", "visible") == "visible", part=part)
        for element, part in found
        if part is not None and part in archive
    ]


def _part(element: ET.Element, targets: dict[str | None, ET.Element]) -> str | None:
    relation = targets.get(next((value for name, value in element.items() if _local(name) == "id"), None))
    if relation is None or not relation.get("Type", "").endswith("/worksheet"):
        return None
    return target(relation.get("Target", ""))


def target(relation: str) -> str:
    """The part that a relation of the workbook leads to: `worksheets/a.xml` and `/xl/worksheets/a.xml` alike."""
    return posixpath.normpath(posixpath.join("/xl", relation)).lstrip("/")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
