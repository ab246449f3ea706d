"""Text in the columns of a terminal: nothing is broken within a word, and Hangul counts as two columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.cli import layout
from campaign.gateway.result_codes import CODES
from campaign.model import i18n
from campaign.model.text import display_width

WORDS = st.text("ab가나 ", max_size=60)


@pytest.mark.parametrize(
    ("words", "width", "lines"),
    [
        ("", 10, []),
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("가나 다라", 9, ["가나 다라"]),
        ("가나 다라", 8, ["가나", "다라"]),
        ("a --override-advertising b", 10, ["a", "--override-advertising", "b"]),
    ],
)
def test_lines_break_only_between_words(words: str, width: int, lines: list[str]) -> None:
    assert layout.wrap(words, width) == lines


@given(WORDS, st.integers(1, 30))
def test_wrapped_lines_have_the_same_words_and_fit_where_a_word_does(words: str, width: int) -> None:
    lines = layout.wrap(words, width)
    assert [word for line in lines for word in line.split()] == words.split()
    assert all(display_width(line) <= width or " " not in line for line in lines)


def test_a_table_without_a_width_has_a_line_for_each_row() -> None:
    rows = [("code", "뜻", "what you do"), ("0", "전송 성공", ""), ("21", "too long", "shorten the text " * 9)]
    assert list(layout.table(rows, None)) == [
        "code  뜻         what you do",
        "0     전송 성공",
        f"21    too long   {'shorten the text ' * 9}".rstrip(),
    ]


def test_the_widest_column_shrinks_first() -> None:
    rows = [("run", "state", "why"), ("r-1", "paused", "the gateway cannot be reached, so wait")]
    assert list(layout.table(rows, 34)) == [
        "run  state   why",
        "r-1  paused  the gateway cannot be",
        "             reached, so wait",
    ]


def test_a_last_column_that_does_not_fit_beside_the_others_stands_below_them() -> None:
    rows = [("run", "state", "workbook"), ("r-1", "paused", "/home/somebody/r-1.xlsx"), ("r-2", "running", "")]
    assert list(layout.table(rows, 30)) == [
        "run  state",
        "    workbook",
        "r-1  paused",
        "    /home/somebody/r-1.xlsx",
        "r-2  running",
    ]


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1), st.integers(20, 60))
def test_a_table_shows_every_word_whole(rows: list[tuple[str, str, str]], width: int) -> None:
    shown = " ".join(layout.table(rows, width))
    assert sorted(shown.split()) == sorted(word for row in rows for cell in row for word in cell.split())


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_codes_fit_on_eighty_columns(language: str) -> None:
    with i18n.in_language(language):
        rows = [
            (str(code.number), i18n._(code.english), i18n._(code.policy), i18n._(code.todo), code.korean)
            for code in CODES.values()
        ]
    lines = list(layout.table([("code", "meaning", "done", "do", "words"), *rows], 80))
    assert max(map(display_width, lines)) <= 80
    assert lines[0].endswith("words")


def test_a_colour_goes_with_every_line_of_its_cell() -> None:
    rows = [("state", "why"), ("not good", "x")]
    lines = layout.table(rows, 10, lambda cell, part: f"<{part}>" if cell == "not good" else part)
    assert list(lines) == ["state  why", "<not  >  x", "<good >"]
