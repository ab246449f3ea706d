"""Compares headings, and finds the header row and the phone column."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from campaign.model import own_columns, text
from campaign.model.errors import RecipientsError
from campaign.model.i18n import _

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL: Final = (
    """
    수신번호 수신자번호 수신전화번호 수신자전화번호 수신인번호 받는번호 받는사람번호 받는분번호 받는사람 받는분
    recipient recipientnumber recipientphone to
    """,
    """
    핸펀 핸펀번호 핸폰 핸폰번호 폰번호
    휴대폰 휴대폰번호 휴대폰no 휴대전화 휴대전화번호 휴대번호 휴대 핸드폰 핸드폰번호 핸드폰no 손전화 모바일 모바일번호
    휴대폰연락처 고객휴대폰 고객휴대폰번호 회원휴대폰 수신자휴대폰
    mobile mobileno mobilenumber mobilephone mobilephonenumber cell cellphone cellphonenumber cellno cellnumber
    handphone hp hpno
    """,
    """
    전화번호 연락처 연락번호 전화 전화no 고객전화번호 고객연락처 연락처번호
    phone phoneno phonenumber tel telno telnumber telephone telephonenumber contact contactno contactnumber
    """,
    "번호 number",
)

USUAL: Final = tuple(frozenset(words.split()) for words in _USUAL)
"""The usual headings of a phone column, reduced to letters and digits, best group first.

Headings of one group are equally good. `번호` and `number` come last: they
are as often the heading of a running number.
"""

_WHOSE: Final = """
    수취인 수신인 수신자 수령인 수령자 받는사람 받는분 구매자 구매고객 주문자 주문고객 예약자 신청자 신청인 고객 회원
    보호자 학부모 부모 부모님 부 모 아버지 어머니 학생 원생 환자 참가자 참석자 가입자 계약자 본인
    recipient receiver buyer customer client member parent guardian student patient guest attendee
"""
_OF: Final = re.compile(
    rf"(?:{'|'.join(sorted(_WHOSE.split(), key=len, reverse=True))})?[0-9]{{0,2}}"
    rf"(?:{'|'.join(sorted(map(re.escape, USUAL[1] | USUAL[2]), key=len, reverse=True))})[0-9]{{0,2}}"
)
"""A usual heading with the owner of the number, or an index: 보호자1 연락처, 수취인연락처1, 휴대폰2."""

OF: Final = len(USUAL) - 1
"""The group of headings that match `_OF`: after the other usual headings, before `번호`."""

RUNNING: Final = len(USUAL)
"""The group of `번호` and `number`."""

ROWS_SEARCHED: Final = 30
"""Maximum number of rows above the header: titles, remarks, the date of the list."""

FEWEST_DIGITS: Final = 8
"""Number of digits from which a number may be a phone number, not a running number."""

NAMES_SHOWN: Final = 30
"""Maximum number of columns that an error names."""

LONGEST_SHOWN: Final = 50
"""Maximum number of characters of a heading in a list of columns."""

_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]+")
_BRACKETED = re.compile(r"\(.{0,100}?\)|\[.{0,100}?\]|<.{0,100}?>")
_NOT_WORD = re.compile(r"[\W_]+")
_PHONE = re.compile(r"(?<![0-9])[+(]{0,2}(?:[018](?:[-. ()]{0,2}[0-9]){8,14}|[2-9][0-9]{9,14})(?![0-9])")


class NoPhoneColumn(RecipientsError):
    """No column has a usual heading of a phone column, or the heading that the user named."""


class TwoPhoneColumns(RecipientsError):
    """Several columns may be the phone column; `names` lists their headings."""

    def __init__(self, message: str, names: str) -> None:
        super().__init__(message)
        self.names = names


def fold(heading: str) -> str:
    """Normalise a heading for comparison: NFKC, casefolded, without spaces, newlines and invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def group(heading: str) -> int | None:
    """The group of a heading of a phone column, from 0 (best) to `RUNNING`; None for any other heading."""
    folded = fold(heading)
    for spelling in (_NOT_WORD.sub("", folded), _NOT_WORD.sub("", _BRACKETED.sub("", folded))):
        for at, usual in enumerate(USUAL[:OF]):
            if spelling in usual:
                return at
        if _OF.fullmatch(spelling):
            return OF
        if spelling in USUAL[-1]:
            return RUNNING
    return None


def candidates(headings: Sequence[str], phone: str | None) -> list[int]:
    """The indices of the columns that may be the phone column: none, one, or several equally good ones.

    Args:
        headings: a row of cells as text; "" for an empty cell.
        phone: the heading that the user named, if any.
    """
    if phone is not None:
        return _named(headings, phone)
    groups = [group(heading) for heading in headings[: own_columns(headings)]]
    best = min((at for at in groups if at is not None), default=None)
    return [] if best is None else [at for at, found in enumerate(groups) if found == best]


def _named(headings: Sequence[str], phone: str) -> list[int]:
    exact = [at for at, heading in enumerate(headings) if heading == phone]
    found = exact or [at for at, heading in enumerate(headings) if fold(heading) == fold(phone)]
    return [at for at in found if at < own_columns(headings)] or found


