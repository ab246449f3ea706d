"""`campaign web` as a process, and a browser to look at it with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from shutil import which
from typing import TYPE_CHECKING, Any, Final

from axe_playwright_python.sync_playwright import Axe

from campaign.web.server.sessions import make_link
from campaign.web.store import Store
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM: Final = which("chromium") or which("chromium-browser") or which("google-chrome")
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES: Final = {"phone": (390, 844), "desk": (1280, 900)}


@dataclass
class WebServer:
    """A running `campaign web`.

    Attributes:
        home: its folder of campaigns.
        url: scheme, host and port.
        enter: the one-time address that it printed.
    """

    home: Path
    process: subprocess.Popen[str]
    url: str = ""
    enter: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def link(self) -> str:
        """Another one-time address, as `campaign web link` prints it, without starting a command."""
        store = Store(self.home)
        try:
            return f"{self.url}/enter?token={make_link(store)}"
        finally:
            store.close()

    def cookies(self) -> dict[str, str]:
        """The cookie of a new session, for requests without a browser."""
        import requests

        answer = requests.get(self.link(), allow_redirects=False, timeout=10)
        assert answer.status_code == 303
        return dict(answer.cookies)

    def stop(self) -> str:
        """End it as Ctrl-C does; what it printed to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=30)
        return errors


def start_web(
    home: Path, *options: str, env: Mapping[str, str] | None = None, module: Sequence[str] = ("campaign",)
) -> WebServer:
    """Start `campaign web` on a free port. Without `env` there are no keys: practice mode.

    `module` is what `python -m` runs, with its own arguments.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("IWINV", "CAMPAIGN"))},
        "CAMPAIGN_LANG": "en",
        "PYTHONPATH": str(ROOT),
        **(env or {}),
    }
    words = ["web", "--port", "0", "--no-browser", "--home", str(home), *options]
    process = subprocess.Popen(
        [sys.executable, "-m", *module, *words],
        cwd=home.parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"(https?://[\w.]+:\d+)(?:/enter\S+)?", line)
    if found is None:
        process.kill()
        raise AssertionError(line + process.communicate()[1])
    return WebServer(home, process, found[1], found[0], environment)


@dataclass
class Visitor:
    """A browser that was let in, with what it complained of."""

    context: BrowserContext
    page: Page
    complaints: list[str]
    expected: list[str] = field(default_factory=list)

    def expect_status(self, status: int) -> None:
        """Chromium says on the console that an answer has an error status: here that is meant."""
        self.expected.append(f"status of {status}")

    def unexpected(self) -> list[str]:
        """What the browser complained of, without what a test said that it expects."""
        return [words for words in self.complaints if not any(one in words for one in self.expected)]


def visit(browser: Browser, server: WebServer, size: str, *, scripts: bool = True, language: str = "ko") -> Visitor:
    """A new browser session of its own, on the list of campaigns."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=language, java_script_enabled=scripts
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.link())
    return Visitor(context, page, complaints)


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong with the page: rule and element, nothing where all is well."""
    if not page.evaluate("'axe' in window"):  # half a megabyte: once a document
        page.evaluate(Axe().axe_script)
    found: Any = page.evaluate("axe.run({resultTypes: ['violations']}).then((found) => found.violations)")
    return [f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
