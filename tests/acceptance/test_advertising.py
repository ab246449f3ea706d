"""Advertisements through the command line: what stops a send, what a person may override, and the night."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from campaign.journal import open_for_reading
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from collections.abc import Iterator

SEOUL = ZoneInfo("Asia/Seoul")
DAY = datetime(2026, 12, 1, 10, 0, tzinfo=SEOUL)
NIGHT = datetime(2026, 12, 1, 22, 30, tzinfo=SEOUL)
GOOD = "(광고)하늘상점 {{ 이름 }}님 20% 할인\n무료거부 080-123-4567"
AD = 'advertisement = true\nadvertiser = "하늘상점"'


@contextmanager
def clock(at: datetime) -> Iterator[None]:
    """The machine's clock stands still."""
    with patch("campaign.model.times.Clock.now", return_value=at):
        yield


def ask(desk: Desk, *words: object, at: datetime = DAY) -> Any:
    with clock(at):
        return desk.run(*words)


def sent(desk: Desk) -> int:
    """Recipients that the sandbox was given."""
    found: int = desk.ask("/sandbox/stats")["recipients"]
    return found


def prepared(desk: Desk, text: str = GOOD, message: str = AD, count: int = 3, **sections: str) -> None:
    desk.people(count)
    desk.campaign(text, message=message, **sections)


def test_an_advertisement_by_the_rules_goes_and_says_so(desk: Desk) -> None:
    prepared(desk)
    checked = ask(desk, "check", "c.toml", "--json")
    assert (checked.status, checked.json["advertisement"], checked.json["findings"]) == (0, True, [])
    done = ask(desk, "send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["overridden"], sent(desk)) == (0, None, 3)
    assert "advertisement: no broken rule was found" in ask(desk, "status", "last").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            GOOD.replace("(광고)", "[광고]"),
            ["it begins with '[광고]'", "the text begins with exactly (광고)", "제50조"],
        ),
        (GOOD.replace("(광고)", ""), ["it does not begin with (광고)"]),
        (GOOD.replace("하늘상점", "바다상점"), ["'하늘상점' is not in it", "the sender's name"]),
        (GOOD.replace("무료거부 080-123-4567", ""), ["it does not say 무료수신거부", "a free way to opt out"]),
        (GOOD.replace("무료거부", "수신거부"), ["opting out is free"]),
    ],
)
def test_an_error_stops_the_send_names_the_rule_and_the_check_exits_as_the_send(
    desk: Desk, text: str, words: list[str]
) -> None:
    prepared(desk, text)
    checked = ask(desk, "check", "c.toml")
    done = ask(desk, "send", "c.toml", "--yes")
    assert (checked.status, done.status, sent(desk)) == (2, 2, 0)
    for each in words:
        assert each in checked.out
        assert each in done.err
    assert "Nothing was sent" in done.err
    assert "--override-advertising" in done.err
    assert "no run" in desk.run("status", "last").err


def test_the_rows_that_break_a_rule_are_named_and_stop_all_of_them(desk: Desk) -> None:
    desk.sheet([("민서", number(0), "(광고)"), ("지훈", number(1), "[광고]"), ("서연", number(2), "(광고)")])
    desk.campaign("{{ 쿠폰 }}하늘상점 할인 무료거부 080-123-4567", message=AD)
    done = ask(desk, "check", "c.toml", "--json")
    [found] = done.json["findings"]
    assert (done.status, found["severity"], found["rows"]) == (2, "error", 1)
    assert "(row 3)" in ask(desk, "check", "c.toml").out
    rows = desk.results(done.json["report"])
    words = "advertising: it begins with '[광고]'; only (광고) counts"
    assert [words in (row["reason"] or "") for row in rows] == [False, True, False]
    assert [row["fix"] for row in rows] == [None, "text", None]
    assert ask(desk, "send", "c.toml", "--yes").status == 2


def test_a_warning_is_shown_and_stops_nothing(desk: Desk) -> None:
    prepared(desk, message="advertisement = true")
    done = ask(desk, "send", "c.toml", "--yes")
    assert done.status == 0
    assert "warning    advertising: whether the sender's name is in the text cannot be known" in done.out


