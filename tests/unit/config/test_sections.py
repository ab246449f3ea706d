"""The campaign file's tables about time: what they take, and how they refuse the rest."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from campaign.config.campaign_file import Campaign, build
from campaign.model.errors import SettingsError

BASE = 'name = "t"\nsender = "02-1234-5678"\n[recipients]\nfiles = ["a.xlsx"]\n[message]\ntext = "x"\n'


def campaign(words: str, message: str = "") -> Campaign:
    return build(tomllib.loads(f"{BASE}{message}\n{words}"), folder=Path(), place="c.toml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("[schedule]\nstart_at = 2026-12-01", "schedule.start_at = 2026-12-01: expected a day and a time"),
        ('[schedule]\nstart_at = "2026-12-01 10:00"', "without quotes, such as 2026-12-01T10:00:00+09:00"),
        (
            "[schedule]\nstart_by = 2026-12-01T10:00:00Z",
            "schedule.start_by = 2026-12-01T10:00:00+00:00: it needs `start_at`",
        ),
        (
            "[schedule]\nstart_at = 2026-12-01T10:00:00\nstart_by = 2026-12-01T10:00:00",
            "schedule.start_by = 2026-12-01T10:00:00: expected a time after `start_at`, 2026-12-01T10:00:00+09:00",
        ),
        ("[schedule]\nonce_per_recipient = true", "give `start_at` for one start, or `every` for repeated starts"),
        ('[schedule]\nevery = "0 10 * *"', "schedule.every = '0 10 * *': expected five fields"),
        ('[schedule]\nevery = "0 10 * * *"\nmax_invalid = "101%"', "schedule.max_invalid = '101%': expected a share"),
        ('[schedule]\nevery = "0 10 * * *"\nmax_invalid = 5', "schedule.max_invalid = 5"),
        ('[schedule]\nevry = "0 10 * * *"', "schedule.evry: unknown key: did you mean `every`?"),
        ('[sending]\nwindow = "9 to 5"', "sending.window = '9 to 5': expected two times of the day"),
        ('[sending]\nspread = "1000"', "sending.spread = '1000': expected recipients and an interval"),
        ("[notify]", "notify: give a `command`, or `mail_to`, `mail_from` and `smtp`"),
        ('[notify]\nmail_to = ["me"]', "'me' is not a mail address"),
        ('[notify]\nmail_to = ["a@b.kr"]\nmail_from = "c@d.kr"', "a mail needs all of"),
        ('[notify]\nsmtp = "example.kr"', "expected a mail server and its port, such as smtp.example.kr:587"),
        ('[notify]\npassword = "x"', "notify.password: unknown key"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_what_was_expected(words: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        campaign(words)
    assert said in str(refused.value)
    assert str(refused.value).startswith("c.toml: ")


def test_an_advertisement_whose_window_lies_in_the_night_is_refused() -> None:
    with pytest.raises(SettingsError, match="do not overlap"):
        campaign('[sending]\nwindow = "21:30-23:00"', message="advertisement = true")


def test_the_time_from_start_at_to_start_by_is_how_late_it_may_be() -> None:
    found = campaign('[schedule]\nevery = "0 10 * * *"\nstart_at = 2026-12-01T10:00:00\nstart_by = 2026-12-01T10:45:00')
    assert found.schedule is not None
    assert found.schedule.timetable.grace == timedelta(minutes=45)
    usual = campaign("[schedule]\nstart_at = 2026-12-01T10:00:00")
    assert usual.schedule is not None
    assert usual.schedule.timetable.grace == timedelta(hours=2)
