"""A whole campaign, timed beside the bare copy of its spreadsheet and beside the plain script.

python benchmarks/whole.py [--rows 100000] [--rounds 3] [--plain]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import rustpy_xlsxwriter

from campaign.sandbox import start

if TYPE_CHECKING:
    from collections.abc import Callable

HERE: Final = Path(__file__).parent
KEYS: Final = {"IWINV_API_KEY": "bench", "IWINV_AUTH_KEY": "bench"}
FEW: Final = "[{{ 지점 }}] {{ 등급 }} 회원님께 드리는 안내입니다."
EACH: Final = "{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}으로 {{ 금액 }}원 할인!"
CAMPAIGN: Final = """name = "{name}"
sender = "02-1234-5678"
[recipients]
files = ["{sheet}"]
[message]
text = '''{text}'''
"""


def make_sheet(path: Path, rows: int) -> None:
    """A seeded workbook as Excel writes it, with shared strings."""
    chance = np.random.default_rng(rows)
    columns = {
        "이름": pa.array([f"김민{place % 1_000}" for place in range(rows)]),
        "휴대폰": pa.array([f"0102{place:07d}" for place in range(rows)]),
        "등급": pa.array(np.array(["일반", "GOLD", "VIP"])[chance.integers(0, 3, rows)].tolist()),
        "금액": chance.integers(0, 99_999, rows),
        "지점": pa.array(np.array(["강남점", "홍대점", "부산점", "대구점"])[chance.integers(0, 4, rows)].tolist()),
        "쿠폰": pa.array([f"C{place:07d}" for place in range(rows)]),
    }
    rustpy_xlsxwriter.write_worksheet(pa.table(columns), str(path), dedupe_strings=True)


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run_script(name: str, *words: str, env: dict[str, str]) -> None:
    """One of the scripts beside this one, as a process of its own, since ours pays for its start too."""
    subprocess.run([sys.executable, str(HERE / name), *words], check=True, env=os.environ | env, cwd=words[0])


def run_campaign(folder: Path, *words: str, env: dict[str, str]) -> None:
    """Our own command."""
    done = subprocess.run(
        [sys.executable, "-m", "campaign", *words, "--json"],
        env=os.environ | env,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr.decode())


def measure(folder: Path, rows: int, rounds: int, *, plain: bool) -> dict[str, list[float]]:
    """Seconds of each contender, all of them in every round."""
    make_sheet(folder / "r.xlsx", rows)
    for name, text in (("few", FEW), ("each", EACH)):
        (folder / f"{name}.toml").write_text(CAMPAIGN.format(name=name, sheet="r.xlsx", text=text), encoding="utf-8")
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        with start(seed=1) as sandbox:
            env = {**KEYS, "CAMPAIGN_GATEWAY_URL": sandbox.url}
            contenders: dict[str, Callable[[], object]] = {
                "floor": lambda env=env: run_script("floor.py", str(folder), env=env),
                "send, few texts": lambda env=env: run_campaign(
                    folder, "send", "few.toml", "--yes", "--again", env=env
                ),
                "check, all texts different": lambda env=env: run_campaign(folder, "check", "each.toml", env=env),
            }
            if plain:
                contenders["plain script"] = lambda env=env: run_script("plain.py", str(folder), env=env)
            for name, work in contenders.items():
                seconds.setdefault(name, []).append(timed(work))
    return seconds


def show(rows: int, seconds: dict[str, list[float]]) -> dict[str, float]:
    """The medians, and each against the floor."""
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"{rows:,} rows, medians of {len(next(iter(seconds.values())))}")
    for name, median in medians.items():
        print(
            f"  {name:<28} {median:8.2f} s   {median / medians['floor']:6.2f} x floor   {rows / median:10,.0f} rows/s"
        )
    if "plain script" in medians:
        print(f"  plain script / send          {medians['plain script'] / medians['send, few texts']:8.2f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"  the largest process had {peak:,.0f} MiB")
    return medians


def main() -> None:
    """Measure, show, and keep the numbers."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=100_000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--plain", action="store_true", help="the plain script too; it takes a minute a round")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = measure(Path(folder), given.rows, given.rounds, plain=given.plain)
    medians = show(given.rows, seconds)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"  {machine}")
    (HERE / "results").mkdir(exist_ok=True)
    kept = {"rows": given.rows, "machine": machine, "seconds": seconds, "medians": medians}
    (HERE / "results" / f"whole-{given.rows}.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
