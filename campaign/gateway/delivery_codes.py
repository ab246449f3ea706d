"""The codes of delivery results, and the class that follows from each.

Seen in public clients of the gateway, not in the vendor's document. Two clients agree on the codes of delivered
messages; the others are one client's list. A code that clients contradict each other about, or that none lists, is
unclear.
"""

from __future__ import annotations

from typing import Final

from campaign.model import Delivery, MsgType
from campaign.model.i18n import N_

_DELIVERED: Final = {MsgType.SMS: "06", MsgType.LMS: "1000", MsgType.MMS: "1000"}
_WAITING: Final = frozenset({"WAIT", "0", "00", "대기", "처리중"})
_CONTRADICTED: Final = frozenset({"01"})  # waiting for one client, a failure of the system for another

_DEAD: Final = N_("the number is not in service or wrong")
_HANDSET: Final = N_("the phone was off, without coverage, full or refused the message")
_SENDER: Final = N_("the sender number was refused")
_RULES: Final = N_("refused by a rule for advertisements, hours or spam")
_OPTED_OUT: Final = N_("the number is on the refusal list")
_TWICE: Final = N_("refused as a repeat of a message to this number")
_SYSTEM: Final = N_("a failure of the gateway or the carrier")
_CONTENT: Final = N_("the content of the message was refused")

_SMS: Final = {
    _DEAD: "07 21 22",
    _HANDSET: "08 09 10 11 40",
    _SENDER: "28 29 30 31 92",
    _RULES: "23 24 25 26 27 91 19",
    _OPTED_OUT: "93",
    _TWICE: "18 99",
    _SYSTEM: "02 03 04 17 20",
}
_LONG: Final = {
    _DEAD: "2001 5000 6000 9002",
    _HANDSET: "3000 3001 3002 3003 3004 3005 3006 4001",
    _CONTENT: "2000 2002 2003 6100 9005 9006 9007 9008",
    _SENDER: "5301 5302 5303 5304 9012",
    _RULES: "5003 9003 9001",
    _OPTED_OUT: "9013",
    _TWICE: "5201 5202",
    _SYSTEM: "4000 4002 4003 4101 4102 4103 4104 4201 4202 5001 9004 9010 9011 9014 9015 9016",
}


DEAD: Final = frozenset(f"{_SMS[_DEAD]} {_LONG[_DEAD]}".split())
"""Codes of a number that is not in service or wrong."""

OPTED_OUT: Final = frozenset(f"{_SMS[_OPTED_OUT]} {_LONG[_OPTED_OUT]}".split())
"""Codes of a number on the refusal list."""


def _by_code(groups: dict[str, str]) -> dict[str, str]:
    return {code: words for words, codes in groups.items() for code in codes.split()}


_FAILED: Final = {MsgType.SMS: _by_code(_SMS), MsgType.LMS: _by_code(_LONG), MsgType.MMS: _by_code(_LONG)}


def classify(msg_type: MsgType, code: str) -> Delivery:
    """The class of a delivery code of that type of message, as the code came."""
    if code in _WAITING:
        return Delivery.WAITING
    if code in _CONTRADICTED:
        return Delivery.UNCLEAR
    if code == _DELIVERED.get(msg_type):
        return Delivery.DELIVERED
    return Delivery.FAILED if code in _FAILED.get(msg_type, {}) else Delivery.UNCLEAR


def meaning(code: str) -> str | None:
    """What a code of a failed message means, to be translated; None for other codes."""
    return _FAILED[MsgType.SMS].get(code) or _FAILED[MsgType.LMS].get(code)
