"""Runs all benchmarks and prints the targets; `make bench` runs this script.

python benchmarks/run.py [--quick] [--only whole --only starting ...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import bars
import machine

HERE: Final = Path(__file__).parent
ALL: Final[dict[str, list[list[str]]]] = {
    "starting": [["starting.py"]],
    "whole": [
        ["whole.py", "--rows", "10000"],
        ["whole.py", "--rows", "100000"],
        ["plot.py", "--rows", "100000"],
    ],
    # The plain script would take six minutes for a million rows; the others run one round only.
    "million": [["whole.py", "--rows", "1000000", "--rounds", "1", "--without", "plain script"]],
    "dispatching": [["dispatching.py"]],
    "writing": [["writing.py"], ["writing.py", "--rows", "1200000"]],
}
QUICK: Final[dict[str, list[list[str]]]] = {
    "starting": [["starting.py"]],
    "whole": [["whole.py", "--rows", "100000", "--rounds", "1"], ["plot.py", "--rows", "100000"]],
    "dispatching": [["dispatching.py", "--quick", "--rounds", "1"]],
}


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round each, and not a million rows")
    parser.add_argument("--only", action="append", choices=list(ALL), help="only this benchmark; may be repeated")
    given = parser.parse_args()
    chosen = QUICK if given.quick else ALL
    bars.RESULTS.mkdir(exist_ok=True)
    (bars.RESULTS / "machine.json").write_text(json.dumps(machine.describe(), indent=1), encoding="utf-8")
    machine.main()
    began = time.perf_counter()
    for name, scripts in chosen.items():
        for script, *rest in scripts if name in (given.only or chosen) else ():
            print(f"\n== {script} {' '.join(rest)}", flush=True)
            subprocess.run([sys.executable, str(HERE / script), *rest], check=True)
    bars.main()
    print(f"\n  measured in {(time.perf_counter() - began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
