"""Finds the layout of a CSV file: its delimiter, its header, and where the rows begin."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _
from campaign.recipients.spreadsheets import headings
from campaign.recipients.spreadsheets.csv_files import encoding, quotes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DELIMITERS: Final = ",;\t|"

SAMPLE: Final = 64 << 10
"""Number of bytes at the beginning in which delimiter and header are found."""

COLUMNS: Final = 1024
"""Maximum number of columns of a list, as in a workbook."""

_SEPARATOR_LINE = re.compile(rb"sep=([,;\t|])\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text of a file in UTF-8, its delimiter, its header, and the position of its rows."""

    text: bytes
    delimiter: str
    header: tuple[str, ...]
    above: int  # number of rows above the first recipient, including the header
    begin: int  # index of the first byte of the first recipient
    end: int  # index of the byte after the last recipient, without newlines at the end

    @property
    def body(self) -> memoryview:
        """The rows of the recipients."""
        return memoryview(self.text)[self.begin : self.end]

    @property
    def is_quoted(self) -> bool:
        """Whether any cell of the rows is in quotation marks."""
        return self.text.find(b'"', self.begin, self.end) >= 0


def find_layout(path: Path, phone: str | None) -> Layout:
    """Choose the delimiter with which a header with a phone column is found.

    Raises:
        RecipientsError: the encoding is unknown, a quotation mark is stray, there is no phone column, or the header is
            too long or too wide.
    """
    text = _text(path)
    separator = _SEPARATOR_LINE.match(text)
    skipped = separator.end() if separator else 0
    sample = _sample(text, skipped)
    delimiter, rows = _top(path, separator[1].decode() if separator else None, sample, phone)
    quotes.check(path, text, delimiter, skipped)
    header = headings.header_row(rows, phone)
    if header is None:
        raise headings.NoPhoneColumn(headings.missing(rows, phone, where=str(path)))
    begin = skipped + _length(sample, delimiter, header + 1)
    _check_header(path, rows[header], is_cut=begin >= skipped + len(sample.encode()) and begin < _end(text))
    return Layout(
        text=text,
        delimiter=delimiter,
        header=tuple(rows[header]),
        above=header + 1,
        begin=begin,
        end=_end(text),
    )


def first_rows(path: Path) -> list[list[str]]:
    """The first rows as text, with the delimiter that fits best.

    Raises:
        RecipientsError: the encoding is unknown.
    """
    text = _text(path)
    separator = _SEPARATOR_LINE.match(text)
    sample = _sample(text, separator.end() if separator else 0)
    return _top(path, separator[1].decode() if separator else None, sample, None)[1]


def _text(path: Path) -> bytes:
    text = encoding.utf8(path)
    if b"\0" in text:
        raise RecipientsError(
            _("{file}: it has zero bytes, so it is not a text file. Save it again as CSV in UTF-8.", file=path)
        )
    return text


def _top(path: Path, delimiter: str | None, sample: str, phone: str | None) -> tuple[str, list[list[str]]]:
    """The delimiter, unless it is given, with which a header with a phone column is found; and the first rows."""
    found = [(one, _records(sample, one)) for one in delimiter or _in_order(path)]
    return max(found, key=lambda pair: _likeliness(pair[1], phone))


def _check_header(path: Path, header: Sequence[str], *, is_cut: bool) -> None:
    """Refuse a header that the sample may have cut: its rest would be read as a recipient."""
    if is_cut:
        raise RecipientsError(
            _(
                "{file}: the header ends more than {limit} KiB below the top of the file. Shorten the headings, or"
                " delete the lines above the list.",
                file=path,
                limit=SAMPLE >> 10,
            )
        )
    if len(header) > COLUMNS:
        raise RecipientsError(
            _(
                "{file}: it has {columns:,} columns, over {limit:,}. Delete those that the message does not use.",
                file=path,
                columns=len(header),
                limit=COLUMNS,
            )
        )


def _in_order(path: Path) -> str:
    return "\t,;|" if path.suffix.lower() == ".tsv" else DELIMITERS


def _sample(text: bytes, begin: int) -> str:
    sample = text[begin : begin + SAMPLE]
    return sample.decode(errors="ignore")


def _records(sample: str, delimiter: str) -> list[list[str]]:
    return list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), headings.ROWS_SEARCHED + 1))


def _likeliness(rows: Sequence[Sequence[str]], phone: str | None) -> tuple[bool, int]:
    header = headings.header_row(rows, phone)
    return header is not None, max(map(len, rows), default=0) if header is None else len(rows[header])


def _length(sample: str, delimiter: str, records: int) -> int:
    """Length of the first records in bytes."""
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    for _row in islice(reader, records):
        pass
    return len("".join(islice(io.StringIO(sample, newline=""), reader.line_num)).encode())


def _end(text: bytes) -> int:
    end = len(text)
    while end and text[end - 1] in b"\r\n":
        end -= 1
    return end
