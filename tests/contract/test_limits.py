"""The client's limits and the sandbox's, at both sides of every edge: they were read from the document apart."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from campaign.config.campaign_file import build
from campaign.engine import planning
from campaign.gateway.client import Client, Keys
from campaign.messages import images
from campaign.messages.compose import compose
from campaign.messages.cp949 import byte_lengths
from campaign.model import Message, MsgType, Recipients, Request, limits, schema
from campaign.model.errors import SettingsError
from campaign.model.times import format_time
from campaign.sandbox import rules
from campaign.timing import reservation
from tests.contract.pairs import KEYS, SENDER

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.gateway.outcome import Outcome

NOBODY_IN_PARTICULAR = Recipients(table=pd.DataFrame({"row": [2]}), columns=(), phone="own.0", sources=())
SEOUL = timezone(timedelta(hours=9))


def jpg(size: int) -> bytes:
    """A real picture of exactly so many bytes: what stands behind its end is no part of it."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(buffer, "JPEG")
    return buffer.getvalue().ljust(size, b"\x00")


def checked(tmp_path: Path, **message: object) -> tuple[str | None, str | None]:
    """Why the check refuses a message, and the type that it would go as."""
    values = {"name": "x", "sender": SENDER, "recipients": {"files": ["x.csv"]}, "message": message}
    campaign = build(values, folder=tmp_path, place="x.toml")
    try:
        row = compose(NOBODY_IN_PARTICULAR, campaign, datetime.now(UTC)).frame.iloc[0]
    except SettingsError as refusal:
        return str(refusal), None
    return tuple(None if pd.isna(row[name]) else str(row[name]) for name in ("reason", "msgType"))  # type: ignore[return-value]


def send(
    strict: str,
    *,
    numbers: tuple[str, ...] = ("01020000000",),
    image: bytes | None = None,
    **given: Any,
) -> Outcome:
    message = {"sender": SENDER, "text": "내용", "msg_type": MsgType.SMS, "image": "0" * 64 if image else None} | given
    with Client(strict, keys=Keys(*KEYS)) as client:
        return client.send(client.prepare(Request(id="r", no=1, message=Message(**message), numbers=numbers), image))


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("가" * 20, 0),
        ("a" * 40, 0),
        ("가" * 20 + "a", 23),
        ("a" * 41, 23),
        ("[](){}", 22),
        ("[]()<> 가나Aa1", 0),
        ("쿠폰!", 22),
        ("ㄱㅏ", 0),
        ("뷁똠", 0),
        ("전각Ａ", 22),
        ("탭\t", 22),
    ],
)
def test_titles_are_judged_alike_on_both_sides(strict: str, tmp_path: Path, title: str, code: int) -> None:
    reason, _ = checked(tmp_path, text="내용", title=title, type="LMS")
    assert send(strict, title=title, msg_type=MsgType.LMS).code == code
    assert (reason is None) == (code == 0), reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("가" * 45, "SMS"),
        ("a" * 90, "SMS"),
        ("가" * 45 + "a", "LMS"),
        ("a" * 91, "LMS"),
        ("가\n" * 30, "SMS"),
        ("가\n" * 30 + "a", "LMS"),
        ("뷁" * 45, "SMS"),
        ("가" * 1_000, "LMS"),
        ("a" * 2_000, "LMS"),
    ],
)
def test_texts_that_go_become_the_same_type_on_both_sides(strict: str, tmp_path: Path, text: str, kind: str) -> None:
    assert checked(tmp_path, text=text) == (None, kind)
    outcome = send(strict, text=text, msg_type=MsgType(kind))
    assert (outcome.code, outcome.msg_type) == (0, kind)


@pytest.mark.parametrize("text", ["가" * 1_000 + "a", "a" * 2_001, "뷁" * 1_000 + "\n"])
def test_texts_of_2001_bytes_are_refused_on_both_sides(strict: str, tmp_path: Path, text: str) -> None:
    reason, _ = checked(tmp_path, text=text)
    assert "2,001 bytes long, 1 more than the 2,000" in str(reason)
    assert send(strict, text=text, msg_type=MsgType.LMS).code == 21
    assert send(strict, text=text, title="제목", msg_type=MsgType.MMS, image=jpg(5_000)).code == 21


@pytest.mark.parametrize(("text", "goes"), [("a" * 90, True), ("a" * 91, False)])
def test_international_texts_have_90_bytes_on_both_sides(strict: str, tmp_path: Path, text: str, *, goes: bool) -> None:
    reason, _ = checked(tmp_path, text=text, type="GSMS")
    outcome = send(strict, text=text, msg_type=MsgType.GSMS, numbers=("819012345678",))
    assert (reason is None, outcome.code) == (goes, 0 if goes else 21)


