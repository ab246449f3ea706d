"""The columns of the table, of the result and of the list of requests: name, dtype, writer, meaning.

Dtypes are Arrow types in pandas. Columns with missing values (`pd.NA`) say so. The program uses no other columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column: its `dtype`, the module that it is `written_by`, and its `meaning`."""

    dtype: Any
    written_by: str
    meaning: str


# Any: the stubs of pandas do not know Arrow dtypes.
TEXT: Final[Any] = pd.ArrowDtype(pa.string())
INT: Final[Any] = pd.ArrowDtype(pa.int32())
SMALL: Final[Any] = pd.ArrowDtype(pa.int16())
BYTE: Final[Any] = pd.ArrowDtype(pa.uint8())
FLAG: Final[Any] = pd.ArrowDtype(pa.bool_())
TIME: Final[Any] = pd.ArrowDtype(pa.timestamp("us", tz="UTC"))

OWN: Final = "own."
"""Prefix of the columns of the user's spreadsheet: own.0, own.1, ... with the type of their cells."""

KIND: Final = "kind."
"""Prefix of the kinds (`model.Kind`) of a mixed column: kind.3 belongs to own.3."""

TABLE: Final[dict[str, ColumnSpec]] = {
    "source": ColumnSpec(SMALL, "recipients.table", "index of the row's source in Recipients.sources, from 0"),
    "row": ColumnSpec(INT, "recipients.table", "row number in its sheet, as a spreadsheet program shows it"),
    "hidden": ColumnSpec(FLAG, "recipients.table", "the row is hidden or filtered out in its sheet"),
    "phone": ColumnSpec(TEXT, "recipients.table", "the phone cell as text, unchanged; missing if empty"),
    "column": ColumnSpec(
        TEXT,
        "recipients.several_numbers",
        "the number's column (own.0, ...), if there are several",
    ),
    "number": ColumnSpec(
        TEXT, "recipients.numbers.normalise", "the normalised number, digits only; missing if there is none"
    ),
    "note": ColumnSpec(
        TEXT, "engine.checking.check", "reasons, in model.reasons' form, to look at a row that goes; or missing"
    ),
    "status": ColumnSpec(
        TEXT, "engine.checking.check", "the model.Status of a row that is not sent; missing for rows that are sent"
    ),
    "reason": ColumnSpec(TEXT, "engine.checking.check", "why a row does not go, in model.reasons' form; or missing"),
    "sender": ColumnSpec(TEXT, "messages.compose", "the sender number, digits only"),
    "text": ColumnSpec(TEXT, "messages.compose", "the rendered text"),
    "title": ColumnSpec(TEXT, "messages.compose", "the rendered title; missing if there is none"),
    "image": ColumnSpec(TEXT, "messages.compose", "SHA-256 of the fitted image, hex; missing if there is none"),
    "date": ColumnSpec(TEXT, "messages.compose", "the reservation, yyyy-MM-dd HH:mm:ss in Asia/Seoul; or missing"),
    "bytes": ColumnSpec(INT, "messages.checks", "length of the text in CP949 bytes; missing if it has none"),
    "msgType": ColumnSpec(TEXT, "messages.checks", "SMS, LMS, MMS or GSMS"),
    "request": ColumnSpec(INT, "engine.planning", "the number of the row's request, from 1; missing if it has none"),
}

RESULT: Final[dict[str, ColumnSpec]] = {
    "status": ColumnSpec(TEXT, "engine.results", "a model.Status"),
    "resultCode": ColumnSpec(INT, "engine.results", "the gateway's code; missing if it did not answer"),
    "message": ColumnSpec(TEXT, "engine.results", "the gateway's message; or missing"),
    "requestNo": ColumnSpec(TEXT, "engine.results", "the gateway's request number; or missing"),
    "msgType": ColumnSpec(TEXT, "engine.results", "SMS, LMS, MMS or GSMS; or missing"),
    "reason": ColumnSpec(TEXT, "engine.results", "why a row was not accepted, or its note: `sentences` words it"),
    "number": ColumnSpec(TEXT, "engine.results", "the normalised number; or missing"),
    "text": ColumnSpec(TEXT, "engine.results", "the rendered text; or missing"),
    "bytes": ColumnSpec(INT, "engine.results", "its length in CP949 bytes; or missing"),
    "sentAt": ColumnSpec(TIME, "engine.results", "when the request was last sent; or missing"),
    "row": ColumnSpec(INT, "engine.results", "row number in its sheet"),
    "file": ColumnSpec(TEXT, "engine.results", "the row's file, if there are several"),
    "sheet": ColumnSpec(TEXT, "engine.results", "the row's sheet, if there are several"),
    "phoneColumn": ColumnSpec(TEXT, "engine.results", "the heading of the number's column, if there are several"),
    "delivery": ColumnSpec(TEXT, "engine.results", "a model.Delivery, if results were fetched; missing if unknown"),
    "deliveryCode": ColumnSpec(TEXT, "engine.results", "its code as it came; or missing"),
    "deliveryMessage": ColumnSpec(TEXT, "engine.results", "the vendor's words for it; or missing"),
    "deliveredAt": ColumnSpec(TIME, "engine.results", "the time that the history names, if delivered; or missing"),
}

REQUESTS: Final[dict[str, ColumnSpec]] = {
    "no": ColumnSpec(INT, "engine.results", "place of the request in the plan, from 1"),
    "state": ColumnSpec(TEXT, "engine.results", "a model.State"),
    "recipients": ColumnSpec(INT, "engine.results", "number of recipients"),
    "msgType": ColumnSpec(TEXT, "engine.results", "the type that the gateway answered, otherwise the planned type"),
    "resultCode": ColumnSpec(INT, "engine.results", "the gateway's last code; missing if it did not answer"),
    "message": ColumnSpec(TEXT, "engine.results", "the gateway's message; or missing"),
    "requestNo": ColumnSpec(TEXT, "engine.results", "the gateway's request number; or missing"),
    "attempts": ColumnSpec(INT, "engine.results", "how often it was sent"),
    "cause": ColumnSpec(TEXT, "engine.results", "the cause of its state, if that is not an answer; or missing"),
    "sentAt": ColumnSpec(TIME, "engine.results", "when it was last sent; or missing"),
    "endedAt": ColumnSpec(TIME, "engine.results", "when its outcome was settled; or missing"),
    "sender": ColumnSpec(TEXT, "engine.results", "the sender number"),
    "title": ColumnSpec(TEXT, "engine.results", "the title; or missing"),
    "text": ColumnSpec(TEXT, "engine.results", "the text"),
    "date": ColumnSpec(TEXT, "engine.results", "the reservation; or missing"),
}

DELIVERY: Final = ("delivery", "deliveryCode", "deliveryMessage", "deliveredAt")
"""The columns of `RESULT` that only results have for which delivery results were fetched."""
