"""Finds the parts of an .xlsx or .xlsm by its relations: workbook, styles, shared strings and sheets."""

from __future__ import annotations

import posixpath
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from campaign.model.errors import RecipientsError
from campaign.model.i18n import N_, _
from campaign.recipients.spreadsheets.wording import damaged
from campaign.recipients.spreadsheets.workbooks.zip_archive import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

ROOT: Final = "_rels/.rels"
WORKBOOK: Final = "xl/workbook.xml"
STYLES: Final = "xl/styles.xml"
STRINGS: Final = "xl/sharedStrings.xml"
"""The usual names of these parts; the relations of a workbook may give them other names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """The target of a relation; `kind` is the last word of its type: worksheet, styles, sharedStrings."""

    kind: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """The tab of a sheet."""

    name: str
    visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart(Tab):
    """The tab of a sheet, with the name of the part that has its cells."""

    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The parts of a workbook that a reader needs; `styles` and `strings` are None if the workbook has none."""

    workbook: str
    styles: str | None
    strings: str | None
    sheets: tuple[SheetPart, ...]
    from_1904: bool
    is_usual: bool  # whether the parts have their usual names; calamine finds no others


def package(archive: Archive, path: Path) -> Package:
    """The parts of a workbook, found by its relations, without chart sheets.

    Raises:
        RecipientsError: the archive is not a workbook, or its list of sheets or of parts is damaged.
    """
    name = main_part(archive, default=WORKBOOK)
    if name not in archive:
        raise RecipientsError(damaged(_("{file}: there is no Excel workbook inside.", file=path)))
    with _part_readable(path, N_("the list of sheets ('{part}' in it)"), name):
        workbook = _parsed(archive, name)
    with _part_readable(path, N_("the list of parts ('{part}' in it)"), relations_part(name)):
        targets = relations(archive, name)
    found = [(element, _part(element, targets)) for element in workbook.iter() if _local(element.tag) == "sheet"]
    styles = part_of_kind(archive, targets, "styles", default=STYLES)
    strings = part_of_kind(archive, targets, "sharedStrings", default=STRINGS)
    return Package(
        workbook=name,
        styles=styles,
        strings=strings,
        is_usual=name == WORKBOOK and styles in {STYLES, None} and strings in {STRINGS, None},
        sheets=tuple(
            SheetPart(name=element.get("name", ""), visible=element.get("state", "visible") == "visible", part=part)
            for element, part in found
            if part is not None and part in archive
        ),
        from_1904=any(
            element.get("date1904") in {"1", "true"}
            for element in workbook.iter()
            if _local(element.tag) == "workbookPr"
        ),
    )


@contextmanager
def _part_readable(path: Path, message: str, part: str) -> Iterator[None]:
    """Raises errors about a damaged part as a RecipientsError; `message` names the part."""
    try:
        yield
    except (LookupError, ValueError, ET.ParseError) as error:
        unread = _("{file}: {part} cannot be read.", file=path, part=_(message, part=part))
        raise RecipientsError(damaged(unread)) from error


def damaged_part(archive: Archive, package: Package) -> str | None:
    """The name of a part, other than the sheets, that is not well-formed XML; None if there is none."""
    parts = {
        N_("the cell formats ('{part}' in it)"): package.styles,
        N_("the texts of the cells ('{part}' in it)"): package.strings,
    }
    for message, part in parts.items():
        if part is not None and not is_well_formed(archive, part):
            return _(message, part=part)
    return None


def is_well_formed(archive: Archive, part: str) -> bool:
    """Whether a part is well-formed XML."""
    parser = expat.ParserCreate()
    try:
        for piece in utf8(archive.pieces(part)):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        return False
    return True


def main_part(archive: Archive, *, default: str) -> str:
    """The part that the relations name as the workbook; `default` if they name no existing part."""
    if ROOT not in archive:
        return default
    try:
        named = [
            relation.part for relation in _relations(archive, ROOT, "").values() if relation.kind == "officeDocument"
        ]
    except ET.ParseError:
        return default
    return next((part for part in named if part in archive), default)


def relations(archive: Archive, part: str) -> dict[str, Relation]:
    """The relations of a part by their ids.

    Raises:
        LookupError: the part has no relations.
        ET.ParseError: the relations are not well-formed XML.
    """
    return _relations(archive, relations_part(part), posixpath.dirname(part))


def relations_part(part: str) -> str:
    """The name of the part that holds the relations of a part."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relations(archive: Archive, part: str, folder: str) -> dict[str, Relation]:
    return {
        relation.get("Id", ""): Relation(
            kind=relation.get("Type", "").rpartition("/")[2], part=_target(relation.get("Target", ""), folder)
        )
        for relation in _parsed(archive, part)
        if relation.get("TargetMode") != "External"
    }


def _parsed(archive: Archive, part: str) -> ET.Element:
    return ET.fromstring(b"".join(utf8([archive.read(part)])))  # noqa: S314 - entities are refused by `Archive.pieces`


def part_of_kind(archive: Archive, targets: dict[str, Relation], kind: str, *, default: str) -> str | None:
    """The target of the relation of this kind, or else the part with the usual name; None if neither exists."""
    named = (found.part for found in targets.values() if found.kind == kind)
    return next((part for part in (*named, default) if part in archive), None)


def _part(element: ET.Element, targets: dict[str, Relation]) -> str | None:
    relation = targets.get(next((value for name, value in element.items() if _local(name) == "id"), ""))
    return relation.part if relation is not None and relation.kind == "worksheet" else None


def _target(target: str, folder: str) -> str:
    """The part at a target: relative to a folder (`worksheets/a.xml`), or absolute (`/xl/worksheets/a.xml`)."""
    return posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
