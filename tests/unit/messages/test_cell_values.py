"""Cells become the values of templates, and reach a renderer process unchanged."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pandas as pd
import pyarrow as pa
import pytest

from campaign.messages.rendering import render
from campaign.messages.rendering.cell_values import cell_values
from campaign.model import Kind
from campaign.model.reasons import Reason, encode
from tests.support.messages import recipients_of, rendered


def test_values_reach_the_other_process_as_they_are() -> None:
    moment, day = dt.datetime(2026, 12, 1, 15, 30), dt.datetime(2026, 12, 1)
    for values, shown in [
        (["민서", None, " ", "a\0b"], ["민서|str", None, None, "a\0b|str"]),
        ([12000.0, 3.5, None, -1.0], ["12000|int", "3.5|float", None, "-1|int"]),
        ([12000.0, -0.0, 1.0, -1.0], ["12000|int", "0|int", "1|int", "-1|int"]),
        ([1e300, 0.5, 2.0**53, 3.0], ["1e+300|float", "0.5|float", "9007199254740992|int", "3|int"]),
        ([7, None, 0, 2**62], ["7|int", None, "0|int", "4611686018427387904|int"]),
        (
            [moment, day, None, moment],
            ["2026-12-01 15:30|datetime", "2026-12-01|date", None, "2026-12-01 15:30|datetime"],
        ),
        ([True, False, None, True], ["TRUE|bool", "FALSE|bool", None, "TRUE|bool"]),
    ]:
        kinds = (
            "{% if 값 is string %}str{% elif 값 is boolean %}bool{% elif 값 is integer %}int{% elif 값 is float %}float"
        )
        kinds += "{% elif 값|string|length > 10 %}datetime{% else %}date{% endif %}"
        variants = rendered("{{ 값 }}|" + kinds, 값=values, 번호=[1, 2, 3, 4])
        texts = variants.fields["text"].take(pa.array(variants.of_row)).to_pylist()
        assert texts == shown
        assert set(variants.reasons.values()) <= {encode(Reason.EMPTY_CELL, heading="값")}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_of_either_size_are_texts(kind: pa.DataType) -> None:
    assert rendered("{{ 글 }}", 글=pa.array(["가", "나\n", "다"], kind)).fields["text"].to_pylist() == [
        "가",
        "나\n",
        "다",
    ]


def test_times_in_nanoseconds_are_times() -> None:
    values = pa.array([dt.datetime(2026, 12, 1, 15, 30)], pa.timestamp("ns"))
    assert rendered("{{ 때 }}", 때=values).fields["text"].to_pylist() == ["2026-12-01 15:30"]


def test_a_mixed_columns_cells_keep_their_kinds() -> None:
    import dataclasses

    recipients = recipients_of(값=["12000", "12000", "2026-12-01"])
    kinds = pa.array([Kind.NUMBER, Kind.TEXT, Kind.DATE], pa.uint8())
    recipients.table["kind.0"] = pd.Series(kinds, dtype=pd.ArrowDtype(pa.uint8()))
    columns = (dataclasses.replace(recipients.columns[0], mixed=True),)
    sources = {"text": ("t", "{% if 값 is number %}{{ 값 + 1 }}{% else %}{{ 값 }}{% endif %}")}
    variants = render.render(dataclasses.replace(recipients, columns=columns), sources, sanitize=lambda texts: texts)
    assert variants.fields["text"].to_pylist() == ["12001", "12000", "2026-12-01"]


def test_cells_of_a_mixed_column_are_what_they_were() -> None:
    import datetime as dt

    cells = pa.array(["12000", "12000", "2026-12-01", "2026-12-01 10:00:00", "10:30:00", "true", None, " "])
    kinds = [Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.BOOLEAN, Kind.EMPTY, Kind.TEXT]
    values = cell_values(cells, pa.array(kinds, pa.uint8()), "missing")
    assert values == [
        12000,
        "12000",
        dt.date(2026, 12, 1),
        dt.datetime(2026, 12, 1, 10),
        dt.time(10, 30),
        True,
        "missing",
        "missing",
    ]


def test_a_template_compares_decomposed_hangul_with_composed_hangul() -> None:
    decomposed = unicodedata.normalize("NFD", "우수")
    assert len(decomposed) > 2
    template = '{% if 등급 == "우수" %}같음{% else %}다름{% endif %} {{ 등급|length }}'
    variants = rendered(template, 등급=[decomposed, "우수", "일반", None], 번호=[1, 2, 3, 4])
    texts = variants.fields["text"].take(pa.array(variants.of_row)).to_pylist()
    assert texts == ["같음 2", "같음 2", "다름 2", None]
    kinds = pa.array([Kind.TEXT, Kind.NUMBER], pa.uint8())
    assert cell_values(pa.array([decomposed, "3"]), kinds, None) == ["우수", 3]
    assert cell_values(pa.array([decomposed, None]), None, None) == ["우수", None]
    assert cell_values(pa.array(["a\u0301\u1112"]), None, None) == ["\u00e1\u1112"]