def phone_column(headings: Sequence[str], phone: str | None, *, where: str) -> int:
    """The index of the phone column.

    Args:
        headings: the header row.
        phone: the heading that the user named; None finds it among the usual headings.
        where: the file and sheet, for errors.

    Raises:
        NoPhoneColumn: no column qualifies.
        TwoPhoneColumns: several columns are equally good.
    """
    found = candidates(headings, phone)
    if not found:
        raise NoPhoneColumn(missing([headings], phone, where=where))
    if len(found) > 1:
        names = _(" and ").join(f"'{shown(headings[at])}'" for at in found)
        equal = len({fold(headings[at]) for at in found}) < len(found)
        places = _(" and ").join(text.column_letters(at) for at in found)
        remedy = _("Rename the other one (columns {places}).", places=places) if equal else _to_paste(headings, found)
        doubt = _("{place}: the phone column may be {names}.", place=where, names=names)
        raise TwoPhoneColumns(f"{doubt} {remedy}", names)
    return found[0]


def missing(rows: Sequence[Sequence[str]], phone: str | None, *, where: str) -> str:
    """The error for a sheet without a phone column: which columns it has, and what to do.

    Args:
        rows: the first rows of the sheet as text.
        phone: the heading that the user named, if any.
        where: the file and sheet.
    """
    at = likely_header(rows)
    header = rows[at] if at is not None else ()
    names = [shown(heading) for heading in header if heading.strip()]
    listed = ", ".join(map(_cut, names[:NAMES_SHOWN])) + (", ..." if len(names) > NAMES_SHOWN else "")
    there = _("The columns are: {names}.", names=listed) if names else _("No header row was found.")
    if phone is None:
        return " ".join([_("{place}: no phone column was found.", place=where), there, _what_to_do(rows, at)])
    near = nearest(phone, names)
    guess = [_("Did you mean '{name}'?", name=near)] if near else []
    absent = _("{place}: there is no column '{heading}'.", place=where, heading=shown(phone))
    return " ".join([absent, *guess, there])


def _cut(name: str) -> str:
    return f"{name[:LONGEST_SHOWN]}..." if len(name) > LONGEST_SHOWN else name


def _what_to_do(rows: Sequence[Sequence[str]], at: int | None) -> str:
    if at is None:
        return _("Put a row of headings, such as 이름 and 휴대폰, above the list.")
    found = _with_phones(rows, at)
    return _to_paste(rows[at], found) if found else _("Set `[recipients] phone` to the heading of the phone column.")


def possible_phones(rows: Sequence[Sequence[str]], header: int) -> list[int]:
    """The indices of the columns that may be the phone column: by their headings, otherwise by their cells.

    Args:
        rows: the first rows of a sheet as text.
        header: the index of the header in `rows`.
    """
    return candidates(rows[header], None) or _with_phones(rows, header)


def _with_phones(rows: Sequence[Sequence[str]], header: int) -> list[int]:
    """The indices of the columns that have a heading, and below it a cell that may be a phone number."""
    below = rows[header + 1 :]
    return [
        place
        for place, heading in enumerate(rows[header])
        if heading.strip() and any(place < len(row) and _is_phone(row[place]) for row in below)
    ]


def _to_paste(headings: Sequence[str], found: Sequence[int]) -> str:
    """The lines of the campaign file that select these columns."""
    lines = _(" or ").join(f"phone = {quoted(shown(headings[at]))}" for at in found)
    return _("Choose one: write under [recipients] in the campaign file: {lines}", lines=lines)


def quoted(text: str) -> str:
    """The text as a TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def likely_header(rows: Sequence[Sequence[str]]) -> int | None:
    """The index of the likely header where no row has a phone column: the first of the rows with most cells.

    None if that row has a phone number: it is a recipient, whose data must not appear in an error.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    at = filled.index(max(filled)) if any(filled) else None
    return None if at is None or any(map(_is_phone, rows[at])) else at


def _is_phone(cell: str) -> bool:
    """Whether a cell may contain a phone number."""
    return _PHONE.search(unicodedata.normalize("NFKC", cell)) is not None


def nearest(heading: str, names: Sequence[str]) -> str | None:
    """The most similar name; None if no name is similar."""
    folded = {fold(name): name for name in names}
    close = text.nearest(fold(heading), folded, cutoff=0.5)
    return folded[close] if close else None


def shown(heading: str) -> str:
    """The heading on one line, for errors."""
    return " ".join(heading.split())


def header_row(rows: Sequence[Sequence[str]], phone: str | None) -> int | None:
    """The index of the header: the first row with a phone column, or the lower row of a double header.

    Args:
        rows: the first rows of a sheet as text; "" for an empty cell.
        phone: the heading that the user named, if any.

    Returns:
        None if no row has a phone column.
    """
    for at, row in enumerate(rows):
        if is_header(row, rows[at + 1 :], phone):
            return _lowest(rows, at, phone)
    return None


def is_header(row: Sequence[str], below: Sequence[Sequence[str]], phone: str | None) -> bool:
    """Whether a row is a header: it has the heading of a phone column, not just of a running number."""
    found = candidates(row, phone)
    if phone is not None or not found or group(row[found[0]]) != RUNNING:
        return bool(found)
    return any(_digits(cells[at]) >= FEWEST_DIGITS for cells in below for at in found if at < len(cells))


def _digits(cell: str) -> int:
    return sum(character.isdigit() for character in cell)


def _lowest(rows: Sequence[Sequence[str]], at: int, phone: str | None) -> int:
    while at + 1 < len(rows) and is_second_header(rows[at], rows[at + 1], phone):
        at += 1
    return at


def is_second_header(upper: Sequence[str], lower: Sequence[str], phone: str | None) -> bool:
    """Whether `lower`, below a header, is one too (merged headings): it has a phone column, and no digit there."""
    found = candidates(lower, phone)
    return bool(found) and not any(
        character.isdigit() for at in candidates(upper, phone) if at < len(lower) for character in lower[at]
    )
