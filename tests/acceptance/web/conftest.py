"""What the tests of the page share: one browser and one server a module, and a page in Korean at both widths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.support.web import CHROMIUM, QUIET, SIZES, start_web, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.web import Visitor, WebServer


@pytest.fixture(scope="module")  # not longer: while it is open, no other test can run an event loop of its own
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here, see tests/browser.sh")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """`campaign web` in practice mode, its home empty at first; nothing may be left on its standard error."""
    server = start_web(tmp_path_factory.mktemp("web") / "campaigns")
    yield server
    errors = server.stop()
    assert server.process.returncode == 0, errors
    assert errors == ""


@pytest.fixture(params=list(SIZES))
def visitor(browser: Browser, server: WebServer, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A browser that was let in, in Korean, at both widths; whatever it complains of fails the test.

    For one width: `@pytest.mark.parametrize("visitor", ["desk"], indirect=True)`.
    """
    visitor = visit(browser, server, request.param)
    yield visitor
    visitor.context.close()
    assert visitor.unexpected() == []


@pytest.fixture
def page(visitor: Visitor) -> Page:
    """The visitor's page, on the list of campaigns."""
    return visitor.page


at_the_desk = pytest.mark.parametrize("visitor", ["desk"], indirect=True)
