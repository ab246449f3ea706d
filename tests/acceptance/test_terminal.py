"""The terminal: what is shown on it, what is typed on it, and what becomes of a run when it is closed."""

from __future__ import annotations

import json
import re
import signal
import threading
import unicodedata
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from campaign.model.text import display_width, escape, escaped_json
from campaign.model.times import SEOUL
from campaign.sandbox import start
from tests.support.desk import Desk, number
from tests.support.terminal import BARS, Terminal, shown_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.desk import Done

HOSTILE = "\x1b[2J\x1b]0;gone\x07\x08\x7f\x9b31m\u202eabc\u2066\u200b\u2028\u00ad\r끝"
"""Clears a screen, renames a window, turns the writing round, hides, and begins new lines."""


def steering(shown: str) -> list[str]:
    """The characters that would steer a terminal or hide themselves; newlines aside."""
    return [
        letter for letter in shown if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
    ]


@pytest.fixture
def hostile(desk: Desk) -> Desk:
    """A desk with hostile cells, headings and file names: one row to send, one invalid, one too long."""
    name = "목록\x1b[31m\u202e.csv"
    heading, phone = f"이름{HOSTILE}".replace("\r", ""), "휴대폰"
    rows = [
        ("가", number(1)),
        (f"나{HOSTILE}", number(2)),
        (f"다{HOSTILE}", f"010{HOSTILE}"),
        (HOSTILE * 200, number(3)),
    ]
    lines = [f'"{heading}",{phone}', *(f'"{cell}","{to}"' for cell, to in rows)]
    (desk.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    (desk.folder / "c.toml").write_text(
        f'name = "test"\nsender = "02-1234-5678"\n[recipients]\nfiles = [{json.dumps(name)}]\n'
        f"[message]\ntext = {json.dumps('{{ row.values() | first }}님')}\nsubstitute = true\n",
        encoding="utf-8",
    )
    return desk


COMMANDS = (
    ("check", "c.toml"),
    ("preview", "c.toml"),
    ("preview", "c.toml", "--row", 3),
    ("send", "c.toml", "--yes"),
    ("status",),
    ("status", "--request", 1),
    ("runs",),
    ("report",),
    ("check", f"nothing{HOSTILE}.toml"),
    ("check", "c.toml", f"--only={HOSTILE}"),
    ("check", "--recipients", f"{HOSTILE}.csv", "--sender", "1", "--text", HOSTILE),
    ("check", "c.toml", f"--{HOSTILE}"),
    ("status", HOSTILE),
    ("new", f"folder{HOSTILE}"),
    ("new", f"folder{HOSTILE}"),
)


def test_nothing_that_a_file_or_a_name_says_steers_the_terminal(hostile: Desk) -> None:
    seen = ""
    for words in COMMANDS:
        # Without the colours of the program itself, which steer the terminal too.
        _, screen = shown_at_once(hostile, *words, env={"NO_COLOR": "1"})
        shown = BARS.sub("", screen)
        assert not steering(shown), (words, shown)
        seen += shown
    assert r"\x1b[2J" in seen
    assert r"\u202e" in seen


def test_nothing_that_a_file_or_a_name_says_steers_what_a_pipe_leads_to(hostile: Desk) -> None:
    for words in COMMANDS:
        done = hostile.run(*words)
        assert not steering(done.out + done.err), (words, done)


def test_json_is_harmless_too_and_keeps_its_values(hostile: Desk) -> None:
    for words in (("check", "c.toml"), ("preview", "c.toml"), ("send", "c.toml", "--yes"), ("runs",), ("status",)):
        done = hostile.run(*words, "--json")
        assert not steering(done.out), words
        assert isinstance(done.json, dict)
    done = hostile.run("report", "--report", "\u202e\x9b.xlsx", "--json")
    assert not steering(done.out)
    assert done.json["report"] == "\u202e\x9b.xlsx"


class HostileGateway(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"resultCode": 13, "message": f"no{HOSTILE}", "requestNo": HOSTILE, "msgType": HOSTILE})
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        return


