"""CPU time of `campaign --help` and `--version`, compared with importing Typer."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Final

import tree

RESULTS: Final = Path(__file__).parent / "results"
ROUNDS: Final = 9
COMMANDS: Final = {
    "import typer": ["-c", "import typer"],
    "campaign --help": ["-m", "campaign", "--help"],
    "campaign --version": ["-m", "campaign", "--version"],
}


def main() -> None:
    """Measure in turns; print and save the results."""
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            found[name].append(tree.run(command, cwd=RESULTS).cpu)
    medians = {name: statistics.median(times) for name, times in found.items()}
    for name, seconds in medians.items():
        print(f"  {name:<20}{seconds * 1000:>6.0f} ms of CPU time, {seconds / medians['import typer']:.2f} x typer")
    (RESULTS / "starting.json").write_text(json.dumps(medians, indent=1), encoding="utf-8")


if __name__ == "__main__":
    RESULTS.mkdir(exist_ok=True)
    main()
