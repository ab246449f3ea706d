"""A whole campaign, beside the bare copy of its spreadsheet and beside the plain script, all of them in every round.

python benchmarks/whole.py [--rows 100000] [--rounds 3] [--without plain]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lists
import tree

from campaign.sandbox import start

if TYPE_CHECKING:
    from tree import Run

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "results"
KEYS: Final = {"IWINV_API_KEY": "bench", "IWINV_AUTH_KEY": "bench"}
REPORTS: Final = "reports"

CONTENDERS: Final[dict[str, list[str]]] = {
    "floor": ["floor.py", "."],
    "send, few texts": ["staged.py", "send", "few.toml", "--yes", "--json"],
    "check, few texts": ["staged.py", "check", "few.toml", "--json"],
    "check, all texts different": ["staged.py", "check", "each.toml", "--json"],
    "plain script": ["plain.py", "."],
}
"""Each a process of its own, for starting and loading is part of what a person waits for."""


def contend(name: str, folder: Path, gateway: str, *, memory: bool = False) -> Run:
    """One run of a contender, with a journal that is new."""
    shutil.rmtree(folder / REPORTS, ignore_errors=True)
    script, *words = CONTENDERS[name]
    env = {**KEYS, "CAMPAIGN_GATEWAY_URL": gateway, "CAMPAIGN_REPORTS": REPORTS}
    return tree.run([str(HERE / script), *words], cwd=folder, env=env, memory=memory)


def measure(rows: int, rounds: int, names: list[str]) -> dict[str, list[Run]]:
    """The runs of each contender: the timed ones, then one whose memory was looked at (the only one if `rounds` is 0).

    The sandbox is a process of its own, a new one for each round, and counts for nobody.
    """
    found: dict[str, list[Run]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(dir=RESULTS) as place:
        folder = Path(place)
        lists.make(folder, rows)
        for number in range(rounds + 1):
            with start(seed=1) as sandbox:
                for name in names:
                    print(f"  {rows:,} rows, round {number + 1} of {rounds + 1}: {name}", file=sys.stderr, flush=True)
                    found[name].append(contend(name, folder, sandbox.url, memory=number == rounds))
    return found


def summed(runs: list[Run]) -> dict[str, Any]:
    """A contender's figures: medians of the timed runs, the stages of the middle one, the memory of the last run."""
    timed = runs[:-1] or runs
    middle = sorted(timed, key=lambda run: run.wall)[len(timed) // 2]
    return {
        "wall": statistics.median(run.wall for run in timed),
        "cpu": statistics.median(run.cpu for run in timed),
        "peak": runs[-1].peak,
        "walls": [run.wall for run in timed],
        "stages": middle.stages,
    }


def show(rows: int, found: dict[str, Any]) -> None:
    """The table."""
    print(f"\n{rows:,} rows, medians of {len(found['floor']['walls'])}")
    print(f"  {'':<28}{'seconds':>9}{'x floor':>9}{'computing':>11}{'x floor':>9}{'rows/s':>10}{'MiB':>8}")
    floor = found["floor"]
    for name, one in found.items():
        print(
            f"  {name:<28}{one['wall']:>9.2f}{one['wall'] / floor['wall']:>9.2f}{one['cpu']:>11.2f}"
            f"{one['cpu'] / floor['cpu']:>9.2f}{rows / one['wall']:>10,.0f}{one['peak']:>8,.0f}"
        )


def main() -> None:
    """Measure, show, and keep the figures."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3, help="timed rounds, before the one that looks at the memory")
    words.add_argument("--without", action="append", default=[], choices=list(CONTENDERS))
    given = words.parse_args()
    RESULTS.mkdir(exist_ok=True)
    runs = measure(given.rows, given.rounds, [name for name in CONTENDERS if name not in given.without])
    found = {name: summed(of_one) for name, of_one in runs.items()}
    show(given.rows, found)
    kept = json.dumps({"rows": given.rows, "rounds": given.rounds, "contenders": found}, indent=1)
    (RESULTS / f"whole-{given.rows}.json").write_text(kept, encoding="utf-8")


if __name__ == "__main__":
    main()
