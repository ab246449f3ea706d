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
class ColumnSpec:
    """One column: its `dtype`, `written_by` the module that writes it, `meaning` for the reader."""

    dtype: Any
    written_by: str
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

TABLE: Final[dict[str, ColumnSpec]] = {
    "source": ColumnSpec(SMALL, "recipients.table", "which of Recipients.sources the row is from, from 0"),
    "row": ColumnSpec(INT, "recipients.table", "the row's number in its sheet, as the spreadsheet program shows it"),
    "hidden": ColumnSpec(FLAG, "recipients.table", "the row is hidden or filtered out in its sheet"),
    "phone": ColumnSpec(TEXT, "recipients.table", "the phone cell as text, untouched; missing where empty"),
    "number": ColumnSpec(
        TEXT, "recipients.numbers.normalise", "the normalised number, digits only; missing where there is none"
    ),
    "note": ColumnSpec(
        TEXT, "engine.checking.check", "reasons, in model.reasons' form, to look at a row that goes; or missing"
    ),
    "status": ColumnSpec(
        TEXT, "engine.checking.check", "a model.Status for rows that do not go; missing for those that do"
    ),
    "reason": ColumnSpec(TEXT, "engine.checking.check", "why a row does not go, in model.reasons' form; or missing"),
    "sender": ColumnSpec(TEXT, "messages.compose", "the sender number, digits only"),
    "text": ColumnSpec(TEXT, "messages.compose", "the rendered text"),
    "title": ColumnSpec(TEXT, "messages.compose", "the rendered title; missing where there is none"),
    "image": ColumnSpec(TEXT, "messages.compose", "the fitted image's SHA-256, hex; missing where there is none"),
    "date": ColumnSpec(TEXT, "messages.compose", "the reservation, yyyy-MM-dd HH:mm:ss in Asia/Seoul; or missing"),
    "bytes": ColumnSpec(INT, "messages.checks", "length of the text in CP949 bytes; missing where it has none"),
    "msgType": ColumnSpec(TEXT, "messages.checks", "SMS, LMS, MMS or GSMS"),
    "request": ColumnSpec(INT, "engine.planning", "the request that carries the row, from 1; missing where none does"),
}

RESULT: Final[dict[str, ColumnSpec]] = {
    "status": ColumnSpec(TEXT, "engine.results", "a model.Status"),
    "resultCode": ColumnSpec(INT, "engine.results", "what the gateway answered; missing where it gave no answer"),
    "message": ColumnSpec(TEXT, "engine.results", "the gateway's own words with it; or missing"),
    "requestNo": ColumnSpec(TEXT, "engine.results", "the gateway's number of the request; or missing"),
    "msgType": ColumnSpec(TEXT, "engine.results", "SMS, LMS, MMS or GSMS; or missing"),
    "reason": ColumnSpec(TEXT, "engine.results", "why a row was not accepted, or its note: `sentences` words it"),
    "number": ColumnSpec(TEXT, "engine.results", "the normalised number; or missing"),
    "text": ColumnSpec(TEXT, "engine.results", "the rendered text; or missing"),
    "bytes": ColumnSpec(INT, "engine.results", "its length in CP949 bytes; or missing"),
    "sentAt": ColumnSpec(TIME, "engine.results", "when the request was put on the wire, the last time; or missing"),
    "row": ColumnSpec(INT, "engine.results", "the row's number in its sheet"),
    "file": ColumnSpec(TEXT, "engine.results", "the row's file, only where there are several"),
    "sheet": ColumnSpec(TEXT, "engine.results", "the row's sheet, only where there are several"),
}

REQUESTS: Final[dict[str, ColumnSpec]] = {
    "no": ColumnSpec(INT, "engine.results", "the request's place in the plan, from 1"),
    "state": ColumnSpec(TEXT, "engine.results", "a model.State"),
    "recipients": ColumnSpec(INT, "engine.results", "how many it is for"),
    "msgType": ColumnSpec(TEXT, "engine.results", "what the gateway answered, or else what was planned"),
    "resultCode": ColumnSpec(INT, "engine.results", "the gateway's last answer; missing where it gave none"),
    "message": ColumnSpec(TEXT, "engine.results", "the gateway's own words with it; or missing"),
    "requestNo": ColumnSpec(TEXT, "engine.results", "the gateway's number of it; or missing"),
    "attempts": ColumnSpec(INT, "engine.results", "how often it was put on the wire"),
    "cause": ColumnSpec(TEXT, "engine.results", "what led to its state, where that was no answer; or missing"),
    "sentAt": ColumnSpec(TIME, "engine.results", "when it was put on the wire, the last time; or missing"),
    "endedAt": ColumnSpec(TIME, "engine.results", "when its answer was settled; or missing"),
    "sender": ColumnSpec(TEXT, "engine.results", "the sender number"),
    "title": ColumnSpec(TEXT, "engine.results", "the title; or missing"),
    "text": ColumnSpec(TEXT, "engine.results", "the text"),
    "date": ColumnSpec(TEXT, "engine.results", "the reservation; or missing"),
}
