"""Tables as sheets of a new workbook. The one module that knows rustpy-xlsxwriter, a young library, and its ways.

Measured of version 0.8: it writes Arrow batches as they come, in constant memory; a
format given to a text column costs a tenth of the time, a column's own style nothing;
dictionaries and unions come out empty in silence; columns are found by name, and the
first of two equal names wins, so they go by unique names here and get their headings
afterwards (`campaign.report.finish`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from rustpy_xlsxwriter import Format as Style
from rustpy_xlsxwriter import write_worksheets

from campaign.report import mixed
from campaign.report.sheet import Column, Format, Page, Progress, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from campaign.report.look import Tint

NUMBER_FORMATS: Final = {
    Format.DATE: "yyyy-mm-dd",
    Format.DATETIME: "yyyy-mm-dd hh:mm:ss",
    Format.TIME: "hh:mm:ss",
    Format.DURATION: "[h]:mm:ss",
}
BAND: Final = "FEFEFD"
"""A background that makes the library give every cell its format; `campaign.report.stylesheet` takes it out again."""

A4: Final = 9
MARGINS: Final = {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6, "header": 0.3, "footer": 0.3}  # inches
NOTE: Final = {"author": "campaign", "width": 320, "height": 190}


class Feed:
    """Gives the library its rows while it asks for them, and keeps what went wrong meanwhile."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.failure: BaseException | None = None

    def rows(self, table: Table) -> pa.RecordBatchReader | Iterator[dict[str, Any]]:
        """The table's rows: as Arrow batches, or as dicts where a column holds several kinds."""
        told = self.counted(table)
        return mixed.records(table, told) if table.mixed else pa.RecordBatchReader.from_batches(table.schema, told)

    def counted(self, table: Table) -> Iterator[pa.RecordBatch]:
        """The batches; `progress` hears of each when the library comes for the next."""
        try:
            for batch in table.batches():
                yield batch
                if table.counted:
                    self.progress(batch.num_rows)
        except GeneratorExit:
            raise
        except BaseException as failure:
            self.failure = failure
            raise


def write(path: Path, sheets: Sequence[Table | Page], progress: Progress) -> None:
    """Write `sheets` to `path`; `progress` is told of every row of a counted table.

    Of a page only its widths and the number of its charts are written:
    `campaign.report.finish` puts the rest in.

    Raises:
        OSError: the file cannot be written.
    """
    feed = Feed(progress)
    try:
        write_sheets(path, sheets, feed)
    except RuntimeError as error:
        # The library turns whatever happens while it asks for rows into words, Ctrl+C as well.
        if feed.failure is not None:
            raise feed.failure from None
        raise OSError(f"{path}: {error}") from error


def write_sheets(path: Path, sheets: Sequence[Table | Page], feed: Feed) -> None:
    """Tell the library what to write."""
    tables = {sheet.name: sheet for sheet in sheets if isinstance(sheet, Table)}
    pages = {sheet.name: sheet for sheet in sheets if isinstance(sheet, Page)}
    write_worksheets(
        [(sheet.name, feed.rows(sheet) if isinstance(sheet, Table) else blank(sheet)) for sheet in sheets],
        str(path),
        datetime_format=NUMBER_FORMATS[Format.DATETIME],
        index_columns=sorted({name for table in tables.values() for name in digits(table)}),
        column_formats={name: formats(table) for name, table in tables.items()},
        column_widths={sheet.name: widths(sheet) for sheet in sheets},
        banded_rows={name: BAND for name, table in tables.items() if table.by_cell},
        freeze_panes={name: {"row": 1, "col": 0} for name in tables},
        autofilter=dict.fromkeys(tables, True),
        page_setup={sheet.name: setup(sheet) for sheet in sheets},
        sheet_view={name: {"gridlines": False} for name in pages},
        conditional_formats={name: rules(table) for name, table in tables.items()},
        ignore_errors={name: digits(table) for name, table in tables.items() if digits(table)},
        notes={name: notes(table) for name, table in tables.items()},
        charts={name: [chart(number) for number in range(len(page.charts))] for name, page in pages.items()},
    )


def blank(page: Page) -> list[dict[str, int]]:
    """A row for the charts to be drawn from, until `campaign.report.finish` knows better."""
    return [{f"p{place}": place for place in range(len(page.widths))}]


def chart(number: int) -> dict[str, Any]:
    """Room for a chart; the library numbers them from the top."""
    return {"type": "bar", "series": ["p0"], "categories": "p1", "row": number, "col": 0}


def widths(sheet: Table | Page) -> list[float]:
    """The columns' widths."""
    return list(sheet.widths) if isinstance(sheet, Page) else [column.width for column in sheet.columns]


def names(table: Table) -> list[str]:
    """The columns' names, which are not their headings."""
    return [str(name) for name in table.schema.names[: len(table.columns)]]


def digits(table: Table) -> list[str]:
    """The columns that have to stay text."""
    return [name for name, column in pairs(table) if column.format is Format.DIGITS]


def pairs(table: Table) -> list[tuple[str, Column]]:
    """Each column with its name."""
    return list(zip(names(table), table.columns, strict=True))


def formats(table: Table) -> Any:  # noqa: ANN401  (the library's stub does not say that None is allowed)
    """A style for each column that is no plain text; date and time have the library's default."""
    made = {form: Style().set_num_format(NUMBER_FORMATS[form]) for form in (Format.DATE, Format.TIME, Format.DURATION)}
    made[Format.CENTRED] = Style().set_align("center").set_align("top")
    return [made.get(column.format) for column in table.columns]


def rules(table: Table) -> dict[str, Any]:
    """The columns' colours as conditional formats."""
    return {name: tinted(column) for name, column in pairs(table) if column.tints or column.above_zero}


def tinted(column: Column) -> list[dict[str, Any]]:
    """One column's rules. A blank cell equals 0 to Excel, so even a number is told by how it begins."""
    begins = [
        {"type": "text", "criteria": "begins_with", "value": word, "format": style(tint)} for word, tint in column.tints
    ]
    if column.above_zero is None:
        return begins
    return [*begins, {"type": "cell", "criteria": ">", "value": 0, "format": style(column.above_zero)}]


def style(tint: Tint) -> Style:
    """A tint as the library's format."""
    return Style().set_background_color(tint.fill).set_font_color(tint.text)


def notes(table: Table) -> dict[str, Any]:
    """The notes on the headings."""
    return {name: NOTE | {"text": column.note} for name, column in pairs(table) if column.note}


def setup(sheet: Table | Page) -> dict[str, Any]:
    """Print set-up: A4 landscape. A table goes on, its heading on every page; a page is one."""
    common = {"landscape": True, "paper_size": A4, "margins": MARGINS, "footer": "&C&P / &N"}
    if isinstance(sheet, Page):
        area = sheet.print_area
        printed = (area.top, area.left, area.bottom - 1, area.right - 1)
        return common | {"fit_to_pages": (1, 1), "print_area": printed, "center_horizontally": True}
    return common | {"fit_to_pages": (1, 0), "repeat_rows": 0, "header": f"&L{sheet.name}"}