def test_a_person_may_override_the_rules_and_that_is_recorded(desk: Desk) -> None:
    prepared(desk, GOOD.replace("(광고)", "[광고]"))
    checked = ask(desk, "check", "c.toml", "--override-advertising")
    assert checked.status == 0
    assert "overridden advertising: it begins with" in checked.out
    done = ask(desk, "send", "c.toml", "--yes", "--override-advertising", "--json")
    assert (done.status, sent(desk)) == (0, 3)
    words = "it begins with '[광고]'; only (광고) counts"
    assert words in done.json["overridden"]
    assert f"the user overrode the rules: {words}" in ask(desk, "status", "last").out
    summary = openpyxl.load_workbook(desk.folder / done.json["report"])["summary"]
    assert any(words in str(cell.value) for row in summary for cell in row)
    with open_for_reading(f"sqlite:///{desk.folder}/reports/journal.sqlite3") as journal:
        record = journal.runs.get("last")
        events = [(event["state"], event["cause"]) for event in journal.requests.events(record.id)]
    assert ("overridden", record.overridden_reasons) in events
    # What was overridden was no rule of the night.
    assert (record.advertisement, record.by_night, record.by_day_only) == (True, False, True)


def test_the_check_workbook_tells_the_findings(desk: Desk) -> None:
    prepared(desk, GOOD.replace("(광고)", "[광고]"))
    report = ask(desk, "check", "c.toml", "--json").json["report"]
    summary = openpyxl.load_workbook(desk.folder / report)["summary"]
    words = "\n".join(str(cell.value) for row in summary for cell in row if cell.value)
    assert "it begins with '[광고]'; only (광고) counts" in words
    assert "the text begins with exactly (광고) (정보통신망법 제50조 제4항)" in words


@pytest.mark.parametrize(("hour", "minute", "status"), [(20, 59, 0), (21, 0, 2), (7, 59, 2), (8, 0, 0)])
def test_none_starts_between_nine_in_the_evening_and_eight_in_the_morning(
    desk: Desk, hour: int, minute: int, status: int
) -> None:
    prepared(desk)
    done = ask(desk, "send", "c.toml", "--yes", at=DAY.replace(hour=hour, minute=minute))
    assert (done.status, sent(desk)) == (status, 0 if status else 3)
    if status:
        assert f"it would start at 2026-12-01 {hour:02}:{minute:02}:00; the next time is 2026-12-0" in done.err


def test_none_begins_that_would_end_in_the_night_at_the_set_rate(desk: Desk) -> None:
    prepared(desk, count=20, gateway="rate = 0.1")
    in_time = ask(desk, "check", "c.toml", at=DAY.replace(hour=20, minute=56))
    late = ask(desk, "check", "c.toml", at=DAY.replace(hour=20, minute=57))
    assert (in_time.status, late.status) == (0, 2)
    assert "it would last until 2026-12-01 21:00:20; the night begins at 2026-12-01 21:00:00" in late.out


def test_none_is_reserved_into_the_night_and_a_reservation_by_day_may_be_made_by_night(desk: Desk) -> None:
    prepared(desk, message=f'{AD}\nreserve = "2026-12-02 21:30:00"')
    done = ask(desk, "check", "c.toml")
    assert done.status == 2
    assert "it is reserved into the night (rows 2, 3, 4)" in done.out
    prepared(desk, message=f'{AD}\nreserve = "2026-12-02 10:30:00"')
    assert ask(desk, "check", "c.toml", at=NIGHT).status == 0


def test_practice_may_be_had_by_night_after_a_warning(desk: Desk) -> None:
    prepared(desk)
    done = ask(desk, "send", "c.toml", "--sandbox", at=NIGHT)
    assert (done.status, sent(desk)) == (0, 0)
    assert "warning    advertising: it would start at 2026-12-01 22:30" in done.out
    assert desk.run("status", "last", "--json").json["rows"] == {"total": 3, "accepted": 3}
    # The words are held to their rules in practice, too.
    prepared(desk, GOOD.replace("(광고)", ""))
    assert ask(desk, "send", "c.toml", "--sandbox").status == 2


