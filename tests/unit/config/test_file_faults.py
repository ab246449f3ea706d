"""What is wrong with a campaign file: one sentence with the place, the value and a right example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.config.campaign_file import load
from campaign.config.file_faults import EXPECTED, expected
from campaign.model import i18n
from campaign.model.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

TOP = 'name = "t"\nsender = "02-1234-5678"\n'
REST = '[recipients]\nfiles = ["a.xlsx"]\n[message]\ntext = "x"\n'

JARGON = ("Input should", "valid string", "pydantic", "literal", "TOMLDecode", "at line", "Value error", "type=")


def refusal(folder: Path, text: str) -> str:
    (folder / "c.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load(folder / "c.toml")
    said = str(refused.value)
    assert all(line.startswith((f"{folder / 'c.toml'}: ", "    ")) for line in said.splitlines())
    assert not [word for word in JARGON if word in said], said
    return said.replace(f"{folder / 'c.toml'}: ", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sender = 02-1234-5678", 'line 3: text needs quotation marks: sender = "02-1234-5678"'),
        ("sender = 0212345678", 'line 3: text needs quotation marks: sender = "0212345678"'),
        ("name = 봄세일", 'line 3: text needs quotation marks: name = "봄세일"'),
        ("name = “봄세일”", 'line 3: curly quotation marks are not allowed here; write straight ones: "..."'),
        ("name = ‘봄세일’", "line 3: curly quotation marks are not allowed here"),
        ("name = ＂봄세일＂", "line 3: curly quotation marks are not allowed here"),
        ('name = "봄세일', 'line 3: a quotation mark is missing at the end: name = "..."'),
        ("name = '봄세일", "line 3: a quotation mark is missing at the end: name = '...'"),
        ('name = "C:\\Users\\kim"', r"line 3: a \ in quotes starts an escape; write a path with /"),
        ('name = "C:\\lists"', r"line 3: a \ in quotes starts an escape; write a path with /"),
        ('name = "그는 "안녕" 했다"', "line 3: there is text after the closing quotation mark"),
        ('name: "봄"', "line 3: a key and its value are joined by =, as in name = ..."),
        ('name ＝ "봄"', "line 3: ＝ is full-width; write ="),
        ('이름 = "봄"', "line 3: 이름 is not a key of a campaign file; keys are English words"),
        ("name =", "line 3: name has no value; write it after the ="),
        ("봄 세일", 'line 3: expected a key and its value, such as name = "spring-sale"'),
        ("advertisement = True", "line 3: True is written true or false, in lower case"),
        ("advertisement = 예", "line 3: 예 is written true or false, in lower case"),
        ("start_at = 2026-12-01 10시", "line 3: a time is written without quotes as start_at = 2026-12-01T10:00:00"),
        ("start_at = 2026-13-01T10:00:00", "line 3: a time is written without quotes as start_at = 2026-12-01T10:00"),
        ('files = ["a.xlsx" "b.xlsx"]', "line 3: a list is not closed, or a comma or a quotation mark is missing"),
        ("files = [a.xlsx]", "line 3: a list is not closed, or a comma or a quotation mark is missing"),
        ("[message", "line 3: a section's name is alone on its line in [ ], such as [message]"),
        ('once = "1"', "line 3: the key occurs twice in its section; keep one"),
    ],
)
def test_what_is_not_toml_is_told_by_its_line_in_plain_words(tmp_path: Path, line: str, said: str) -> None:
    whole = refusal(tmp_path, f'[x]\nonce = "1"\n{line}\n[y]\nz = 1\n')
    assert whole.startswith(said), whole
    assert whole.splitlines()[1:] == [f"    {line}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[message]\na = 1\n[message]\nb = 2\n", "line 3: the section [message] occurs twice; put its keys under one"),
        ('text = """\n여러 줄\n', 'line 1: a quotation mark is missing at the end: text = """..."""'),
        ("x = " + "[" * 5_000, "its lists are nested too deeply"),
        ("x = " + "9" * 5_000, "line 1: "),
        ("\x00", "line 1: "),
    ],
)
def test_what_is_not_toml_as_a_whole_is_refused_too(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("top", "more", "said"),
    [
        ("sender = true", "", 'sender = true: expected your registered number in quotes, such as "02-1234-5678"'),
        ("sender = 1", "", "sender = 1: a number loses its leading 0"),
        ('sender = " "', "", "sender: is empty: expected your registered number in quotes"),
        ("", "", "sender: is missing: expected your registered number in quotes, such as"),
        ('name = "a/b"', "", "name = 'a/b': expected a name of up to 80 letters, digits, spaces and . _ - ( )"),
        (None, "[gateway]\nin_flight = 0", "gateway.in_flight = 0: expected a whole number from 1 to 256, without"),
        (None, "[gateway]\nin_flight = 2.5", "gateway.in_flight = 2.5: expected a whole number from 1 to 256"),
        (None, "[gateway]\nin_flight = true", "gateway.in_flight = true: expected a whole number from 1 to 256"),
        (None, "[gateway]\nrate = nan", "gateway.rate = nan: expected requests a second, from 0.01 to 10,000"),
        (None, f"[gateway]\nrate = {'9' * 400}", "gateway.rate = a huge number: expected requests a second"),
        (None, '[gateway]\napi = "V2"', 'gateway.api = \'V2\': expected "v2" or "v1"; did you mean "v2"?'),
        (None, "[prices]\nSMS = inf", "prices.SMS = inf: expected won per message, from 0 to 1,000,000"),
        (None, f"[prices]\nSMS = {'9' * 400}", "prices.SMS = inf: expected won per message, from 0 to 1,000,000"),
        (None, '[prices]\nSMS = "20"', "prices.SMS = '20': expected won per message, from 0 to 1,000,000"),
        (None, "[prices]\nsms = 20", "prices: 'sms' is not a message type: expected SMS, LMS, MMS or GSMS"),
        (None, "[schedule]\nevery = 10", "schedule.every = 10: expected a cron line in quotes"),
        (None, '[schedule]\nevery = "x"\nonce_per_recipient = "yes"', "expected true or false, without quotes"),
        (None, "[schedule]\nstart_at = 9999-12-31T23:59:59-12:00", "expected a year from 2000 to 2199"),
        (None, '[[sending]]\nwindow = "x"', "sending = [{'window': 'x'}]: expected a line of its own with the section"),
        (None, '[notify]\ncommand = "a.sh"', "notify.command = 'a.sh': expected a list of words, such as"),
        (None, "[notify]\ncommand = [1]", "notify.command[0] = 1: expected text in quotes"),
        (None, '[gateway]\nsender = "1"', "gateway.sender: unknown key here: it belongs above the first [section]"),
        (None, '[gateway]\ntitle = "1"', "gateway.title: unknown key here: it belongs under [message]"),
        (None, "[gateway]\nIN_FLIGHT = 1", "gateway.IN_FLIGHT: unknown key: did you mean `in_flight`?"),
        (None, "[mesage]\nx = 1", "mesage: unknown key: did you mean `message`?"),
        (None, "[gateway]\nzzz = 1", "gateway.zzz: unknown key: expected one of api, url, in_flight, rate"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(tmp_path: Path, top: str | None, more: str, said: str) -> None:
    head = (
        TOP if top is None else f'name = "t"\n{top}\n' if not top.startswith("name") else f'{top}\nsender = "1588-1"\n'
    )
    assert said in refusal(tmp_path, f"{head}{REST}{more}\n")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("sms", '"auto", "SMS", "LMS", "MMS" or "GSMS"; did you mean "SMS"?'),
        ("카카오", 'expected "auto", "SMS", "LMS", "MMS" or "GSMS"'),
    ],
)
def test_a_choice_in_another_spelling_is_recognised(tmp_path: Path, value: str, said: str) -> None:
    assert refusal(tmp_path, f'{TOP}{REST}type = "{value}"').endswith(said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 10 * * FRI-SUN", 'the weekday FRI-SUN is written FRI,SAT,SUN: "0 10 * * FRI,SAT,SUN"'),
        ("0 10 * * sat-mon", 'the weekday SAT-MON is written SAT,SUN,MON: "0 10 * * SAT,SUN,MON"'),
        ("0 22-2 * * *", 'the hour 22-2 is written 22,23,0,1,2: "0 22,23,0,1,2 * * *"'),
        ("0 10 * NOV-FEB *", 'the month NOV-FEB is written NOV,DEC,JAN,FEB: "0 10 * NOV,DEC,JAN,FEB *"'),
        ("0 10 * * 월", 'the weekday 월 is written MON: "0 10 * * MON"'),
        ("0 10 * * 화요일", 'the weekday 화요일 is written TUE: "0 10 * * TUE"'),
        ("0 10 * * Monday", 'the weekday MONDAY is written MON: "0 10 * * MON"'),
        ("0 10 * December *", 'the month DECEMBER is written DEC: "0 10 * DEC *"'),
        ("0 25 * * *", "25 is not an hour; it goes from 0 to 23; expected five fields (minute hour day month weekday)"),
        ("60 10 * * *", "60 is not a minute; it goes from 0 to 59"),
        ("0 10 0 * *", "0 is not a day; it goes from 1 to 31"),
        ("0 10 * 13 *", "13 is not a month; it goes from 1 to 12 or JAN, FEB"),
        ("0 10 * * 8", "8 is not a weekday; it goes from 0 to 7 or SUN, MON"),
        ("*/0 10 * * *", "*/0 is not a minute"),
        ("0, 10 * * *", "nothing is not a minute"),
        ("0 10:30 * * *", "10:30 is a time of the day; write minute and hour as two fields: 30 10"),
        ("0 10 30 2 *", "no such date exists"),
        ("10:00", "expected five fields (minute hour day month weekday), such as"),
        ("매주 월요일 10시", "expected five fields (minute hour day month weekday), such as"),
        ("0 0 10 * * MON", "expected five fields (minute hour day month weekday), such as"),
        ("@daily", 'write it as "0 10 * * *"'),
        (f"0 10 * * {'9' * 5_000}", "expected five fields"),
    ],
)
def test_a_cron_line_is_refused_with_a_right_one(tmp_path: Path, line: str, said: str) -> None:
    words = refusal(tmp_path, f'{TOP}{REST}[schedule]\nevery = "{line}"')
    assert words.startswith("schedule.every = ")
    assert said in words
    assert "Bad " not in words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TOP.replace("name", "nmae") + REST, "nmae: 알 수 없는 키입니다. `name`의 오타인가요?"),
        (TOP + "folder = 1\n" + REST, "folder: 알 수 없는 키입니다"),
        (TOP + 'phone = "휴대폰"\n' + REST, "phone: 여기에 쓸 수 없는 키입니다. [recipients] 아래에 쓰세요"),
        (TOP + REST + 'type = "sms"\n', '"auto", "SMS", "LMS", "MMS" 또는 "GSMS"를 쓰세요. "SMS"의 오타인가요?'),
        (TOP + REST + "advertisement = 1\n", "message.advertisement = 1: 따옴표 없이 true 또는 false를 쓰세요"),
        (TOP + REST + "[gateway]\nrate = true\n", "따옴표 없이 초당 요청 수(0.01~10,000)를 쓰세요"),
        (TOP + REST.replace("text", "title"), "`template`(파일)과 `text`(메시지 내용) 가운데 하나만 쓰세요"),
        (TOP.replace('"02-1234-5678"', "0212345678"), "2번째 줄: "),
        ('sender = "02-1234-5678"\n' + REST, "name: 빠져 있습니다. "),
    ],
)
def test_a_fault_is_explained_in_korean(tmp_path: Path, text: str, said: str) -> None:
    with i18n.in_language("ko"):
        assert said in refusal(tmp_path, text)


def test_every_expected_value_is_translated() -> None:
    with i18n.in_language("ko"):
        korean = {key: expected(key) for key in EXPECTED}
    assert not [key for key, said in korean.items() if not said.endswith(("을 쓰세요", "를 쓰세요"))]
