"""Extreme values wherever a number, a time or a name is read: a campaign that works, or a refusal in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.config.campaign_file import Campaign, load
from campaign.engine import estimate
from campaign.gateway import server_time
from campaign.model import MsgType
from campaign.model.errors import CampaignError
from campaign.timing import window
from campaign.timing.gate import Gate
from tests.support.desk import Desk, number

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

KEYS = {
    "recipients": ["files", "sheet", "phone", "duplicates", "suppress", "hidden_rows", "consent"],
    "message": ["title", "image", "type", "reserve", "advertisement", "advertiser", "substitute"],
    "schedule": ["start_at", "start_by", "every", "once_per_recipient", "max_invalid"],
    "sending": ["window", "spread"],
    "notify": ["command", "mail_to", "smtp"],
    "gateway": ["api", "url", "in_flight", "rate"],
    "prices": ["SMS", "GSMS"],
}
PLACES = [f"{section}.{key}" for section, keys in KEYS.items() for key in keys]
BARE = """
nan inf -inf -0 1e308 5e-324 true [] {} [[]] 0x7fffffffffffffff -9223372036854775809 1 8 0
9999-12-31T23:59:59-23:59 0001-01-01T00:00:00+23:59 9999-12-31T23:59:59.999999 2026-12-01 00:00:00
2199-12-31T23:59:59-12:00 2000-01-01T00:00:00+12:00 2026-02-30T00:00:00Z
"""
QUOTED = r"""
\u0000|\n|0 10 29 2 *|*/9 * * * *|24:00-25:00|00:00-23:59|https://[::1|1 every 1 second|999999999 every 24 hours
1 every 24 hours|SMS|LMS|9999-12-31|0 10 5L * *|0 10 * * 5L/2|0 10 L/2 * *|- - - - -|, , , , ,|# # # # #
"""
WITH_DIGITS = [
    "{0}", '"{0}"', '"{0} every {0} hours"', '"1 every {0} seconds"', '"{0} {0} * * {0}-{0}"', '"{0}%"',
    '"example.kr:{0}"', '"https://example.kr:{0}"',
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(BARE.split()),
    st.sampled_from([f'"{value}"' for line in QUOTED.split("\n") for value in line.split("|")]),
    st.builds(lambda form, count: form.format("9" * count), st.sampled_from(WITH_DIGITS), st.integers(1, 6_000)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(
        lambda text: '"' + "".join(f"\\U{ord(one):08x}" for one in text) + '"'
    ),
)


def exercised(campaign: Campaign) -> None:
    """Everything that is counted from a campaign's numbers and times."""
    rules, sending = campaign.schedule, campaign.sending
    if rules is not None:
        table = rules.timetable
        for now in (NOW, NOW + timedelta(days=70_000)):
            table.upcoming((), now, 3)
            table.due((), NOW, now)
        assert 0 <= rules.invalid_share <= 1
    hours = window.of_run(sending.window, advertisement=campaign.message.advertisement)
    speed = estimate.Speed(
        in_flight=campaign.gateway.in_flight, rate=campaign.gateway.rate, windows=hours, spreading=sending.spreading
    )
    speed.sent_at(NOW, 10_000_000, 1_000_000_000)
    estimate.format_duration(estimate.duration(10_000_000, in_flight=speed.in_flight, rate=speed.rate))
    if sending.spreading is not None:
        assert 1 <= sending.spreading.request_size(1_000) <= 1_000
        Gate(hours, sending.spreading, [(NOW, 1_000)]).wait_for_spread(1_000, NOW)
    assert all(0 <= campaign.prices.get(kind, 0) <= 1_000_000 for kind in MsgType)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_=st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=1, max_size=4))
