"""A page whose requests are given to the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.asgi import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Page]:
    """A browser that nobody has let in."""
    home = tmp_path / "campaigns"
    home.mkdir()
    page = Page(home)
    yield page
    page.close()


@pytest.fixture
def page(outside: Page) -> Page:
    """A browser that was let in."""
    outside.enter()
    return outside