def test_practice_by_night_asks_nobody_for_a_consent_to_the_night(desk: Desk) -> None:
    consenting(desk, ("2026-01-05", "N"))
    done = ask(desk, "send", "c.toml", "--sandbox", "--json", at=NIGHT)
    assert done.json["rows"] == {"total": 1, "accepted": 1}


def test_what_is_no_advertisement_goes_by_night(desk: Desk) -> None:
    prepared(desk, message="")
    assert ask(desk, "send", "c.toml", "--yes", at=NIGHT).status == 0


def test_the_night_that_comes_while_a_person_thinks_stops_the_send(desk: Desk) -> None:
    prepared(desk)
    evening = DAY.replace(hour=20, minute=59)
    later = iter([evening] * 3)
    with patch("campaign.model.times.Clock.now", side_effect=lambda: next(later, evening + timedelta(minutes=2))):
        done = desk.run("send", "c.toml", "--yes")
    assert (done.status, sent(desk)) == (2, 0)
    assert "it would start at 2026-12-01 21:01" in done.err


def paused(desk: Desk) -> None:
    """An advertisement that began by day, and was paused before it had sent anything."""
    prepared(desk, gateway="in_flight = 1")
    desk.fault(fault="code", code=13)
    assert ask(desk, "send", "c.toml", "--yes").status == 3
    assert sent(desk) == 0


def test_a_run_is_not_resumed_by_night_but_in_the_morning(desk: Desk) -> None:
    paused(desk)
    done = ask(desk, "resume", "last", "--json", at=NIGHT)
    assert (done.status, done.json["state"], sent(desk)) == (3, "paused", 0)
    assert "which opens 2026-12-02 08:00:00" in done.json["why"]
    assert ask(desk, "resume", "last", at=NIGHT + timedelta(hours=10)).status == 0
    assert sent(desk) == 3


def test_a_run_is_resumed_by_night_on_a_persons_word_which_is_recorded(desk: Desk) -> None:
    paused(desk)
    done = ask(desk, "resume", "last", "--override-advertising", "--json", at=NIGHT)
    assert (done.status, sent(desk)) == (0, 3)
    assert done.json["overridden"] == "resumed at night, 2026-12-01 22:30:00"


def test_a_run_overridden_for_the_night_goes_on_by_night(desk: Desk) -> None:
    prepared(desk, gateway="in_flight = 1")
    desk.fault(fault="code", code=13)
    assert ask(desk, "send", "c.toml", "--yes", "--override-advertising", at=NIGHT).status == 3
    assert ask(desk, "resume", "last", at=NIGHT).status == 0
    assert sent(desk) == 3


def test_ones_own_phone_gets_an_advertisement_at_any_hour(desk: Desk) -> None:
    prepared(desk, GOOD.replace("(광고)", ""))
    done = ask(desk, "test", "c.toml", "--to", "010-0299-9999", "--json", at=NIGHT)
    assert (done.status, done.json["advertisement"], sent(desk)) == (0, False, 1)


CONSENT = 'consent = "수신동의일"\nnight_consent = "야간동의"'
HEADINGS = ("이름", "휴대폰", "수신동의일", "야간동의")


def consenting(desk: Desk, *rows: tuple[object, object], message: str = AD) -> None:
    cells = [(f"고객{place}", number(place), *row) for place, row in enumerate(rows)]
    desk.sheet(cells, headings=HEADINGS)
    desk.campaign(GOOD, message=message, recipients=f'files = ["r.xlsx"]\n{CONSENT}')


def test_who_has_not_consented_is_left_out_with_the_columns_value(desk: Desk) -> None:
    consenting(desk, ("2026-01-05", "Y"), (None, "Y"), ("거부", "Y"), ("2023-01-05", None))
    done = ask(desk, "send", "c.toml", "--yes", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 4, "accepted": 2, "opted_out": 2})
    reasons = [row["reason"] for row in desk.results(done.json["report"])]
    assert reasons[1:3] == ["'수신동의일' is empty: no consent", "'수신동의일' says '거부': no consent"]
    assert "over 2 years ago" in reasons[3]


