"""What is wrong with a command line, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.desk import Desk

ERRORS = [
    (["check", "--nope"], "No such option: --nope (Possible options: --", "없는 옵션입니다: --nope (비슷한 옵션: --"),
    (["runs", "--zzzzzz"], "No such option: --zzzzzz\n", "없는 옵션입니다: --zzzzzz\n"),
    (["runs", "-z"], "No such option: -z\n", "없는 옵션입니다: -z\n"),
    (["status", "a", "b c"], "Got unexpected extra argument(s) (b c)\n", "필요 없는 인자가 있습니다: b c\n"),
    (["status", "--request"], "Option '--request' requires an argument.\n", "'--request' 옵션에는 값이 필요합니다.\n"),
    (["send", "--yes=1"], "Option '--yes' does not take a value.\n", "'--yes' 옵션에는 값을 쓰지 않습니다.\n"),
    (["test", "--to", "1"], "Missing argument 'FILE'.\n", "'FILE' 인자가 없습니다.\n"),
    (["test", "c.toml"], "Missing option '--to'.\n", "'--to' 옵션이 없습니다.\n"),
    (["sent"], "No such command 'sent'. Did you mean 'send'?\n", "'sent': 없는 명령입니다. 비슷한 명령: 'send'\n"),
    (["zzzzzz"], "No such command 'zzzzzz'.\n", "'zzzzzz': 없는 명령입니다.\n"),
    (
        ["status", "--request", "x"],
        "Invalid value for '--request': expected a whole number from 1 to 100,000,000\n",
        "'--request'의 값이 올바르지 않습니다. 1~100,000,000 사이의 정수를 쓰세요\n",
    ),
    (
        ["resolve", "--request", "0"],
        "Invalid value for '--request': expected a whole number from 1 to 100,000,000\n",
        "'--request'의 값이 올바르지 않습니다. 1~100,000,000 사이의 정수를 쓰세요\n",
    ),
    (
        ["sandbox", "--seed", "x"],
        "Invalid value for '--seed': expected a whole number\n",
        "'--seed'의 값이 올바르지 않습니다. 정수를 쓰세요\n",
    ),
    (
        ["sandbox", "--rate", "x"],
        "Invalid value for '--rate': expected a number\n",
        "'--rate'의 값이 올바르지 않습니다. 숫자를 쓰세요\n",
    ),
]


@pytest.mark.parametrize(("words", "english", "korean"), ERRORS, ids=[" ".join(words) for words, _, _ in ERRORS])
def test_a_wrong_command_line_is_explained(desk: Desk, words: list[str], english: str, korean: str) -> None:
    done = desk.run(*words)
    assert done.status == 2
    assert done.out == ""
    assert f"Error: {english}" in done.err
    assert done.err.startswith("Usage: campaign ")
    assert "\nTry 'campaign " in done.err
    done = desk.run(*words, env={"CAMPAIGN_LANG": "ko"})
    assert done.status == 2
    assert f"오류: {korean}" in done.err
    assert done.err.startswith("사용법: campaign ")
    assert "\n도움말: 'campaign " in done.err


def test_a_control_character_in_a_word_is_not_shown_as_it_is(desk: Desk) -> None:
    for words in (["--\x1b[2Jx"], ["runs", "--\x1b[2Jx"], ["runs", "\x1b[2Jx"], ["\x1b[2Jx"]):
        done = desk.run(*words)
        assert done.status == 2
        assert "\x1b" not in done.err


def test_without_a_command_the_help_is_shown(desk: Desk) -> None:
    done = desk.run()
    assert done.status == 2
    assert done.err.startswith("Usage: campaign ")
    assert "--version" in done.err
