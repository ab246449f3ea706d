"""The performance targets, each with the last measurement.

python benchmarks/bars.py
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS: Final = Path(__file__).parent / "results"
NOTIFY: Final = 1_500
"""Rows a second that GOV.UK Notify's own code checks and renders, without reading a workbook."""

IDEAL: Final = 640  # requests a second: 32 in flight, 50 ms each
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A target: `measured` must be at most `limit`, or at least if not `most`; None if the benchmark has not run."""

    what: str
    measured: float | None
    limit: float
    most: bool = True
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met, in words."""
        if self.measured is None:
            return "not measured"
        return "met" if (self.measured <= self.limit if self.most else self.measured >= self.limit) else "NOT MET"

    @property
    def line(self) -> str:
        """The target as one line."""
        measured = "-" if self.measured is None else f"{self.measured:,.2f}{self.unit}"
        limit = f"{'<=' if self.most else '>='} {self.limit:,.10g}{self.unit}"
        return f"  {self.what:<66}{measured:>15}  {limit:<16}{self.verdict}"


def kept(name: str) -> dict[str, Any]:
    """The last results of a benchmark; empty if it has not run."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def ratio(one: float | None, other: float | None) -> float | None:
    """`one` divided by `other`; None if one of them was not measured."""
    return one / other if one is not None and other else None


def at(found: dict[str, Any], *path: str) -> float | None:
    """The figure at a path of keys; None if it does not exist."""
    value: Any = found
    for key in path:
        value = value.get(key) or {}
    return float(value) if isinstance(value, int | float) else None


def checked_a_second(whole: dict[str, Any]) -> float | None:
    """Rows a second, from the first read of the workbook until every message is judged and grouped."""
    stages = (whole.get("contenders", {}).get("check, all texts different") or {}).get("stages", [])
    ends = {stage["name"]: stage for stage in stages}
    if not {"read", "check"} <= set(ends):
        return None
    return float(whole["rows"] / (ends["check"]["end"] - ends["read"]["begin"]))


def bars() -> Iterator[Bar]:
    """All targets."""
    whole, large = kept("whole-100000"), kept(f"whole-{MILLION}")
    seconds = {name: at(whole, "contenders", name, "wall") for name in whole.get("contenders", {})}
    floor, sent, plain = (seconds.get(name) for name in ("floor", "send, few texts", "plain script"))
    checked = seconds.get("check, all texts different")
    million = at(large, "contenders", "send, few texts", "wall")
    peaks = [one["peak"] for one in large.get("contenders", {}).values()]
    sending, starting = kept("dispatching").get("throughput", {}), kept("starting")
    yield Bar("whole campaign, 100,000 rows, few texts: ours / floor", ratio(sent, floor), 2.0)
    yield Bar("the same: plain script / ours", ratio(plain, sent), 10, most=False)
    yield Bar("check, 100,000 rows, all texts different: ours / floor", ratio(checked, floor), 2.5)
    yield Bar(
        "read, check and render, all texts different: times 1,500 rows/s",
        ratio(checked_a_second(whole), NOTIFY),
        20,
        most=False,
    )
    yield Bar("whole campaign, 1,000,000 rows / 100,000 rows", ratio(million, sent), 11)
    yield Bar("1,000,000 rows: memory of all processes together", max(peaks, default=None), 2.5 * 1024, unit=" MiB")
    yield Bar(
        "personalised sending, 50 ms: of 640 requests a second", at(sending, "50 ms", "of_ideal"), 0.9, most=False
    )
    yield Bar(
        "grouped sending, 0 ms, 1,000 a request: recipients a second",
        at(sending, "0 ms, 1,000 a request", "with"),
        150_000,
        most=False,
    )
    yield Bar(
        "campaign --help / import typer, CPU time",
        ratio(at(starting, "campaign --help"), at(starting, "import typer")),
        2,
    )


def main() -> None:
    """Print the targets."""
    print("\nTargets")
    for bar in bars():
        print(bar.line)


if __name__ == "__main__":
    main()
