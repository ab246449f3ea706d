"""The rules of a house: what they make of a campaign, and what is no rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from campaign.config.campaign_file import build
from campaign.config.house_rules import HouseRules, read
from campaign.config.sections import NotifySection
from campaign.model.errors import SettingsError

VALUES: dict[str, Any] = {
    "name": "x",
    "sender": "02-1234-5678",
    "recipients": {"files": ["r.xlsx"]},
    "message": {"text": "안녕하세요"},
}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("most_a_day", "viele", "web.toml: most_a_day = 'viele': expected a whole number of recipients from 1"),
        ("most_a_day", 0, "web.toml: most_a_day = 0: expected a whole number of recipients from 1"),
        ("most_a_day", True, "web.toml: most_a_day = true: expected a whole number of recipients from 1"),
        ("window", "9-18", "web.toml: window = '9-18': expected two times of the day in Asia/Seoul"),
        ("window", 9, "web.toml: window = 9: expected hours in quotes"),
        ("ask_reason", "ja", "web.toml: ask_reason = 'ja': expected true or false"),
        ("notify", {"mail_to": ["me"]}, "web.toml: notify.mail_to = ['me']: 'me' is not a mail address"),
        ("notify", {"comand": ["x"]}, "web.toml: notify.comand: unknown key: did you mean `command`?"),
        ("notify", {}, "web.toml: notify: give a `command`"),
    ],
)
def test_a_wrong_value_is_refused_with_the_file_the_key_and_the_value(key: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({key: value, "senders": 7}, "web.toml")
    assert words in str(caught.value)


def test_a_campaign_goes_within_the_hours_of_the_house_and_tells_whom_the_house_tells() -> None:
    rules = read({"window": "09:00-18:00", "notify": {"command": ["tell.sh"]}, "senders": []}, "web.toml")
    campaign = rules.applied(build(VALUES | {"sending": {"window": "12:00-20:00"}}, folder=Path(), place="c.toml"))
    assert campaign.sending.window == "12:00-18:00"
    assert campaign.notify == NotifySection(command=("tell.sh",))
    own = {"notify": {"command": ["own.sh"]}}
    assert rules.applied(build(VALUES | own, folder=Path(), place="c.toml")).notify == NotifySection(
        command=("own.sh",)
    )


def test_without_rules_a_campaign_stays_as_it_is() -> None:
    campaign = build(VALUES | {"sending": {"window": "12:00-20:00"}}, folder=Path(), place="c.toml")
    assert HouseRules().applied(campaign) == campaign


@pytest.mark.parametrize(
    ("house", "more"),
    [
        ("09:00-18:00", {"sending": {"window": "19:00-20:00"}}),
        ("21:00-23:00", {"message": {"text": "(광고) 안녕하세요", "advertisement": True}}),
    ],
    ids=["the campaign's own window", "the legal night"],
)
def test_hours_that_never_meet_are_refused(house: str, more: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"window of the house, {house}: "):
        HouseRules(window=house).applied(build(VALUES | more, folder=Path(), place="c.toml"))
