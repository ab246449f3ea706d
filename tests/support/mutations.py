"""Spreadsheets damaged by chance, from a seed: bytes flipped, files cut short, parts renamed, cells replaced."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from pathlib import Path

ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
FORMATS = (
    "0%",
    "0.00%",
    "00000",
    "000-0000-0000",
    "yyyy-mm-dd",
    "aaa",
    "[$-412]dddd",
    "#,##0",
    '0"원"',
    "General",
    "@",
)
VALUES: tuple[bool | float | str, ...] = (
    *(0, -1, 1.5, 19900101, 46357, 1e300, True, "010-2222-3333", "", " ", "가나다", "_x000D_"),
    *ERRORS,
)
XML_CELLS = (
    *('t="e"><v>#SPILL!</v>', 't="e"><v/>', "><v>-1</v>", "><v>NaN</v>", "><v>1e999</v>", 't="s"><v>999999</v>'),
    *(
        't="s"><v></v>',
        't="s"><v>-1</v>',
        't="s"><v>1.5</v>',
        't="s"><v>18446744073709551618</v>',
        't="d"><v>2026-13-45</v>',
        't="b"><v>2</v>',
        't="str"><f>A1</f><v>a_x000D_b</v>',
        't="zz"><v>1</v>',
    ),
    *('s="99999"><v>1</v>', 's="-1"><v>1</v>', '><f t="shared" si="9999999999999"/><v>3</v>', 't="inlineStr"><is/>'),
)


def mutated(source: Path, chance: random.Random) -> bytes:
    """The file with one damage; which one, and where, is up to `chance`."""
    data = source.read_bytes()
    ways: list[Callable[[bytes, random.Random], bytes]] = [_flipped, _cut, _hole, _doubled]
    if not data:
        return data
    if zipfile.is_zipfile(io.BytesIO(data)):
        ways += [_part_renamed, _part_lost, _part_flipped, _part_flipped, _cell_replaced, _cell_replaced, _tag_replaced]
    return chance.choice(ways)(data, chance)


def made(path: Path, chance: random.Random) -> Path:
    """An .xlsx of cells by chance, under number formats by chance, with a phone column."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    width = chance.randint(1, 5)
    sheet.append(["휴대폰", *(f"열{at}" for at in range(width))])
    for row in range(2, chance.randint(3, 12)):
        sheet.cell(row, 1, f"010-0000-{row:04}")
        for column in range(2, width + 2):
            cell = sheet.cell(row, column, chance.choice(VALUES))
            cell.number_format = chance.choice(FORMATS)
    book.save(path)
    return path


def _flipped(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice([1, 3, 20])):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _hole(data: bytes, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(data)), chance.choice([4, 64, 700])
    return data[:at] + chance.choice([bytes(size), b"\xff" * size]) + data[at + size :]


def _doubled(data: bytes, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(data)), chance.choice([2, 32, 512])
    return data[:at] + data[at : at + size] * 2 + data[at + size :]


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    made_of = io.BytesIO()
    with zipfile.ZipFile(made_of, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return made_of.getvalue()


def _with_part(data: bytes, names: Sequence[str], change: Callable[[bytes], bytes], chance: random.Random) -> bytes:
    parts = _parts(data)
    name = chance.choice([name for name in names if name in parts] or list(parts))
    return _packed(parts | {name: change(parts[name])})


def _contents(data: bytes) -> list[str]:
    return [name for name in _parts(data) if re.search(r"worksheets/|content\.xml|sharedStrings|styles|workbook", name)]


def _part_renamed(data: bytes, chance: random.Random) -> bytes:
    """A part under another name; half of the time whoever refers to it knows."""
    parts = _parts(data)
    old = chance.choice(list(parts))
    new = old.rpartition(".")[0] + chance.choice(["x", "_한글", "Z" * 80]) + "." + old.rpartition(".")[2]
    known = chance.random() < 0.5
    old_end, new_end = old.rpartition("/")[2].encode(), new.rpartition("/")[2].encode()
    renamed = {new if name == old else name: content for name, content in parts.items()}
    if known:
        renamed = {name: content.replace(old_end, new_end) for name, content in renamed.items()}
    return _packed(renamed)


def _part_lost(data: bytes, chance: random.Random) -> bytes:
    parts = _parts(data)
    del parts[chance.choice(list(parts))]
    return _packed(parts)


def _part_flipped(data: bytes, chance: random.Random) -> bytes:
    way = chance.choice([_flipped, _cut, _hole, _doubled])
    return _with_part(data, _contents(data), lambda part: way(part, chance) if part else b"x", chance)


def _cell_replaced(data: bytes, chance: random.Random) -> bytes:
    def change(xml: bytes) -> bytes:
        cells = list(re.finditer(rb'<c (r="[A-Z]+\d+")[^>]*?(?:/>|>.*?</c>)', xml))
        if not cells:
            return _flipped(xml, chance) if xml else xml
        cell = chance.choice(cells)
        return (
            xml[: cell.start()]
            + b"<c "
            + cell[1]
            + b" "
            + chance.choice(XML_CELLS).encode()
            + b"</c>"
            + xml[cell.end() :]
        )

    return _with_part(data, [name for name in _parts(data) if "worksheets/sheet" in name], change, chance)


def _tag_replaced(data: bytes, chance: random.Random) -> bytes:
    def change(xml: bytes) -> bytes:
        numbers = list(re.finditer(rb'"\d+"', xml))
        if not numbers:
            return _hole(xml, chance) if xml else xml
        number = chance.choice(numbers)
        odd = chance.choice([b'"-1"', b'"0"', b'"4294967296"', b'"99999999999999999999"', b'""', b'"x"', b'"1e9"'])
        return xml[: number.start()] + odd + xml[number.end() :]

    return _with_part(data, _contents(data), change, chance)
