"""A journal with a run of three requests, in a database of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.journal import Journal, open_for_writing
from tests.support.journals import RECIPIENTS, assert_counted, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/reports/journal.sqlite3"


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    with open_for_writing(url) as journal:
        journal.runs.add(record(), RECIPIENTS, [(no, f"id-{no}", 10) for no in (1, 2, 3)], {"abc": b"jpg"})
        yield journal
        assert_counted(journal)
