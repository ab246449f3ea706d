"""A journal that is open, and how it is read from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from campaign.journal.engine import words_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    import sqlalchemy as sa


class Opened:
    """An open journal.

    Args:
        engine: of its database.
        path: its file, where it is one.
        lacking: tables and columns that a journal of an older program does not have yet.
    """

    def __init__(
        self, engine: sa.Engine, *, path: Path | None, lacking: frozenset[sa.Column[object] | sa.Table] = frozenset()
    ) -> None:
        self._engine = engine
        self._lacking = lacking
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with words_for(self.path), self._engine.connect() as connection:
            yield connection
