"""Small results to report on: a few rows, or many, in realistic Korean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from campaign.model import Column, MsgType, Recipients, Result, RunFacts, RunState, Source, State, Status, schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TYPES: dict[str, pa.DataType] = {
    "string[pyarrow]": pa.string(),
    "int32[pyarrow]": pa.int32(),
    "int16[pyarrow]": pa.int16(),
    "timestamp[us, tz=UTC][pyarrow]": pa.timestamp("us", tz="UTC"),
}

START = datetime(2026, 12, 1, 1, 0, 0, tzinfo=UTC)  # 10:00 in Seoul
CODES: dict[str, tuple[int, str]] = {
    "accepted": (0, "전송 성공"),
    "rejected": (22, "제목에 사용할 수 없는 문자가 포함되어 있습니다."),
}
REASONS: dict[str, str] = {
    "rejected": "the gateway refused it: 22",
    "unknown": "the answer was lost after the request was sent",
    "invalid": "휴대폰: 02-1234-5678 is a landline; a text message needs a mobile number",
    "duplicate": "the same number with the same message stands in row 2",
    "opted_out": "the number stands in opted_out.csv",
    "hidden": "the row is hidden in the spreadsheet",
}
SENT = ("accepted", "rejected", "unknown")
UNRENDERED = ("invalid", "opted_out", "hidden")


def shown(*parts: int) -> datetime:
    """A time as a cell shows it: without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]


