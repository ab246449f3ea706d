"""Colours are for terminals whose user has not refused them."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from campaign.cli import style, terminal


class Screen(StringIO):
    """A stream that leads to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def colours_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_an_error_is_red_on_a_terminal() -> None:
    assert style.painted("no", style.Colour.ERROR, Screen()) == "\x1b[31mno\x1b[0m"
    assert style.painted("yes", None, Screen()) == "yes"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("NO_COLOR", "0"), ("TERM", "dumb")])
def test_a_user_can_refuse_colours(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert style.painted("no", style.Colour.ERROR, Screen()) == "no"


def test_an_empty_variable_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert style.shows_colours(Screen())


def test_a_pipe_has_no_colours() -> None:
    stream = StringIO()
    with style.colouring(stream, style.Colour.WARNING):
        stream.write("slow")
    assert stream.getvalue() == "slow"


def test_what_is_written_inside_is_coloured_and_nothing_after_it() -> None:
    stream = Screen()
    with style.colouring(stream, style.Colour.WARNING):
        stream.write("slow\n")
    stream.write("fast\n")
    assert stream.getvalue() == "\x1b[33mslow\n\x1b[0mfast\n"


def test_states_in_a_table_are_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for stream in (Screen(), StringIO()):
        monkeypatch.setattr(sys, "stdout", stream)
        terminal.show_table(("run", "state"), [("paused \x1b[2J", "paused"), ("r-2", "finished")])
        shown.append(stream.getvalue())
    assert shown == [
        "run             state\npaused \\x1b[2J  \x1b[33mpaused  \x1b[0m\nr-2             \x1b[32mfinished\x1b[0m\n",
        "run             state\npaused \\x1b[2J  paused\nr-2             finished\n",
    ]


def test_a_table_fits_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream := Screen())
    terminal.show_table(("what", "seen"), [("clock", "six words " * 20)])
    assert max(map(len, stream.getvalue().splitlines())) <= 80
