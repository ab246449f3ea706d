"""Describes the machine of the measurements and its software."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

LIBRARIES: Final = (
    "pandas",
    "pyarrow",
    "fastexcel",
    "rustpy-xlsxwriter",
    "openpyxl",
    "jinja2",
    "requests",
    "sqlalchemy",
)


def describe() -> dict[str, str]:
    """Descriptions of the parts of the machine, by part."""
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores, {platform.machine()}",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _processor() -> str:
    """The name of the processor, where the system has it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def main() -> None:
    """Print the description."""
    for part, description in describe().items():
        print(f"  {part:<10}{description}")


if __name__ == "__main__":
    main()
