"""The words of the workbook, in its language: Korean, English, or Korean with the English key beside it.

The headings of `schema.RESULT`, the statuses and the states keep their English names, which scripts and `--only` read.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from campaign.model import Status, i18n
from campaign.model.i18n import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator

_with_keys: ContextVar[bool] = ContextVar("with_keys", default=True)


@contextmanager
def in_workbook_of(language: str | None) -> Iterator[None]:
    """Inside, labels are in the workbook's language, one of `i18n.LANGUAGES`.

    Without one they are Korean with the English key beside them, also where the screen is English: the readers of a
    workbook are in Korea, and those who help them may not read Korean.
    """
    token = _with_keys.set(language is None)
    try:
        with i18n.in_language(language or i18n.KOREAN):
            yield
    finally:
        _with_keys.reset(token)


NOTES: Final[dict[str, str]] = {
    "status": N_("What became of the row:"),
    "resultCode": N_("The gateway's code for the row's request: 0 means accepted. Empty if there was no answer."),
    "message": N_("The gateway's message with that code, unchanged."),
    "requestNo": N_("The gateway's number of the request; its support asks for it."),
    "msgType": N_("SMS: up to 90 bytes, LMS: up to 2,000 bytes, MMS: with an image, GSMS: to other countries."),
    "reason": N_("Why the row was not accepted, or a note."),
    "number": N_("The number that the message goes to, digits only."),
    "text": N_("The message exactly as this recipient gets it."),
    "bytes": N_("The length of the message in bytes (CP949): 2 for a Hangul syllable, 1 for a letter or a digit."),
    "sentAt": N_("When the request was sent, in Korean time (Asia/Seoul); the last time if it was sent several times."),
    "to_do": N_("What to do next."),
    "fix": N_(
        "The heading of the cell to fix, which is red. Fix the cells and check this workbook again: it is a recipients "
        "file like any other."
    ),
    "row": N_("The row's number in its sheet."),
    "file": N_("The file that the row is from."),
    "sheet": N_("The sheet that the row is from."),
    "phoneColumn": N_("The heading of the column that the number stands in."),
    "delivery": N_(
        "What became of the message, as the gateway's history says. Seen in public clients of the gateway, not in the "
        "vendor's document. Empty if nothing is known."
    ),
    "deliveryCode": N_("The code of the delivery, as it came."),
    "deliveryMessage": N_("The vendor's words for it, unchanged."),
    "deliveredAt": N_("The time that the gateway's history names, in Korean time (Asia/Seoul)."),
    "no": N_("The request's place in the plan, from 1."),
    "state": N_("What became of the request."),
    "recipients": N_("How many recipients the request is for."),
    "attempts": N_("How often the request was sent."),
    "cause": N_("The cause of the state, if that is not an answer of the gateway."),
    "endedAt": N_("When the outcome was known, in Korean time (Asia/Seoul)."),
    "sender": N_("The sender number, digits only."),
    "title": N_("The title of an LMS or MMS."),
    "date": N_("The time for which the gateway has reserved the message; empty if it goes at once."),
}
"""What the headings of our columns explain in a note."""

MEANING: Final[dict[Status, str]] = {
    Status.ACCEPTED: N_("accepted; delivery is not known here"),
    Status.REJECTED: N_("rejected; not sent again"),
    Status.UNKNOWN: N_("sent, but no answer: please check"),
    Status.PENDING: N_("not sent yet"),
    Status.CANCELLED: N_("cancelled; not sent"),
    Status.INVALID: N_("not sent: the row has an error"),
    Status.DUPLICATE: N_("same number and message as above"),
    Status.OPTED_OUT: N_("opted out, or no consent"),
    Status.HIDDEN: N_("hidden in the spreadsheet, or left out by a condition"),
}

TO_DO: Final[dict[Status, str]] = {
    Status.UNKNOWN: N_("look it up in the vendor's log, then: campaign resolve {run} --sent | --not-sent"),
    Status.REJECTED: N_("see message, fix the cause, then send this file again: --only rejected"),
    Status.INVALID: N_("see reason, fix the row, then send this file again: --only invalid"),
    Status.PENDING: N_("fix what stopped the run, then: campaign resume {run}"),
}

VALUES: Final = (
    N_("accepted"), N_("rejected"), N_("unknown"), N_("pending"), N_("cancelled"), N_("invalid"), N_("duplicate"),
    N_("opted_out"), N_("hidden"), N_("planned"), N_("in_flight"), N_("checked"), N_("running"), N_("finished"),
    N_("paused"), N_("interrupted"), N_("delivered"), N_("failed"), N_("waiting"), N_("unclear"), N_("no_result"),
)  # fmt: skip
"""The statuses of rows, and the states of requests and runs, which stand beside their Korean names."""


def label(words: str) -> str:
    """A label in the workbook's language, with its English key beside it if that is wanted: `상태 Status`."""
    return f"{_(words)} {english_key(words)}".rstrip()


def english_key(words: str) -> str:
    """The English that stands beside a label in another language; nothing in a workbook of one language."""
    return words if _with_keys.get() and i18n.language() != i18n.ENGLISH else ""


def heading_note(name: str) -> str | None:
    """What the heading of one of our columns explains; None where there is nothing to explain."""
    if name not in NOTES:
        return None
    statuses = [f"{status}: {_(meaning)}" for status, meaning in MEANING.items()] if name == "status" else []
    return "\n".join([_(NOTES[name]), *statuses])
