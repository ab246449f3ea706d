"""The screen of a Korean reader: the commands run in Korean, and no English sentence of the command line is on it."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import campaign
from campaign.model.text import display_width
from tests.support.terminal import BARS, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.desk import Desk, Done

KOREAN = {"CAMPAIGN_LANG": "ko"}
ROWS = [
    ("김민서", "010-2345-6701", "SPRING"),
    ("이지훈", 1023456702, "SPRING"),
    ("박서연", "4.41E+11", "SPRING"),
    ("김민서", "010-2345-6701", "SPRING"),
    *((f"고객{place}", "02-345-6789", "SPRING") for place in range(5)),
]
LOST = "'4.41E+11': 엑셀이 숫자로 바꾸면서 자릿수를 잃었습니다. 열을 텍스트 서식으로 바꾸고 번호를 다시 입력하세요"


def english_of(text: str) -> Iterator[str]:
    """What a text of the code says in two English words or more: without commands in backticks, and between fields."""
    for piece in re.split(r"\{[^}]*\}|`", re.sub(r"`[^`]*`", "`", text)):
        if re.search(r"[a-z]{2,} [a-z]{2,}", piece) and not re.search(r"\bcampaign [a-z]", piece):
            yield piece.strip(" :;.,()-")


def english(paths: Iterable[Path]) -> set[str]:
    """The English sentences of modules, without docstrings."""
    found: set[str] = set()
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                found.update(english_of(node.value))
    return found


@functools.cache  # not while the tests are collected: each process of theirs would read the whole program
def english_of_the_program() -> set[str]:
    """What the program says; the sandbox is another program."""
    code = Path(campaign.__path__[0])
    return english(path for path in code.rglob("*.py") if path.parts[len(code.parts)] != "sandbox")


def say(desk: Desk, *words: object) -> Done:
    """Run a command in Korean; fails where it shows an English sentence of the program."""
    done = desk.run(*words, env=KOREAN)
    shown = done.out + done.err
    assert not [sentence for sentence in english_of_the_program() if sentence in shown], shown
    assert not set(latin_words(shown)) - written_by_user(desk, words), shown
    return done


def written_by_user(desk: Desk, words: Iterable[object]) -> set[str]:
    """The Latin words of the command and of the campaign files, which a screen may repeat."""
    texts = [*map(str, words), *(file.read_text(encoding="utf-8") for file in desk.folder.glob("*.toml"))]
    return set(re.findall(r"[A-Za-z-]+", " ".join(texts)))


NAMES = {
    "test",
    "Sheet",
    "campaign",
    "Asia",
    "Seoul",
    "Ctrl-C",
    "http",
    "sqlite",
    "r",
    "c",
    "b",
    "x",
    "s",
    "xlsx",
    "csv",
    "parquet",
    "Bytes",  # the vendor's words for code 21
}
"""Names and units that a Korean screen has in Latin letters."""


def latin_words(shown: str) -> list[str]:
    """Words in Latin letters without commands, options, paths, addresses, keys, quoted values and capitals."""
    quoted = r"`[^`]*`|'[^']*'|\"[^\"]*\"|\[\w+\]"
    typed = r"campaign [a-z-]+( \S+)*|--[\w-]+\S*|\S*[/_.:=]\w\S*|\[[yN/]+\]|test-\S*|\d+d"
    told = re.sub(f"{quoted}|{typed}", " ", shown)
    return [word for word in re.findall(r"[A-Za-z][A-Za-z-]*", told) if not word.isupper() and word not in NAMES]


def test_the_sentences_of_the_code_are_found() -> None:
    some = {"Nothing was sent: this was a check", "the workbook has them all", "requests still to send"}
    assert some < english_of_the_program()


def test_a_check_is_korean(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign("{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}", prices="SMS = 20\nLMS = 50", gateway="rate = 0.5")
    done = say(desk, "check", "c.toml")
    assert done.status == 1
    lines = done.out.splitlines()
    lines[3] = lines[3][: lines[3].index(",")]
    assert lines == [
        "test: r.xlsx (Sheet)에서 9행",
        "  보낼 행            2   SMS 2",
        "  제외               7   오류 6 · 중복 1",
        "  요청               2   약 4초",
        "  발신번호   02-1234-5678",
        "  예상 금액         40원",
        "  수정할 행 (6):",
        f"    4행  휴대폰: {LOST}",
        *(f"    {row}행  휴대폰: '02-345-6789': 유선전화 번호라서 문자를 받을 수 없습니다" for row in range(6, 10)),
        "    외 1행. 결과 파일에 모두 있습니다",
        "  결과 파일  reports/test-check.xlsx",
        "확인만 했으며 아무것도 보내지 않았습니다.",
    ]
    assert "참고: 1개 행에 참고 사항이 있습니다. 예: 3행: 원래 값: 1023456702" in done.err


def test_a_send_through_the_sandbox_is_korean(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    done = say(desk, "send", "c.toml", "--sandbox")
    assert done.status == 0
    assert re.sub(r"test-\d{8}-\d{6}", "ID", done.out).splitlines()[-6:] == [
        "발송 ID: 완료",
        "  행                 3   접수 3",
        "  요청               1   접수 1",
        "  결과 코드  0 (전송 성공) 3",
        "  샌드박스: 실제로 발송되지 않았습니다.",
        "  결과 파일  reports/ID.xlsx",
    ]


def test_a_run_that_pauses_is_continued_decided_and_reported_in_korean(desk: Desk) -> None:
    desk.people(5)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1", prices="SMS = 20")
    desk.fault(fault="hang_up_after_read", times=1, after=1)
    desk.fault(fault="code", code=50, times=1, after=2)
    paused = say(desk, "send", "c.toml", "--yes")
    assert paused.status == 3
    assert ": 일시 중지: " in paused.out
    assert "접수 1 · 결과 미확인 1 · 대기 3" in paused.out
    assert "나머지 보내기: campaign resume test-" in paused.out
    assert "발송 여부를 확인한 뒤 정하세요: campaign resolve test-" in paused.out
    kept = say(desk, "purge", "last", "--yes")
    assert "아직 보내지 않은 요청 3건" in kept.err
    assert "결과 미확인 요청 1건 (`campaign resolve" in kept.err
    assert "4 · 결과 미확인 1" in say(desk, "resume", "last").out
    decided = say(desk, "resolve", "last", "--not-sent", "--yes")
    assert decided.err.startswith("결과 미확인 요청 1건, 수신자 1명: 보내지 않은 것으로 기록.")
    assert "발송 test-" in say(desk, "status").out
    cancelled = say(desk, "cancel", "last", "--yes")
    assert "아직 보내지 않은 요청 1건" in cancelled.err
    assert ": 취소" in cancelled.out
    assert "  결과 파일  " in say(desk, "report").out
    assert "메시지 내용과 번호를 완전히 삭제합니다" in say(desk, "purge", "last", "--yes").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--format", "doc"), "xlsx, csv, parquet 중 하나를 쓰세요"),
        (("report", "--format", "csv", "--into-original"), "--format csv와 함께 쓸 수 없습니다"),
        (("report", "--since", "yesterday"), "2026-11-01 같은 날짜를 쓰세요"),
        (("report", "--since", "2999-01-01"), "그 이후의 발송이 없습니다"),
        (("purge",), "발송 ID나 --older-than 90d 중 하나를 지정하세요"),
        (("purge", "--older-than", "soon", "--yes"), "90d처럼 일수를 쓰세요"),
        (("send", "c.toml", "--sandbox", "--gateway-url", "http://127.0.0.1:1"), "함께 쓸 수 없습니다"),
        (("send", "c.toml"), "--yes를 붙이세요"),
        (("status", "no-such-run"), "`campaign runs` 명령으로 발송 목록을 볼 수 있습니다."),
        (("send", "c.toml", "--yes"), "한 번 더 보내려면 `--again`을 붙이세요."),
        (("check", "nothing.toml"), "`campaign new DIR` 명령으로 만들 수 있습니다."),
    ],
)
def test_an_error_says_in_korean_what_to_do(desk: Desk, words: tuple[str, ...], said: str) -> None:
    desk.people(1)
    desk.campaign()
    assert desk.run("send", "c.toml", "--yes").status == 0
    done = say(desk, *words)
    assert done.status == 2
    assert said in done.err


def test_a_preview_is_korean(desk: Desk) -> None:
    desk.sheet(ROWS)
    desk.campaign("{{ 이름 }}님", message="title = '봄맞이'")
    out = say(desk, "preview", "c.toml", "--row", 4).out
    assert out.startswith("4행: SMS, 8바이트\n  오류: '4.41E+11': 엑셀이")
    assert "  수신번호 010-****-6701, 발신번호 0212345678\n" in say(desk, "preview", "c.toml", "--row", 2).out


def test_scheduling_is_korean(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(schedule="start_at = 2099-12-01T10:00:00+09:00")
    assert say(desk, "run-due").out == "지금 시작할 예약이 없습니다.\n"
    assert say(desk, "schedules").out.startswith("예약이 없습니다.")
    made = say(desk, "schedule", "c.toml", "--freeze").out
    assert "예약 test 등록, 게이트웨이 http" in made
    assert "  시작       2099-12-01 10:00:00 (한국 시간), 늦어도 " in made
    assert "  고정       수신자와 메시지를 현재 상태로 저장: 발송 test-" in made
    assert "예약 중" in say(desk, "schedules").out
    removed = say(desk, "unschedule", "test").out
    assert removed.startswith("test: 예약을 삭제했습니다.")
    assert "미리 만들어 둔 발송 test-" in removed


def test_json_keeps_its_keys_and_values_and_does_not_escape_hangul(desk: Desk) -> None:
    desk.people(2)
    desk.campaign("{{ 이름 }}님", gateway="in_flight = 1")
    desk.fault(fault="code", code=50, times=1)
    english = desk.run("send", "c.toml", "--yes", "--json")
    done = desk.run("status", "--json", env=KOREAN)
    assert set(done.json) == set(english.json)
    assert (done.json["state"], done.json["rows"]) == ("paused", {"total": 2, "pending": 2})
    found = desk.run("preview", "c.toml", "--json", env=KOREAN)
    assert "고객0님" in found.out
    assert "\\u" not in found.out


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_narrow_terminal_breaks_lines_between_words_alone(desk: Desk, language: str) -> None:
    desk.sheet(ROWS)
    desk.campaign("{{ 이름 }}님, 쿠폰 {{ 쿠폰 }}")
    env = {"CAMPAIGN_LANG": language}
    terminal = Terminal(desk, "check", "c.toml", "--no-progress", env=env | {"NO_COLOR": "1"}, columns=60)
    assert terminal.read_all() == 1
    lines = BARS.sub("", terminal.shown).splitlines()
    assert max(map(display_width, lines)) <= 60
    whole = desk.run("check", "c.toml", env=env)
    assert sorted(terminal.shown.split()) == sorted((whole.out + whole.err).split())
    reason = next(at for at, line in enumerate(lines) if "4.41E+11" in line)
    assert lines[reason + 1].startswith(" " * 9)