@pytest.fixture
def bad_words(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose gateway refuses everything, in words that would steer a terminal."""
    with HTTPServer(("127.0.0.1", 0), HostileGateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Desk(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_the_gateways_words_do_not_steer_the_terminal(bad_words: Desk) -> None:
    bad_words.people(3)
    bad_words.campaign()
    done: list[Done] = [
        bad_words.run("send", "c.toml", "--yes"),
        bad_words.run("status"),
        bad_words.run("status", "--json"),
        bad_words.run("status", "--request", 1),
        bad_words.run("status", "--request", 1, "--json"),
        bad_words.run("runs"),
    ]
    assert done[0].status in {1, 3}
    for one in done:
        assert not steering(one.out + one.err), one


def test_escaping_leaves_what_can_be_seen() -> None:
    assert escape("홍길동 ABC é😀 ~`|\\\u3000\u00a0·…※") == "홍길동 ABC é😀 ~`|\\\u3000\u00a0·…※"
    for letter in map(chr, range(0x110000)):
        if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Cs"}:
            assert escape(letter).isascii()
            assert escape(letter).isprintable()
            assert steering(escaped_json({"a": letter})) == []
            assert json.loads(escaped_json({"a": letter})) == {"a": letter}


def test_what_was_typed_before_a_question_does_not_answer_it(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml", early="y\ny\n")
    terminal.read_until("[y/N]")
    terminal.type("n\n")
    status = terminal.read_all()
    assert "Nothing was sent" in terminal.shown
    assert status == 2
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_an_answer_to_the_question_counts(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml")
    terminal.read_until("[y/N]")
    terminal.type("y\n")
    assert terminal.read_all() == 0
    assert desk.ask("/sandbox/stats")["accepted"] == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Send 3 messages (SMS 2 · LMS 1, 90 won) from 02-1234-5678 now, through {gateway}? [y/N]"),
        ("ko", "3건 (SMS 2 · LMS 1, 90원)을 02-1234-5678 번호로 지금 보냅니다. 게이트웨이: {gateway}. 보낼까요? [y/N]"),
    ],
)
def test_the_question_repeats_what_cannot_be_undone(desk: Desk, language: str, words: str) -> None:
    desk.sheet([("가", number(1), ""), ("나", number(2), ""), ("다" * 50, number(3), "")])
    desk.campaign("{{ 이름 }}님", prices="SMS = 20\nLMS = 50")
    terminal = Terminal(desk, "send", "c.toml", env={"CAMPAIGN_LANG": language})
    terminal.read_until(words.format(gateway=str(desk.sandbox).removeprefix("http://")))
    terminal.type("예\n")
    assert terminal.read_all() == 0
    assert desk.ask("/sandbox/stats")["recipients"] == 3


def test_the_question_names_the_senders_and_the_reserved_times(desk: Desk) -> None:
    senders = ["02-1234-5678", "1588-1234", "010-2345-6789", "070-1234-5678", "031-234-5678"]
    first, last = (f"{datetime.now(SEOUL) + timedelta(days=days):%Y-%m-%d} 10:00:00" for days in (2, 3))
    desk.sheet((sender, number(place), last if place else first) for place, sender in enumerate(senders))
    path = desk.campaign(message="reserve = '{{ 쿠폰 }}'")
    path.write_text(path.read_text(encoding="utf-8").replace('"02-1234-5678"', '"{{ 이름 }}"'), encoding="utf-8")
    terminal = Terminal(desk, "send", "c.toml", columns=400)
    terminal.read_until(
        f"Send 5 messages (SMS 5, reserved for {first} to {last}) from 010-2345-6789, 02-1234-5678, 031-234-5678 and "
        "2 more now, through"
    )
    terminal.type("n\n")
    assert terminal.read_all() == 2


def test_the_question_says_that_no_row_can_be_sent(desk: Desk) -> None:
    desk.sheet([("가", "", "")])
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml")
    terminal.read_until("No row can be sent. Continue? [y/N]")
    terminal.type("n\n")
    assert terminal.read_all() == 2


@pytest.mark.parametrize(("typed", "status"), [("y", 2), ("999", 2), ("1000", 0), ("1,000", 0)])
def test_a_send_to_a_thousand_is_confirmed_by_their_number(desk: Desk, typed: str, status: int) -> None:
    desk.people(1000)
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml")
    terminal.read_until("Type the number of recipients, 1,000, to send:")
    terminal.type(f"{typed}\n")
    assert terminal.read_all() == status
    assert desk.ask("/sandbox/stats")["recipients"] == (1000 if status == 0 else 0)


def test_a_send_to_fewer_is_confirmed_by_a_yes(desk: Desk) -> None:
    desk.people(999)
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml")
    terminal.read_until("? [y/N]")
    terminal.type("y\n")
    assert terminal.read_all() == 0


def test_a_terminal_shows_at_once_what_is_read_and_nothing_else_does(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    for words in (["check"], ["send", "--yes"], ["preview"]):
        terminal = Terminal(desk, *words, "c.toml")
        terminal.read_all()
        assert terminal.shown.startswith("reading r.xlsx\r\n")
        assert "reading" not in desk.run(words[0], "c.toml", "--yes" if words[0] == "send" else "--json").err
    for option in ("--json", "--no-progress"):
        _, shown = shown_at_once(desk, "check", "c.toml", option)
        assert "reading r.xlsx" not in shown


@pytest.mark.parametrize(
    ("language", "done", "outcomes"),
    [
        ("en", "/1,200 recipients, 00:0", "accepted 1,200 · rejected 0 · unknown 0"),
        ("ko", "/1,200건, 00:0", "접수 1,200 · 거절 0 · 결과 미확인 0"),
    ],
)
def test_the_bar_shows_done_total_time_left_and_outcomes_whole(
    slow: Desk, language: str, done: str, outcomes: str
) -> None:
    slow.people(1200)
    slow.campaign(gateway="in_flight = 1")
    terminal = Terminal(slow, "send", "c.toml", "--yes", env={"CAMPAIGN_LANG": language}, columns=80)
    assert terminal.read_all() == 0
    lines = BARS.sub("\n", terminal.shown).splitlines()
    assert max(map(display_width, lines)) <= 80
    assert any(done in line for line in lines)
    assert any(outcomes in line for line in lines)
    assert "/s" not in terminal.shown


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose gateway takes a fifth of a second to answer."""
    with start(seed=1, latency="200ms") as sandbox:
        yield Desk(tmp_path, sandbox.url)


def begin(desk: Desk) -> Terminal:
    """A run of 100 requests whose first answers have come, on a terminal."""
    desk.people(100)
    desk.campaign("{{ 이름 }}님")
    terminal = Terminal(desk, "send", "c.toml", "--yes", "--no-progress")
    while desk.ask("/sandbox/stats")["accepted"] < 5:
        assert terminal.process.poll() is None
    return terminal


def assert_stopped_in_order(desk: Desk) -> None:
    """What was on the wire was answered, the rest is pending, and the workbook is there."""
    status = desk.run("status", "--json").json
    assert status["state"] == "interrupted"
    assert set(status["rows"]) == {"total", "accepted", "pending"}
    assert status["rows"]["accepted"] == desk.ask("/sandbox/stats")["accepted"]
    assert len(desk.results(status["report"])) == 100


def test_a_closed_terminal_stops_in_order(slow: Desk) -> None:
    terminal = begin(slow)
    terminal.close()
    assert terminal.process.wait(timeout=60) == 130
    assert_stopped_in_order(slow)


@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM])
def test_hangups_are_one_wish_however_often_they_come(slow: Desk, first: signal.Signals) -> None:
    terminal = begin(slow)
    terminal.process.send_signal(first)
    terminal.read_until("waiting for outstanding answers")
    for _ in range(3):
        terminal.process.send_signal(signal.SIGHUP)
    assert terminal.read_all() == 130
    assert_stopped_in_order(slow)


