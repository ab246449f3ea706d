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

    from campaign.journal.lock import JournalFile


class Opened:
    """An open journal.

    Args:
        engine: of its database.
        path: where its file is, if it is one.
        file: that file, open; closed with the journal.
        lacking: tables and columns that a journal of an older program does not have yet.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        path: Path | None,
        file: JournalFile | None,
        lacking: frozenset[sa.Column[object] | sa.Table] = frozenset(),
    ) -> None:
        self._engine = engine
        self._file = file
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
        if self._file is not None:
            self._file.close()  # after the last connection
            self._file = None

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with words_for(self.path), self._engine.connect() as connection:
            yield connection
