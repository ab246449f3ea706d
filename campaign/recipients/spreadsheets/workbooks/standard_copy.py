"""Copies a workbook into the form that calamine expects: usual part names, UTF-8, no cells that it refuses.

calamine reads the copy if it cannot read the file, so that a workbook of a rare program is not called damaged.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets.wording import damaged
from campaign.recipients.spreadsheets.workbooks.zip_archive import utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign.recipients.spreadsheets.workbooks.annotations.xlsx_parts import Package
    from campaign.recipients.spreadsheets.workbooks.zip_archive import Archive

HELD: Final = 8 << 20
"""Maximum number of bytes that are held until a cell ends."""

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS: Final = "application/vnd.openxmlformats-package.relationships+xml"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_COMMENT = re.compile(rb"<!--.{0,65536}?-->", re.DOTALL)
_FAILED_CELL = re.compile(
    rb'<((?:\w+:)?)c\b(?=[^>]*\st\s*=\s*["\']e["\'])([^>]*?)(?<!/)>(?:(?!</\1c\s*>).){0,10000}?</\1c\s*>', re.DOTALL
)
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^<>]*>(?:\s*</(?:\w+:)?dimension\s*>)?")
_TYPE_OF_CELL = re.compile(rb'\st\s*=\s*["\']e["\']')
_BETWEEN_TAGS = re.compile(
    rb">\s+(?=</?(?:table|office|style|number|config|calcext|draw|svg|dc):|<text:p\b|</text:p>\s*</text)"
)
_AFTER_TEXT = re.compile(rb"</text:p>\s+")


def xlsx(opened: Archive, package: Package) -> bytes:
    """A copy of an .xlsx that has only sheets, styles and shared strings; cells with an error value are empty."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for name, text in _frame(package).items():
            copy.writestr(name, text)
        for at, sheet in enumerate(package.sheets, 1):
            xml = _without_dimension(_without_failed_cells(utf8(opened.pieces(sheet.part))))
            _write(copy, f"xl/worksheets/sheet{at}.xml", xml)
        if package.styles is not None:
            _write(copy, "xl/styles.xml", utf8(opened.pieces(package.styles)))
        if package.strings is not None:
            _write(copy, "xl/sharedStrings.xml", utf8(opened.pieces(package.strings)))
    return made.getvalue()


def ods(opened: Archive, path: Path) -> bytes:
    """A copy of an .ods that has only its content, without comments and without white space between tags."""
    content = b"".join(utf8(opened.pieces("content.xml")))
    if len(content) > 16 * HELD:
        raise RecipientsError(damaged(_("{file}: '{part}' in it cannot be read.", file=path, part="content.xml")))
    content = _AFTER_TEXT.sub(b"</text:p>", _BETWEEN_TAGS.sub(b">", _COMMENT.sub(b"", content)))
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        copy.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        copy.writestr("META-INF/manifest.xml", _MANIFEST)
        copy.writestr("content.xml", content)
    return made.getvalue()


def _write(copy: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> None:
    with copy.open(name, "w") as part:
        for piece in pieces:
            part.write(piece)


def _without_failed_cells(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        cut = rest.rfind(b"row>") + len(b"row>")
        if cut < len(b"row>") and len(rest) < HELD:
            continue
        yield _FAILED_CELL.sub(_empty_cell, rest[:cut])
        rest = rest[cut:]
    yield _FAILED_CELL.sub(_empty_cell, rest)


def _without_dimension(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The sheet without its used range, which stands above the rows and is only advice: calamine refuses a bad one."""
    yield _DIMENSION.sub(b"", next(pieces, b""), count=1)
    yield from pieces


def _empty_cell(cell: re.Match[bytes]) -> bytes:
    return b"<" + cell[1] + b"c" + _TYPE_OF_CELL.sub(b"", cell[2]) + b"/>"


def _frame(package: Package) -> dict[str, str]:
    """The parts that list the other parts: content types, relations and the workbook."""
    from xml.sax.saxutils import quoteattr  # it loads what speaks HTTP, which no other reader of files needs

    tabs = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{at}"{"" if sheet.visible else _HIDDEN} r:id="rId{at}"/>'
        for at, sheet in enumerate(package.sheets, 1)
    )
    kinds = [("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(package.sheets) + 1)]
    kinds += [("styles", "styles.xml")] if package.styles is not None else []
    kinds += [("sharedStrings", "sharedStrings.xml")] if package.strings is not None else []
    counts_from = '<workbookPr date1904="1"/>' if package.from_1904 else ""
    book = f"{counts_from}<sheets>{tabs}</sheets>"
    overrides = "".join(f'<Override PartName="/xl/{part}" ContentType="{_TYPE}.{kind}+xml"/>' for kind, part in kinds)
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType='
        f'"application/xml"/><Default Extension="rels" ContentType="{_RELATIONS}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{book}</workbook>',
        "xl/_rels/workbook.xml.rels": _relations(kinds),
    }


_MANIFEST: Final = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_HIDDEN: Final = ' state="hidden"'


def _relations(kinds: Iterable[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{posixpath.normpath(part)}"/>'
        for at, (kind, part) in enumerate(kinds, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'
