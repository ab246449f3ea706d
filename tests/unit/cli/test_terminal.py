"""Words and lines of the terminal: every state has a word in the reader's language, and lines break between words."""

from __future__ import annotations

from io import StringIO

import pytest

from campaign.cli import terminal
from campaign.model import OccurrenceState, RunState, ScheduleState, State, Status
from campaign.model.i18n import KOREAN, in_language


class Screen(StringIO):
    """A terminal of as many columns as `COLUMNS` says."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("value", [*Status, *State, *RunState, *ScheduleState, *OccurrenceState])
def test_every_status_and_state_has_a_korean_word(value: str) -> None:
    assert terminal.word(value) == value
    with in_language(KOREAN):
        assert not terminal.word(value).isascii()


def test_other_values_stay_as_they_are() -> None:
    with in_language(KOREAN):
        assert terminal.counts_in_words({"total": 3, "SMS": 2, "accepted": 1}) == "SMS 2 · 접수 1"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("short", ["short"]),
        ("a sentence that is a little too long", ["a sentence that is a", "little too long"]),
        ("가나다라 마바사아 자차카타 파하", ["가나다라 마바사아", "자차카타 파하"]),
        ("  to  a folder and a file", ["  to  a folder and a", "      file"]),
        ("  a very long start of a  line", ["  a very long start", "  of a line"]),
        ("type `campaign resume last`, then wait", ["type", "`campaign resume last`,", "then wait"]),
        ("one/word/that/is/wider/than/the/room here", ["one/word/that/is/wider/than/the/room", "here"]),
    ],
)
def test_a_line_breaks_between_words_and_not_within_a_command(
    monkeypatch: pytest.MonkeyPatch, line: str, shown: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert terminal.fitted(line, Screen()).split("\n") == shown
    assert terminal.fitted(line, StringIO()) == line


def test_without_a_width_nothing_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal.fitted("word " * 100, Screen()) == "word " * 100