@pytest.mark.parametrize(("size", "code"), [(100_000, 0), (100_001, 31)])
def test_pictures_of_100000_bytes_go_as_they_are_and_larger_ones_never(
    strict: str, tmp_path: Path, size: int, code: int
) -> None:
    picture = tmp_path / "poster.jpg"
    picture.write_bytes(jpg(size))
    assert send(strict, title="제목", msg_type=MsgType.MMS, image=jpg(size)).code == code
    fitted = images.fit(picture)
    assert (fitted.data == jpg(size)) == (code == 0)
    assert len(fitted.data) <= 100_000
    assert send(strict, title="제목", msg_type=MsgType.MMS, image=fitted.data).code == 0


@pytest.mark.parametrize(("count", "sizes", "code"), [(1_000, [1_000], 0), (1_001, [1_000, 1], 44)])
def test_a_request_has_1000_recipients_at_most_on_both_sides(
    strict: str, count: int, sizes: list[int], code: int
) -> None:
    numbers = tuple(f"0102{place:07d}" for place in range(count))
    columns = {name: pd.array(["내용"] * count, dtype=schema.TEXT) for name in planning.MESSAGE}
    table = pd.DataFrame(columns | {"number": pd.array(numbers, dtype=schema.TEXT)})
    of_row = planning.assign_requests(table, np.ones(count, dtype=bool))
    assert of_row.value_counts(sort=False).to_list() == sizes
    assert send(strict, numbers=numbers).code == code
    mms = send(strict, numbers=numbers, title="제목", msg_type=MsgType.MMS, image=jpg(5_000))
    assert mms.code == code


@pytest.mark.parametrize(
    ("ahead", "ours", "code"),
    [
        (timedelta(minutes=14, seconds=50), False, 42),
        (timedelta(minutes=15, seconds=20), False, 0),  # inside the margin that we keep
        (timedelta(minutes=16, seconds=20), True, 0),
        (timedelta(days=27), True, 0),
        (timedelta(days=32), False, 42),
        (timedelta(days=-1), False, 42),
    ],
)
def test_near_the_edges_we_reserve_only_what_the_sandbox_takes(
    strict: str, tmp_path: Path, ahead: timedelta, code: int, *, ours: bool
) -> None:
    date = format_time(datetime.now(UTC) + ahead)
    reason, _ = checked(tmp_path, text="내용", reserve=date)
    assert (reason is None) == ours, reason
    assert send(strict, date=date).code == code


@pytest.mark.parametrize(("beside", "ours", "code"), [(-90, True, 0), (-30, False, 0), (30, False, 42)])
def test_near_a_months_end_we_reserve_only_what_the_sandbox_takes(
    strict: str, tmp_path: Path, beside: int, code: int, *, ours: bool
) -> None:
    date = format_time(reservation.a_month_after(datetime.now(UTC)) + timedelta(seconds=beside))
    reason, _ = checked(tmp_path, text="내용", reserve=date)
    assert (reason is None) == ours, reason
    assert send(strict, date=date).code == code


@pytest.mark.parametrize("date", ["2026-12-01", "2026-02-30 10:00:00", "2026-12-01T10:00:00", "tomorrow"])
def test_a_date_in_another_form_is_refused_and_ours_is_always_in_the_right_one(strict: str, date: str) -> None:
    assert send(strict, date=date).code == 43


@given(st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1)))
def test_both_mean_the_same_by_a_month(moment: datetime) -> None:
    now = moment.replace(tzinfo=SEOUL)
    assert reservation.a_month_after(now) == rules.month_after(now)


@given(st.lists(st.text(st.characters(codec="cp949", exclude_characters="\0")), max_size=5))
def test_both_count_bytes_alike(texts: list[str]) -> None:
    assert byte_lengths(texts).bytes.tolist() == [rules.byte_length(text) for text in texts]


def test_both_write_the_limits_alike() -> None:
    assert (limits.RECIPIENTS, rules.RECIPIENTS) == (1_000, 1_000)
    assert (limits.SMS_BYTES, rules.SMS_BYTES) == (90, 90)
    assert (limits.LMS_BYTES, rules.TEXT_BYTES) == (2_000, 2_000)
    assert (limits.TITLE_BYTES, rules.TITLE_BYTES) == (40, 40)
    assert (limits.IMAGE_BYTES, rules.IMAGE_BYTES) == (100_000, 100_000)
    assert limits.RESERVE_FROM == rules.RESERVE_FROM == timedelta(minutes=15)
