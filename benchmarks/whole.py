"""Measures a whole campaign, the bare copy of its spreadsheet and the plain script, in turns.

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
"""Each is a separate process: starting and loading are a part of what the user waits for."""


def contend(name: str, folder: Path, gateway: str, *, memory: bool = False) -> Run:
    """Run a contender once, with a new journal."""
    shutil.rmtree(folder / REPORTS, ignore_errors=True)
    script, *words = CONTENDERS[name]
    env = {**KEYS, "CAMPAIGN_GATEWAY_URL": gateway, "CAMPAIGN_REPORTS": REPORTS}
    return tree.run([str(HERE / script), *words], cwd=folder, env=env, memory=memory)


def measure(rows: int, rounds: int, names: list[str]) -> dict[str, list[Run]]:
    """The runs of each contender: the timed ones, then one whose memory was measured (the only one if `rounds` is 0).

    The sandbox is a new process in each round and is not counted.
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
    """The results of a contender: medians of the timed runs, stages of the median run, memory of the last run."""
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
    """Print the results as a table."""
    print(f"\n{rows:,} rows, medians of {len(found['floor']['walls'])}")
    print(f"  {'':<28}{'seconds':>9}{'x floor':>9}{'CPU':>11}{'x floor':>9}{'rows/s':>10}{'MiB':>8}")
    floor = found["floor"]
    for name, one in found.items():
        print(
            f"  {name:<28}{one['wall']:>9.2f}{one['wall'] / floor['wall']:>9.2f}{one['cpu']:>11.2f}"
            f"{one['cpu'] / floor['cpu']:>9.2f}{rows / one['wall']:>10,.0f}{one['peak']:>8,.0f}"
        )


def main() -> None:
    """Measure; print and save the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds, before the one that measures the memory")
    parser.add_argument("--without", action="append", default=[], choices=list(CONTENDERS))
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    runs = measure(given.rows, given.rounds, [name for name in CONTENDERS if name not in given.without])
    found = {name: summed(of_one) for name, of_one in runs.items()}
    show(given.rows, found)
    kept = json.dumps({"rows": given.rows, "rounds": given.rounds, "contenders": found}, indent=1)
    (RESULTS / f"whole-{given.rows}.json").write_text(kept, encoding="utf-8")


if __name__ == "__main__":
    main()
