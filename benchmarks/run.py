"""All benchmarks, one after the other: what `make bench` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ALL = (["whole.py", "--rows", "100000", "--plain"], ["writing.py"], ["writing.py", "--rows", "1200000"])


def main() -> None:
    """Run them."""
    for script, *words in ALL:
        print(f"== {script} {' '.join(words)}", flush=True)
        subprocess.run([sys.executable, str(HERE / script), *words], check=True)


if __name__ == "__main__":
    main()
