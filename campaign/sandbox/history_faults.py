"""Faults of the history and balance endpoints. Each stays set until it is removed; several work at the same time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "history_"

KINDS = {
    "history_lag": "rows appear only so many `seconds` after the message was accepted",
    "history_double_rows": "each row that is final is there twice: as WAIT and as it is",
    "history_page_size_ignored": "every page has 15 rows at most, whichever size was asked for",
    "history_page_size_refused": "a request with a pageSize gets an error",
    "history_numbers": "requestNo is a number, not a string",
    "history_code_key": "the answer has `code` instead of `resultCode`",
    "history_strangers": "so many `rows` of another program, with the same sender, stand before the others",
    "history_drop": "the first `rows` rows are missing, and totalCount does not count them",
    "history_total_wrong": "totalCount is one too many",
    "history_total_moves": "totalCount is one more with every page",
    "history_html_502": "a proxy answers 502 with a page of HTML",
    "history_hang": "no answer comes, and the connection stays open",
    "history_no_phone": "the rows have no `phone`",
}
"""The faults and what they do. Only what is in this list can be set."""

_AMOUNTS = {"history_lag": "seconds", "history_strangers": "rows", "history_drop": "rows"}
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class HistoryFault:
    """A fault that is set; `amount` is its number of seconds or rows, 0 where it has none."""

    name: str
    amount: int = 0

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "HistoryFault":
        """Read `{"fault": NAME}`, with `"seconds": n` or `"rows": n` for those that have an amount.

        Raises:
            ValueError: the message says what is wrong and what was expected.
        """
        name = given["fault"]
        if name not in KINDS:
            raise ValueError(f"no such fault: {name!r}; expected one of {', '.join(KINDS)}")
        key = _AMOUNTS.get(name)
        if unknown := given.keys() - {"fault", key}:
            raise ValueError(f"unknown keys in the fault {name!r}: {', '.join(sorted(map(str, unknown)))}")
        if key is None:
            return cls(name)
        amount = given.get(key)
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= _MOST:
            raise ValueError(f'the fault {name!r} needs "{key}", a whole number from 1 to {_MOST:,}, not {amount!r}')
        return cls(name, amount)

    def describe(self) -> dict[str, Any]:
        """Return the fault in the form of `read`."""
        key = _AMOUNTS.get(self.name)
        return {"fault": self.name} | ({} if key is None else {key: self.amount})


class HistoryFaults:
    """The faults that are set, each kind once."""

    def __init__(self) -> None:
        self._set: dict[str, HistoryFault] = {}

    def add(self, fault: HistoryFault) -> None:
        """Set a fault; one of the same kind is replaced."""
        self._set[fault.name] = fault

    def clear(self) -> None:
        """Remove all faults."""
        self._set.clear()

    def amount(self, name: str) -> int:
        """Return the amount of a fault; 0 if it is not set."""
        fault = self._set.get(name)
        return fault.amount if fault else 0

    def __contains__(self, name: str) -> bool:
        return name in self._set

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults that are set, in the form of `HistoryFault.read`."""
        return [fault.describe() for fault in self._set.values()]