def test_a_night_send_goes_to_those_with_a_consent_to_the_night_alone(desk: Desk) -> None:
    consenting(desk, ("2026-01-05", "Y"), ("2026-01-05", "N"), ("2026-01-05", None), (None, "Y"))
    done = ask(desk, "send", "c.toml", "--yes", "--json", at=NIGHT)
    assert (done.status, done.json["rows"]) == (0, {"total": 4, "accepted": 1, "opted_out": 3})
    assert [one["number"] for one in desk.ask("/sandbox/deliveries?number=&offset=0&limit=10")] == [number(0)]
    reasons = [row["reason"] for row in desk.results(done.json["report"])]
    assert reasons[1] == "'야간동의' says 'N': no consent; it would be sent at night"
    # All of it may go by night, so it may also go on then.
    with open_for_reading(f"sqlite:///{desk.folder}/reports/journal.sqlite3") as journal:
        assert not journal.runs.get("last").by_day_only


def test_a_reservation_into_the_night_goes_to_those_with_a_consent_to_it_alone(desk: Desk) -> None:
    rows = (("2026-01-05", "Y"), ("2026-01-05", "N"))
    consenting(desk, *rows, message=f'{AD}\nreserve = "2026-12-02 23:00:00"')
    done = ask(desk, "check", "c.toml", "--json")
    assert (done.status, done.json["rows"]) == (0, {"total": 2, "pending": 1, "opted_out": 1})


def test_the_consent_to_the_night_is_not_asked_by_day_nor_of_what_is_no_advertisement(desk: Desk) -> None:
    consenting(desk, ("2026-01-05", "N"))
    assert ask(desk, "check", "c.toml", "--json").json["rows"] == {"total": 1, "pending": 1}
    consenting(desk, ("2026-01-05", "N"), message="")
    assert ask(desk, "check", "c.toml", "--json", at=NIGHT).json["rows"] == {"total": 1, "pending": 1}


def test_a_consent_column_that_is_not_there_is_refused(desk: Desk) -> None:
    desk.people(1)
    desk.campaign(recipients='files = ["r.xlsx"]\nconsent = "수신동의일"')
    done = ask(desk, "check", "c.toml")
    assert done.status == 2
    assert "recipients.consent = '수신동의일': there is no such column" in done.err


UNASKED = (
    "the column 'SMS 수신여부' looks like consent to messages, but is not used: 2 of 3 rows have no consent in"
    ' it; to leave them out, write under [recipients] in the campaign file: consent = "SMS 수신여부"'
)


def test_a_consent_that_nobody_asked_about_is_a_note_and_of_an_advertisement_a_warning_at_the_prompt(
    desk: Desk,
) -> None:
    rows = [("a", number(0), "Y"), ("b", number(1), "N"), ("c", number(2), None)]
    desk.sheet(rows, headings=("이름", "휴대폰", "SMS 수신여부"))
    desk.campaign("안녕하세요", message="")
    done = ask(desk, "send", "c.toml", "--yes")
    assert f"note: {UNASKED}" in done.err
    assert "warning:" not in done.err
    desk.campaign(GOOD, message=AD)
    done = ask(desk, "send", "c.toml", "--yes", "--again")
    assert f"warning: {UNASKED}\n" in done.err
    assert done.status == 0
    desk.campaign(GOOD, message=AD, recipients='files = ["r.xlsx"]\nconsent = "SMS 수신여부"')
    assert "looks like consent" not in ask(desk, "check", "c.toml").err


def test_a_refusal_that_nobody_looks_at_is_said_with_how_many_refuse(desk: Desk) -> None:
    desk.sheet([("a", number(0), "Y"), ("b", number(1), "N")], headings=("이름", "휴대폰", "수신거부여부"))
    desk.campaign(GOOD, message=AD)
    done = ask(desk, "check", "c.toml")
    assert "'수신거부여부' looks like a refusal of messages, but is not used: 1 of 2 rows refuse them" in done.err
    assert "consent =" not in done.err
