"""The gateway's rules: which message a request describes, and which code answers it.

Restated from the vendor's document only. Choices that the document leaves open are marked as ours. A request that
breaks several rules gets the code of the first one, in the order of `judge` (ours).
"""

import calendar
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from campaign.sandbox import codes
from campaign.sandbox.submission import Image, Submission

RECIPIENTS = 1_000
SMS_BYTES = 90
TEXT_BYTES = 2_000
TITLE_BYTES = 40
IMAGE_BYTES = 100_000  # ours: "100kb 미만" read as the smaller unit, and the limit itself let through
RESERVE_FROM = timedelta(minutes=15)
SEOUL = timezone(timedelta(hours=9), "KST")  # Korea keeps no summer time, so no zone database is needed

_TITLE = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣA-Za-z0-9\[\]()<> ]*")  # spaces are ours: the vendor's sample title has one
_SENDER = re.compile(r"0[0-9]{8,11}|1[568][0-9]{6}")
_DOMESTIC = re.compile(r"0[0-9]{8,11}(?:\n0[0-9]{8,11})*")
_ANYWHERE = re.compile(r"[0-9]{7,15}(?:\n[0-9]{7,15})*")
_MAGIC = re.compile(r"(?<![0-9])01000001([0-9]{3})(?![0-9])")
_JPEG_NAME = re.compile(r".*\.jpe?g", re.IGNORECASE | re.DOTALL)
_JPEG_START = b"\xff\xd8\xff"
_NO_DATE = (None, "", "null")  # the document's own sample sends the word "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The message that a request describes, whether or not it is accepted."""

    msg_type: str
    sender: str
    to: str  # digits, one number a line
    title: str | None
    text: str
    date: str | None  # a reservation, `yyyy-MM-dd HH:mm:ss` in Seoul
    image: Image | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result code and, unless the code is 0, the reason in English."""

    code: int
    why: str | None = None


def byte_length(text: str) -> int:
    """Length of `text` in bytes as the gateway counts it: CP949, two for a Hangul syllable, one for a newline.

    A character without a CP949 form counts two bytes (ours): how the gateway counts it is unknown.
    """
    try:
        return len(text.encode("cp949"))
    except UnicodeEncodeError:
        return sum(map(_width, text))


def _width(character: str) -> int:
    try:
        return len(character.encode("cp949"))
    except UnicodeEncodeError:
        return 2


def magic_code(to: str) -> int:
    """Return the first code other than 0 that a recipient `010-0000-1NNN` asks for; 0 if there is none."""
    if "01000001" not in to:
        return 0
    return next((code for code in map(int, _MAGIC.findall(to)) if code), 0)


def understand(given: Submission) -> Message:
    """Return the message that a request describes, whether or not it will be accepted."""
    title, text = _text(given.title) or None, _text(given.text)
    return Message(
        msg_type=_message_type(given, title, text),
        sender=_text(given.sender).replace("-", ""),
        to=given.to,
        title=title,
        text=text,
        date=None if given.date in _NO_DATE else _text(given.date),
        image=given.image,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _message_type(given: Submission, title: str | None, text: str) -> str:
    if given.multipart:
        return "MMS"
    if given.msg_type == "GSMS":
        return "GSMS"
    return "LMS" if title or byte_length(text) > SMS_BYTES else "SMS"


def judge(given: Submission, message: Message, *, senders: Collection[str], now: datetime) -> Verdict:
    """Return the verdict on a request.

    Args:
        given: the request.
        message: the message that it describes.
        senders: the registered senders, digits only; if empty, any valid number is a sender.
        now: the time of arrival, from which a reservation is counted.
    """
    checks: tuple[Callable[[], Verdict | None], ...] = (
        partial(_check_form, given),
        partial(_check_sender, message, senders),
        partial(_check_recipients, message),
        partial(_check_text, message),
        partial(_check_title, given, message),
        partial(_check_image, given),
        partial(_check_date, given, now),
    )
    return next((verdict for check in checks if (verdict := check())), Verdict(codes.ACCEPTED))


def _check_form(given: Submission) -> Verdict | None:
    """Ours: the document has no code for these faults, so they get the general code 1."""
    if given.version != "1.0":
        return Verdict(codes.NOT_SENT, f'"version" is not "1.0" but {given.version!r}')
    if given.msg_type == "GSMS" and given.edition == "v1":
        return Verdict(codes.NOT_SENT, "GSMS is not offered by this edition of the API")
    return None


def _check_sender(message: Message, senders: Collection[str]) -> Verdict | None:
    if not _SENDER.fullmatch(message.sender):
        return Verdict(codes.SENDER, '"from" is not a valid sender number')
    if senders and message.sender not in senders:
        return Verdict(codes.SENDER, "the sender is not one of those that the sandbox was started with")
    return None


def _check_recipients(message: Message) -> Verdict | None:
    """A list in another form and an invalid number get 41 too (ours). GSMS needs a country code."""
    if not message.to:
        return Verdict(codes.RECIPIENTS_MISSING, '"to" is missing, empty, or not in the form of the document')
    if not (_ANYWHERE if message.msg_type == "GSMS" else _DOMESTIC).fullmatch(message.to):
        return Verdict(codes.RECIPIENTS_MISSING, f'"to" has a value that is not a valid number for {message.msg_type}')
    if (count := message.to.count("\n") + 1) > RECIPIENTS:
        return Verdict(codes.RECIPIENTS_TOO_MANY, f"{count} recipients, more than {RECIPIENTS}")
    return None


def _check_text(message: Message) -> Verdict | None:
    """A missing text gets 1, and a GSMS of over 90 bytes gets 21: there is no international LMS (both ours)."""
    if not message.text:
        return Verdict(codes.NOT_SENT, '"text" is missing, empty, or not a string')
    limit = SMS_BYTES if message.msg_type == "GSMS" else TEXT_BYTES
    if len(message.text) * 2 > limit and (length := byte_length(message.text)) > limit:
        return Verdict(codes.TEXT_TOO_LONG, f"text of {length} bytes, more than {limit}")
    return None


def _check_title(given: Submission, message: Message) -> Verdict | None:
    """An MMS without a title gets 22 (ours): the document requires a title and has no code for a missing one."""
    if message.title is None:
        return _check_no_title(given)
    if message.msg_type == "GSMS":
        return Verdict(codes.NOT_SENT, "a GSMS has no title")
    if not _TITLE.fullmatch(message.title):
        return Verdict(codes.TITLE_CHARACTERS, "the title has a character that is not allowed")
    if (length := byte_length(message.title)) > TITLE_BYTES:
        return Verdict(codes.TITLE_TOO_LONG, f"title of {length} bytes, more than {TITLE_BYTES}")
    return None


def _check_no_title(given: Submission) -> Verdict | None:
    if given.multipart:
        return Verdict(codes.TITLE_CHARACTERS, "an MMS without a title")
    if given.title not in (None, ""):
        return Verdict(codes.TITLE_CHARACTERS, '"title" is not a string')
    return None


def _check_image(given: Submission) -> Verdict | None:
    if not given.multipart:
        return None
    if given.image is None or not given.image.content:
        return Verdict(codes.IMAGE_MISSING, "no image part, or an empty one")
    if not _JPEG_NAME.fullmatch(given.image.name) or not given.image.content.startswith(_JPEG_START):
        return Verdict(codes.IMAGE_KIND, "the image is not a JPEG, or its name does not end in .jpg or .jpeg")
    if (size := len(given.image.content)) > IMAGE_BYTES:
        return Verdict(codes.IMAGE_TOO_LARGE, f"image of {size} bytes, more than {IMAGE_BYTES}")
    return None


def _check_date(given: Submission, now: datetime) -> Verdict | None:
    if given.date in _NO_DATE:
        return None
    try:
        date = read_date(_text(given.date))
    except ValueError:
        return Verdict(codes.DATE_FORMAT, '"date" is not a real yyyy-MM-dd HH:mm:ss')
    if not now + RESERVE_FROM <= date <= month_after(now):
        return Verdict(codes.DATE_RANGE, "the reservation is not from 15 minutes to a month ahead")
    return None


_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
_DATE_SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")  # strptime takes "2026-1-2" too


def now_in_seoul() -> datetime:
    """Return the gateway's present time, in Seoul, in any zone of the machine."""
    return datetime.now(SEOUL)


def read_date(date: str) -> datetime:
    """Read a `yyyy-MM-dd HH:mm:ss` as a time in Seoul.

    Raises:
        ValueError: the text does not have exactly that form, or there is no such day or hour.
    """
    if not _DATE_SHAPE.fullmatch(date):
        raise ValueError(date)
    return datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=SEOUL)


def month_after(moment: datetime) -> datetime:
    """Return the same day and hour of the next month, or its last day if it is shorter.

    Ours: the document says "한달" (a month) and leaves its length open.
    """
    year, month = moment.year + moment.month // 12, moment.month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
