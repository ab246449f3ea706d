"""All benchmarks, one after the other, and the bars: what `make bench` runs.

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
    # The plain script would take six minutes for a million rows, and one round has to do for the others.
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
    """Run them."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="one round each, and no million rows")
    words.add_argument("--only", action="append", choices=list(ALL), help="this one; may be given several times")
    given = words.parse_args()
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