def test_a_campaign_file_of_extreme_values_works_or_is_refused_in_words(tmp_path: Path, given_: dict[str, str]) -> None:
    sections: dict[str, list[str]] = {"recipients": ['files = ["a.xlsx"]'], "message": ['text = "x"']}
    for place, value in given_.items():
        section, key = place.split(".")
        lines = sections.setdefault(section, [])
        sections[section] = [*(line for line in lines if not line.startswith(f"{key} =")), f"{key} = {value}"]
    body = "\n".join(line for name, lines in sections.items() for line in (f"[{name}]", *lines))
    (tmp_path / "c.toml").write_text(f'name = "t"\nsender = "02-1234-5678"\n{body}\n', encoding="utf-8")
    try:
        campaign = load(tmp_path / "c.toml")
    except CampaignError as refusal:
        assert str(refusal).startswith(f"{tmp_path / 'c.toml'}: ")  # noqa: PT017 - either is right
    else:
        exercised(campaign)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_are_a_campaign_file_or_are_refused_in_words(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "c.toml").write_bytes(data)
    with pytest.raises(CampaignError):
        load(tmp_path / "c.toml")


@given(
    st.one_of(
        st.text(max_size=60),
        st.builds(
            "{}, {} {} {} {}:{}:{} {}".format,
            st.sampled_from(["Mon", "Fri", ""]),
            st.integers(-1, 40),
            st.sampled_from(["Jan", "Dec", "Xxx", "13"]),
            st.one_of(st.integers(-5, 12_000), st.just("9" * 5_000)),
            st.integers(-1, 25),
            st.integers(-1, 61),
            st.integers(-1, 62),
            st.sampled_from(["GMT", "+2359", "-2359", "-9999", "+99999999999", ""]),
        ),
    )
)
def test_any_date_header_is_a_time_of_our_day_or_none(header: str) -> None:
    time = server_time.read_date(header)
    assert time is None or 1999 <= time.astimezone(UTC).year <= 2200


HUGE = ["0", "-1", str(2**31), str(2**63), "9" * 30, "9" * 5_000, "1e5", "nan", "inf", "٣", " ", ""]


@pytest.mark.parametrize(
    "words",
    [
        ["preview", "c.toml", "--row"],
        ["test", "c.toml", "--sandbox", "--to", number(0), "--row"],
        ["test", "c.toml", "--sandbox", "--to"],
        ["status", "last", "--request"],
        ["resolve", "last", "--sent", "--yes", "--request"],
        ["purge", "--yes", "--older-than"],
        ["report", "--since"],
        ["sandbox", "--port", "65536", "--rate"],
        ["sandbox", "--rate", "0", "--port"],
        ["sandbox", "--rate", "0", "--latency"],
        ["sandbox", "--rate", "0", "--fault"],
    ],
    ids=" ".join,
)
def test_an_option_of_an_extreme_value_is_taken_or_refused_in_words(desk: Desk, words: list[str]) -> None:
    desk.people(2)
    desk.campaign()
    assert desk.run("send", "c.toml", "--yes").status == 0
    for value in [*HUGE, "99999d", "999999999d", "9999-12-31", "0001-01-01", "99999-01-01"]:
        done = desk.run(*words, value)
        assert done.status in {0, 1, 2}, (value, done)
        assert done.status == 0 or done.err, (value, done)


@pytest.mark.parametrize(
    "words",
    [
        ["--text", "\udcff"],
        ["--text", "x", "--title", "\udcff"],
        ["--text", "x", "--sender", "9" * 5_000],
        ["--text", "x", "--image", "loop"],
        ["--template", "loop"],
        ["--template", "."],
        ["--text", "x", "--type", "9" * 100],
        ["--text", "x", "--gateway-url", "https://a:99999999999999"],
    ],
)
def test_a_campaign_of_options_is_checked_or_refused_in_words(desk: Desk, words: list[str]) -> None:
    desk.people(2)
    (desk.folder / "loop").symlink_to("loop")
    sender = [] if "--sender" in words else ["--sender", "02-1234-5678"]
    done = desk.run("check", "--recipients", "r.xlsx", *sender, *words)
    assert (done.status, done.err != "") == (2, True)
