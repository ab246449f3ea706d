"""The columns of the table, of the result and of the request list: name, dtype, who writes it, meaning.

Dtypes are Arrow types as pandas holds them. A column that may be missing says so;
missing is `pd.NA`. Nothing else in the program names a column that is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Fact:
    """One column: its `dtype`, `room` the module that writes it, `meaning` for the reader."""

    dtype: Any
    room: str
    meaning: str


# Any: the stubs of pandas know no Arrow dtypes.
TEXT: Final[Any] = pd.ArrowDtype(pa.string())
INT: Final[Any] = pd.ArrowDtype(pa.int32())
SMALL: Final[Any] = pd.ArrowDtype(pa.int16())
BYTE: Final[Any] = pd.ArrowDtype(pa.uint8())
FLAG: Final[Any] = pd.ArrowDtype(pa.bool_())
TIME: Final[Any] = pd.ArrowDtype(pa.timestamp("us", tz="UTC"))

OWN: Final = "own."
"""Begins the name of a column that the spreadsheet brought: own.0, own.1, ... with its cells' own type."""

KIND: Final = "kind."
"""Begins the name of the kinds of a mixed column (`model.Kind`): kind.3 belongs to own.3."""

TABLE: Final[dict[str, Fact]] = {
    "source": Fact(SMALL, "recipients.sheets", "which of Recipients.sources the row is from, from 0"),
    "row": Fact(INT, "recipients.sheets", "the row's number in its sheet, as the spreadsheet program shows it"),
    "hidden": Fact(FLAG, "recipients.sheets", "the row is hidden or filtered out in its sheet"),
    "phone": Fact(TEXT, "recipients.sheets", "the phone cell as text, untouched; missing where empty"),
    "number": Fact(TEXT, "recipients.phone", "the normalised number, digits only; missing where there is none"),
    "note": Fact(TEXT, "pipeline", "what a person should know though the row goes: a repair, a doubt; or missing"),
    "status": Fact(TEXT, "pipeline", "a model.Status for rows that do not go; missing for those that do"),
    "reason": Fact(TEXT, "pipeline", "why a row does not go, in words; missing for rows that go"),
    "sender": Fact(TEXT, "messages.rendering", "the sender number, digits only"),
    "text": Fact(TEXT, "messages.rendering", "the rendered text"),
    "title": Fact(TEXT, "messages.rendering", "the rendered title; missing where there is none"),
    "image": Fact(TEXT, "messages.rendering", "the fitted image's SHA-256, hex; missing where there is none"),
    "date": Fact(TEXT, "messages.rendering", "the reservation, yyyy-MM-dd HH:mm:ss in Asia/Seoul; or missing"),
    "bytes": Fact(INT, "messages.text", "length of the text in CP949 bytes; missing where it has none"),
    "msgType": Fact(TEXT, "messages.text", "SMS, LMS, MMS or GSMS"),
    "request": Fact(INT, "planning", "the request that carries the row, from 1; missing where none does"),
}

RESULT: Final[dict[str, Fact]] = {
    "status": Fact(TEXT, "pipeline", "a model.Status"),
    "resultCode": Fact(INT, "pipeline", "what the gateway answered; missing where it gave no answer"),
    "message": Fact(TEXT, "pipeline", "the gateway's own words with it; or missing"),
    "requestNo": Fact(TEXT, "pipeline", "the gateway's number of the request; or missing"),
    "msgType": Fact(TEXT, "pipeline", "SMS, LMS, MMS or GSMS; or missing"),
    "reason": Fact(TEXT, "pipeline", "why a row was not accepted, or what to know of it; or missing"),
    "number": Fact(TEXT, "pipeline", "the normalised number; or missing"),
    "text": Fact(TEXT, "pipeline", "the rendered text; or missing"),
    "bytes": Fact(INT, "pipeline", "its length in CP949 bytes; or missing"),
    "sentAt": Fact(TIME, "pipeline", "when the request was put on the wire, the last time; or missing"),
    "row": Fact(INT, "pipeline", "the row's number in its sheet"),
    "file": Fact(TEXT, "pipeline", "the row's file, only where there are several"),
    "sheet": Fact(TEXT, "pipeline", "the row's sheet, only where there are several"),
}

REQUESTS: Final[dict[str, Fact]] = {
    "no": Fact(INT, "pipeline", "the request's place in the plan, from 1"),
    "state": Fact(TEXT, "pipeline", "a model.State"),
    "recipients": Fact(INT, "pipeline", "how many it is for"),
    "msgType": Fact(TEXT, "pipeline", "what the gateway answered, or else what was planned"),
    "resultCode": Fact(INT, "pipeline", "the gateway's last answer; missing where it gave none"),
    "message": Fact(TEXT, "pipeline", "the gateway's own words with it; or missing"),
    "requestNo": Fact(TEXT, "pipeline", "the gateway's number of it; or missing"),
    "attempts": Fact(INT, "pipeline", "how often it was put on the wire"),
    "cause": Fact(TEXT, "pipeline", "what led to its state, where that was no answer; or missing"),
    "sentAt": Fact(TIME, "pipeline", "when it was put on the wire, the last time; or missing"),
    "endedAt": Fact(TIME, "pipeline", "when its answer was settled; or missing"),
    "sender": Fact(TEXT, "pipeline", "the sender number"),
    "title": Fact(TEXT, "pipeline", "the title; or missing"),
    "text": Fact(TEXT, "pipeline", "the text"),
    "date": Fact(TEXT, "pipeline", "the reservation; or missing"),
}
