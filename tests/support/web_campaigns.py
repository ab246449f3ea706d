"""Campaigns of the page, laid out without a browser; and the page's forms, given by HTTP."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

import openpyxl
import requests

from campaign.web import drafts
from tests.support.desk import HEADINGS, number

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.web.drafts import Draft
    from tests.support.web import WebServer

PATIENCE_S = 60.0


def make_campaign(
    home: Path, people: int = 3, text: str = "{{ 이름 }}님 안녕하세요", *, first: int = 0, rate: int | None = None
) -> Draft:
    """A campaign that is ready to be checked: so many people, and a message of its own for each of them."""
    draft = drafts.create(home, "봄 세일")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADINGS))
    for place in range(first, first + people):
        sheet.append([f"고객{place}", number(place), f"C{place:04d}"])
    book.save(draft.folder / drafts.LIST / "명단.xlsx")
    settings: dict[str, dict[str, object]] = {
        "": {"sender": "02-1234-5678"},
        "recipients": {"files": [f"{drafts.LIST}/명단.xlsx"]},
    }
    if rate:
        settings["gateway"] = {"rate": rate}
    drafts.change(draft, settings, text=text)
    return draft


@dataclass
class Client:
    """A session with the page without a browser: what a browser without scripts does."""

    server: WebServer
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.headers["Accept-Language"] = "en"
        self.session.headers["Sec-Fetch-Site"] = "same-origin"
        self.session.get(self.server.link(), timeout=PATIENCE_S).raise_for_status()

    def get(self, path: str) -> requests.Response:
        """The page at a path, redirections followed."""
        return self.session.get(self.server.url + path, timeout=PATIENCE_S)

    def checked(self, path: str) -> str:
        """The page at a path, as soon as the check is there that it needs."""
        while "/check/state?then=" in (page := self.get(path).text):
            time.sleep(0.05)
        return page

    def post(self, path: str, fields: dict[str, Any], *, follow: bool = True) -> requests.Response:
        """What comes of a form."""
        return self.session.post(self.server.url + path, data=fields, timeout=PATIENCE_S, allow_redirects=follow)

    def upload(self, draft: Draft, name: str, content: bytes) -> requests.Response:
        """What comes of a spreadsheet that is added to a campaign's list."""
        address = f"{self.server.url}/campaigns/{draft.id}/list"
        return self.session.post(address, files={"files": (name, content)}, timeout=PATIENCE_S)

    def form(self, path: str, action: str = "") -> dict[str, str]:
        """The hidden fields of a form on the page at a path, as soon as it is there: an order may be under way."""
        action = action or path
        return fields_of(self.until(path, f'action="{action}"'), action)

    def send(self, draft: Draft, **more: str) -> requests.Response:
        """Fill in the confirmation, and what comes of it."""
        path = f"/campaigns/{draft.id}/send"
        return self.post(path, self.form(path) | {"mode": "real", "when": "now"} | more)

    def run_of(self, answer: requests.Response) -> str:
        """The path of the run that an order makes, as soon as it is there."""
        path, until = path_of(answer), time.monotonic() + PATIENCE_S
        while not path.startswith("/runs/"):
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)
            answer = self.get(path)
            path = path_of(answer)
        return path

    def until(self, path: str, words: str) -> str:
        """The page at a path, as soon as it has these words."""
        until = time.monotonic() + PATIENCE_S
        while words not in (page := self.get(path).text):
            assert time.monotonic() < until, page
            time.sleep(0.05)
        return page

    def order(self, run: str, action: str, **more: str) -> requests.Response:
        """Give one of the forms of a run's page."""
        return self.post(f"{run}/{action}", self.form(run, f"{run}/{action}") | more)


def path_of(answer: requests.Response) -> str:
    """The path of a page."""
    return re.sub(r"^https?://[^/]+", "", answer.url).partition("?")[0]


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with an action."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None, f"no form for {action}: {page}"
    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[1])
    return {unescape(name): unescape(value) for name, value in hidden}


def numbers_of(page: str) -> dict[str, int]:
    """The numbers that a run's page shows."""
    return {name: int(value.replace(",", "")) for name, value in re.findall(r"<dt>([^<]*)</dt><dd>([\d,]+)</dd>", page)}