def test_a_hangup_that_is_ignored_stops_nothing(slow: Desk) -> None:
    slow.people(40)
    slow.campaign("{{ 이름 }}님")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    try:
        process = slow.start("send", "c.toml", "--yes", "--json")
    finally:
        signal.signal(signal.SIGHUP, before)
    while slow.ask("/sandbox/stats")["requests"] < 5:
        assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["rows"] == {"total": 40, "accepted": 40}


def test_a_hangup_before_the_sending_ends_the_command(desk: Desk) -> None:
    desk.people(3)
    desk.campaign()
    terminal = Terminal(desk, "send", "c.toml")
    terminal.read_until("[y/N]")
    terminal.close()
    assert terminal.process.wait(timeout=60) == 130
    assert desk.ask("/sandbox/stats")["requests"] == 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_errors_warnings_and_statuses_are_coloured_on_a_terminal_alone(desk: Desk, language: str) -> None:
    desk.sheet([("고객", number(1), "C"), ("고객", 1023456702, "C"), ("고객", None, "C")])
    desk.campaign("{{ 이름 }}님")
    desk.fault(fault="code", code=50, times=1)
    seen = {}
    for name, env in (("coloured", {}), ("plain", {"NO_COLOR": "1"})):
        _, seen[name] = shown_at_once(
            desk, "send", "c.toml", "--yes", "--again", env={"CAMPAIGN_LANG": language, **env}
        )
    invalid, paused, note = {"ko": ("오류", "일시 중지", "참고"), "en": ("invalid", "paused", "note")}[language]
    assert f"\x1b[31m{invalid}\x1b[0m 1" in seen["coloured"]
    assert f": \x1b[33m{paused}\x1b[0m: " in seen["coloured"]
    assert f"\x1b[36m{note}: " in seen["coloured"]
    assert not re.search(r"\x1b\[3\d", seen["plain"])
    assert "\x1b" not in desk.run("status", env={"CAMPAIGN_LANG": language}).out
