"""A journal of an older program: what its tables lack, and how they get it. Only what may be missing is ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaign.journal.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator


def lacking(connection: sa.Connection) -> frozenset[sa.Column[object] | sa.Table]:
    """Tables and columns that the journal does not have yet."""
    return frozenset(_lacking(sa.inspect(connection)))


def _lacking(there: sa.Inspector) -> Iterator[sa.Column[object] | sa.Table]:
    names = set(there.get_table_names())
    for table in METADATA.sorted_tables:
        if table.name not in names:
            yield table
            continue
        present = {column["name"] for column in there.get_columns(table.name)}
        yield from (column for column in table.c if column.name not in present)


def grow(connection: sa.Connection) -> None:
    """Add what is lacking, in the caller's transaction; what is there stays as it is."""
    METADATA.create_all(connection)
    for column in lacking(connection):
        if isinstance(column, sa.Column):
            words = connection.dialect.identifier_preparer
            kind = column.type.compile(connection.dialect)
            place = f"{words.format_table(column.table)} ADD COLUMN {words.format_column(column)}"
            connection.exec_driver_sql(f"ALTER TABLE {place} {kind}")
