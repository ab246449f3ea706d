"""Plans which rows share a request: identical messages, up to 1,000 recipients."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from campaign.model import Message, MsgType, Request, limits, schema
from campaign.model.columns import one_array
from campaign.model.origin import gateway_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MESSAGE: Final = ("sender", "text", "title", "image", "date", "msgType")
"""The columns that make a message: rows that agree in all of them get the same message."""

_AT_ONCE: Final = 100
"""Requests that are outlined together."""


def number_messages(table: pd.DataFrame) -> np.ndarray:
    """The message of every row, counted from 0 in the order of their first rows (int64)."""
    codes = np.zeros(len(table), dtype=np.int64)
    for name in MESSAGE:
        if not table[name].notna().any():
            continue
        column, uniques = pd.factorize(table[name], use_na_sentinel=False)
        codes = codes * max(len(uniques), 1) + column
        if len(uniques) > 1:
            codes = pd.factorize(codes)[0]
    return codes


def repeats(number: pd.Series, message: np.ndarray) -> np.ndarray:
    """How many earlier rows have the same number and message: 0 for the first (int64)."""
    numbers = pd.factorize(number, use_na_sentinel=False)[0].astype(np.int64)
    pairs = message * (numbers.max(initial=0) + 1) + numbers
    return pd.Series(pairs).groupby(pairs).cumcount().to_numpy()


def assign_requests(
    table: pd.DataFrame, goes: np.ndarray, most: int | None = None, *, first: int | None = None
) -> pd.Series:
    """The request of every row that goes: `schema.TABLE["request"]`, from 1, missing for rows that do not.

    Rows keep their order: requests are numbered by their first rows, and the recipients of a request are in the
    order of the table. A number that gets the same message twice (`duplicates = "keep"`) is in different requests.

    Args:
        table: with `number` and the columns of `MESSAGE`.
        goes: which rows are to be sent (bool, the table's length).
        most: recipients of a request, at most, if fewer than the gateway accepts.
        first: so many recipients are in requests of their own, which come first.
    """
    rows = table.loc[goes, ["number", *MESSAGE]]
    message = number_messages(rows)
    copy = repeats(rows["number"], message)
    stream = pd.factorize(message * (copy.max(initial=0) + 1) + copy)[0]
    if first is not None:
        stream = pd.factorize(stream.astype(np.int64) * 2 + (np.arange(len(rows)) >= first))[0]
    chunk = pd.Series(stream).groupby(stream).cumcount().to_numpy() // (most or limits.RECIPIENTS)
    request = pd.factorize(stream.astype(np.int64) * (chunk.max(initial=0) + 1) + chunk)[0]
    place = np.full(len(table), -1)
    place[goes] = np.arange(len(rows))
    return pd.Series(pd.array(request + 1, dtype=schema.INT).take(place, allow_fill=True), index=table.index)


def last_of_first(table: pd.DataFrame, first: int | None) -> int | None:
    """The last request of the first so many recipients, who are in requests of their own; None if nobody follows."""
    request = table["request"].dropna()
    return None if first is None or len(request) <= first else int(request.iloc[:first].max())


def digest(parts: Iterable[str | None]) -> str:
    """SHA-256 (hex) over texts, each with its length, so that different lists have different digests."""
    encoded = [None if part is None else part.encode("utf-8", "surrogatepass") for part in parts]
    written = [b"-" if data is None else b"+%d:%s" % (len(data), data) for data in encoded]
    return hashlib.sha256(b"".join(written)).hexdigest()


def digest_plan(table: pd.DataFrame, gateway: str) -> str:
    """The digest of a plan: equal for the same numbers and messages, in any order, to the same gateway.

    The gateway is represented by its identity, not by the spelling of its origin.
    """
    return digests_of_plan(table, [gateway_identity(gateway)])[0]


def digests_of_plan(table: pd.DataFrame, gateways: Iterable[str]) -> list[str]:
    """One digest for each spelling of the gateway: older journals have digests of other spellings."""
    hashes = fingerprints(table)
    content = [str(len(hashes)), hashlib.sha256(np.sort(hashes).tobytes()).hexdigest()]
    return [digest([gateway, *content]) for gateway in gateways]


def fingerprints(table: pd.DataFrame) -> np.ndarray:
    """One number (uint64) for every row that goes, of its number and message. Equal rows have equal fingerprints."""
    rows = table.loc[table["request"].notna(), ["number", *MESSAGE]]
    columns = pd.DataFrame({name: _categories(rows[name].fillna("\0")) for name in rows})
    return pd.util.hash_pandas_object(columns, index=False).to_numpy()


def _categories(column: pd.Series) -> pd.Categorical:
    """The column as categories, so that each different text is hashed once."""
    codes, uniques = pd.factorize(column)
    return pd.Categorical.from_codes(codes, categories=pd.Index(uniques, dtype=object))


class Plan:
    """The requests of a run, or of a slice of it, each made from the table when it is asked for.

    Args:
        run: the run's id, which is part of every request's id.
        table: the finished table, `schema.TABLE`, or the rows of some requests that follow one another.

    Attributes:
        sizes: the recipients of every request.
        numbers: the numbers of the requests; a run's begin with 1.
    """

    def __init__(self, run: str, table: pd.DataFrame) -> None:
        rows = table.loc[table["request"].notna(), ["request", "number", *MESSAGE]]
        request = rows["request"].to_numpy(dtype=np.int64)
        order = np.argsort(request, kind="stable")
        first = int(request.min()) if len(request) else 1
        self.sizes = np.bincount(request - first)
        self.numbers = range(first, first + len(self.sizes))
        self._run = run
        self._ends = np.cumsum(self.sizes)
        firsts = rows.take(order[self._ends - self.sizes])
        self._numbers = _arrow(rows["number"]).take(order)
        self._messages = {name: _arrow(firsts[name]) for name in MESSAGE}

    def __len__(self) -> int:
        return len(self.sizes)

    def size(self, no: int) -> int:
        """The recipients of the request of that number."""
        return int(self.sizes[no - self.numbers.start])

    def request(self, no: int) -> Request:
        """The request of that number."""
        size, place = self.size(no), no - self.numbers.start
        numbers = self._numbers.slice(int(self._ends[place]) - size, size).to_pylist()
        message = {name: column[place].as_py() for name, column in self._messages.items()}
        return Request(
            id=self._id(no, message.values(), numbers),
            no=no,
            message=Message(
                sender=message["sender"],
                text=message["text"],
                msg_type=MsgType(message["msgType"]),
                title=message["title"],
                image=message["image"],
                date=message["date"],
            ),
            numbers=tuple(numbers),
        )

    def outline(self) -> Iterator[tuple[int, str, int]]:
        """Every request's number, id and count of recipients."""
        # Columns of many requests at once: a request by itself takes twice the time.
        for begin in range(0, len(self), _AT_ONCE):
            numbers, sizes = self.numbers[begin : begin + _AT_ONCE], self.sizes[begin : begin + _AT_ONCE].tolist()
            columns = [self._messages[name].slice(begin, len(numbers)).to_pylist() for name in MESSAGE]
            first = int(self._ends[begin]) - sizes[0]
            recipients = iter(self._numbers.slice(first, sum(sizes)).to_pylist())
            for no, size, message in zip(numbers, sizes, zip(*columns, strict=True), strict=True):
                yield no, self._id(no, message, islice(recipients, size)), size

    def _id(self, no: int, message: Iterable[str | None], numbers: Iterable[str]) -> str:
        return digest([self._run, str(no), *message, *numbers])


def _arrow(column: pd.Series) -> pa.Array:
    return one_array(pa.array(column.array))
