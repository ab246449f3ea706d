"""The pictures of the page in the docs: `python -m tests.screenshots` makes them anew from the sample campaign.

Each is taken at the width of a desk; the text is Korean, as most users see it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect, sync_playwright

from tests.support.desk import ROOT
from tests.support.web import CHROMIUM, QUIET, start_web, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.web import WebServer

DOCS: Final = ROOT / "docs"
NAMES: Final = ("list", "message", "check", "send", "run")
"""The pictures, in the order of the steps: `docs/web-<name>.png`."""

CROWD: Final = "2987"
"""The recipients of the sample, as the confirmation asks for them."""


def main() -> None:
    """Make the pictures."""
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        server = start_web(Path(folder) / "campaigns")
        try:
            page = visit(browser, server, "desk").page
            page.set_viewport_size({"width": 1180, "height": 860})
            walk(page, server)
        finally:
            server.stop()
            browser.close()


def walk(page: Page, server: WebServer) -> None:
    """From the list to the run, with a picture of each step."""
    subprocess.run([sys.executable, ROOT / "sample_data" / "into_page.py", server.home], check=True)
    page.goto(server.url)
    page.get_by_role("link", name="봄 세일 (예시)").click()
    campaign = page.url.rsplit("/", 1)[0]

    page.goto(f"{campaign}/list")
    expect(page.get_by_text("3,000행을 읽었습니다")).to_be_visible(timeout=30_000)
    picture(page, "list")

    page.goto(f"{campaign}/message")
    expect(page.locator(".bubble").first).to_be_visible(timeout=30_000)
    picture(page, "message")

    page.goto(f"{campaign}/check")
    expect(page.get_by_role("heading", name="2,987명에게 보낼 수 있습니다.")).to_be_visible(timeout=30_000)
    picture(page, "check")

    page.goto(f"{campaign}/send")
    expect(page.get_by_role("button", name="2,987명에게 보내기")).to_be_visible(timeout=30_000)
    picture(page, "send")
    page.get_by_label("입력").fill(CROWD)
    page.get_by_role("button", name="2,987명에게 보내기").click()
    expect(page.locator(".badge").first).to_have_text("완료", timeout=90_000)
    picture(page, "run")


def picture(page: Page, name: str) -> None:
    """Take a picture, in few colours: pages have few, and the file is a third as large."""
    from PIL import Image

    path = DOCS / f"web-{name}.png"
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