def frame(columns: Mapping[str, Sequence[Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """A frame with the dtypes of `campaign.model.schema`."""
    arrays = {name: pa.array(values, TYPES[dtypes[name]]) for name, values in columns.items()}
    return pd.DataFrame({name: pd.Series(array, dtype=pd.ArrowDtype(array.type)) for name, array in arrays.items()})


def own(values: Sequence[Any], dtype: pa.DataType | None = None) -> pd.Series:
    """A column as a spreadsheet's reader gives it."""
    array = pa.array(values, dtype)
    return pd.Series(array, dtype=pd.ArrowDtype(array.type))


def numbers(count: int) -> list[str]:
    """Numbers in the unassigned range: no real person is ever addressed."""
    return [f"0100{index:07d}" for index in range(count)]


@dataclass(kw_only=True)
class ResultOf:
    """Makes a `model.Result` of one row a status; `own` gives the spreadsheet's columns by heading."""

    statuses: Sequence[str] = ("accepted", "accepted", "invalid")
    columns: Sequence[tuple[str, pd.Series]] = ()
    mixed: Mapping[int, Sequence[int]] = field(default_factory=dict)
    state: RunState = RunState.FINISHED
    sandbox: bool = False
    prices: dict[str, float] | None = field(default_factory=lambda: {"SMS": 20.0, "LMS": 50.0, "MMS": 200.0})
    types: Sequence[str] = ("SMS", "SMS", "SMS", "LMS")
    per_request: int = 1000
    several: bool = False
    first_row: int = 2
    run: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def build(self) -> Result:
        """The result; `rows` replaces whole columns of it, `run` single facts."""
        return Result(run=self.facts(), recipients=self.recipients(), rows=self.row_frame(), requests=self.requests())

    def facts(self) -> RunFacts:
        facts: dict[str, Any] = {
            "id": "spring-sale-20261201-100000",
            "name": "spring-sale",
            "state": self.state,
            "gateway": "http://127.0.0.1:8025" if self.sandbox else "https://sms.bizservice.iwinv.kr",
            "api": "v2",
            "sandbox": self.sandbox,
            "created_at": START - timedelta(seconds=4),
            "started_at": None if self.state is RunState.CHECKED else START,
            "ended_at": None if self.state is RunState.CHECKED else START + timedelta(seconds=83),
            "template": "[봄맞이] {{ 이름 }} 고객님, {{ 지점 }}에서 20% 할인 쿠폰을 드립니다.",
            "prices": self.prices,
        }
        return RunFacts(**(facts | dict(self.run)))

    def own_columns(self) -> list[tuple[str, pd.Series]]:
        count = len(self.statuses)
        names = ["김민서", "이서준", "박지우", "최하은", "정도윤"]
        return list(self.columns) or [
            ("이름", own([names[index % len(names)] for index in range(count)], pa.string())),
            ("휴대폰", own([f"{n[:3]}-{n[3:7]}-{n[7:]}" for n in numbers(count)], pa.string())),
            ("지점", own([["강남점", "부산 서면점"][index % 2] for index in range(count)], pa.string())),
            ("구매금액", own([12000 + index * 500 for index in range(count)], pa.int64())),
        ]

    def recipients(self) -> Recipients:
        count, columns = len(self.statuses), self.own_columns()
        table = frame(
            {"source": [0] * count, "row": list(range(self.first_row, count + self.first_row))},
            {"source": "int16[pyarrow]", "row": "int32[pyarrow]"},
        )
        for index, (_, series) in enumerate(columns):
            table[f"own.{index}"] = series
        for index, kinds in self.mixed.items():
            table[f"kind.{index}"] = own(list(kinds), pa.uint8())
        return Recipients(
            table=table,
            columns=tuple(
                Column(name=f"own.{index}", heading=heading, mixed=index in self.mixed)
                for index, (heading, _) in enumerate(columns)
            ),
            phone="own.1" if len(columns) > 1 else "own.0",
            sources=(Source(file="customers.xlsx", sheet="수신자"),),
        )

    def row_frame(self) -> pd.DataFrame:
        left_out = {"phoneColumn", *schema.DELIVERY} - set(self.rows)
        left_out |= set() if self.several else {"file", "sheet"}
        columns = {name: self.column(name) for name in schema.RESULT if name not in left_out}
        return frame(columns, {name: schema.RESULT[name].dtype for name in columns})

    def column(self, name: str) -> Sequence[Any]:
        if name in self.rows:
            return self.rows[name]
        return [self.cell(name, index, str(status)) for index, status in enumerate(self.statuses)]

    def cell(self, name: str, index: int, status: str) -> Any:
        rendered = status not in UNRENDERED
        sent = status in SENT
        msg_type = self.types[index % len(self.types)]
        values = {
            "status": status,
            "resultCode": CODES.get(status, (None, None))[0],
            "message": CODES.get(status, (None, None))[1],
            "requestNo": str(2612010001 + index // self.per_request) if status == "accepted" else None,
            "msgType": msg_type if rendered else None,
            "reason": REASONS.get(status),
            "number": None if status == "invalid" else f"0100{index:07d}",
            "text": "[봄맞이] 고객님, 강남점에서 20% 할인 쿠폰을 드립니다." if rendered else None,
            "bytes": 54 if rendered else None,
            "sentAt": START + timedelta(seconds=index // 50) if sent else None,
            "row": index + self.first_row,
            "file": "customers.xlsx",
            "sheet": "수신자",
        }
        return values[name]

    def requests(self) -> pd.DataFrame:
        states = {"accepted": State.ACCEPTED, "rejected": State.REJECTED, "unknown": State.UNKNOWN}
        states |= {"pending": State.PLANNED, "cancelled": State.CANCELLED}
        lines: list[dict[str, Any]] = []
        for status, state in states.items():
            count = list(self.statuses).count(Status(status))
            lines += [
                self.request(status, state, min(self.per_request, count - done))
                for done in range(0, count, self.per_request)
            ]
        for index, line in enumerate(lines):
            line |= {"no": index + 1, "sentAt": line["sentAt"] and START + timedelta(seconds=2 * index)}
        columns = {name: [line[name] for line in lines] for name in schema.REQUESTS}
        return frame(columns, {name: schema.REQUESTS[name].dtype for name in columns})

    def request(self, status: str, state: State, count: int) -> dict[str, Any]:
        sent = status in SENT
        code, words = CODES.get(status, (None, None))
        return {
            "no": 0,
            "state": str(state),
            "recipients": count,
            "msgType": str(MsgType.SMS),
            "resultCode": code,
            "message": words,
            "requestNo": "2612010001" if status == "accepted" else None,
            "attempts": 1 if sent else 0,
            "cause": REASONS["unknown"] if status == "unknown" else None,
            "sentAt": START if sent else None,
            "endedAt": START + timedelta(seconds=1) if sent else None,
            "sender": "0212345678",
            "title": None,
            "text": "[봄맞이] 고객님, 강남점에서 20% 할인 쿠폰을 드립니다.",
            "date": None,
        }
