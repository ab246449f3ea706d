"""Draws the stages of each contender over time.

python benchmarks/plot.py [--rows 100000]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from bars import RESULTS, kept
from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1200
LEFT: Final = 250
RIGHT: Final = 60
LANE: Final = 22
GAP: Final = 18
TOP: Final = 92
COLOURS: Final = {
    "start": "#9aa5b1",
    "read": "#4c78a8",
    "check": "#59a14f",
    "messages": "#8cd17d",
    "render": "#8cd17d",
    "plan": "#b07aa1",
    "send": "#f28e2b",
    "result": "#edc948",
    "write": "#e15759",
}
BESIDE: Final = ("read", "messages")
"""Stages that run in parallel to another one, or as a part of it, and have their own lane."""

INK: Final = "#222222"
PALE: Final = "#dddddd"


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's built-in font, which exists on every machine."""
    return ImageFont.load_default(size)


def draw(found: dict[str, Any], rows: int) -> Image.Image:
    """All contenders on one scale; the bar of the plain script is cut off."""
    contenders = found["contenders"]
    longest = max(one["wall"] for name, one in contenders.items() if name != "plain script")
    scale = (WIDTH - LEFT - RIGHT) / (longest * 1.05)
    height = TOP + len(contenders) * (2 * LANE + GAP) + 40
    image = Image.new("RGB", (WIDTH, height), "white")
    pen = ImageDraw.Draw(image)
    pen.text((20, 14), f"{rows:,} rows: where the time goes", INK, font(24))
    legend(pen, 52)
    for second in range(int(longest * 1.05) + 1):
        across = LEFT + second * scale
        pen.line((across, TOP - 6, across, height - 34), PALE)
        pen.text((across - 8, height - 30), f"{second} s", INK, font(14))
    for place, (name, one) in enumerate(contenders.items()):
        contender(pen, name, one, TOP + place * (2 * LANE + GAP), scale)
    return image


def legend(pen: ImageDraw.ImageDraw, top: int) -> None:
    """The names of the colours; the plain script calls `messages` `render`."""
    across = 20
    for name, colour in COLOURS.items():
        if name == "render":
            continue
        pen.rectangle((across, top, across + 16, top + 16), colour)
        pen.text((across + 22, top - 1), name, INK, font(15))
        across += 44 + int(pen.textlength(name, font(15)))


def contender(pen: ImageDraw.ImageDraw, name: str, one: dict[str, Any], top: int, scale: float) -> None:
    """One contender: its whole time in grey, and its stages in their colours."""
    edge = WIDTH - RIGHT + 40
    pen.text((20, top), name, INK, font(17))
    pen.text((20, top + 21), f"{one['wall']:.2f} s, {one['cpu']:.2f} s of CPU time", "#666666", font(13))
    pen.rectangle((LEFT, top, min(LEFT + one["wall"] * scale, edge), top + 2 * LANE), "#f3f3f3")
    for stage in one["stages"]:
        lane = LANE if stage["name"] in BESIDE else 0
        begin, end = LEFT + stage["begin"] * scale, min(LEFT + stage["end"] * scale, edge)
        if begin < end:
            pen.rectangle((begin, top + lane, end, top + lane + LANE - 2), COLOURS[stage["name"]])
    if LEFT + one["wall"] * scale > edge:
        pen.polygon([(edge, top), (edge + 14, top + LANE), (edge, top + 2 * LANE)], "#888888")


def main() -> None:
    """Draw the chart and save it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    path = RESULTS / f"whole-{rows}.png"
    draw(kept(f"whole-{rows}"), rows).save(Path(path), optimize=True)
    print(f"  chart: {path}")


if __name__ == "__main__":
    main()
