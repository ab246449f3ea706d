"""Messages over whole tables: rendered once for equal rows, judged by every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

from campaign.config import campaign_file
from campaign.messages.compose import compose
from campaign.messages.rendering import render
from campaign.messages.rendering.pool import start_pool
from campaign.model.sentences import sentences
from tests.support.messages import NOW, composed, recipients_of

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_with_the_same_values_are_rendered_once() -> None:
    recipients = recipients_of(이름=["가", "나", "가", "나", "가"], 쿠폰=[1, 2, 3, 4, 5])
    variants = render.render(recipients, {"text": ("t", "{{ 이름 }}님")}, sanitize=lambda texts: texts)
    assert variants.fields["text"].to_pylist() == ["가님", "나님"]
    assert variants.of_row.tolist() == [0, 1, 0, 1, 0]


def test_a_constant_text_is_not_rendered_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "RendererPool", lambda: pytest.fail("nothing is to be filled in"))
    frame = composed(tmp_path, recipients_of(이름=["가", "나"]), text="모두에게").frame
    assert frame["text"].tolist() == ["모두에게"] * 2


def test_processes_are_hired_only_where_something_is_to_be_filled_in(tmp_path: Path) -> None:
    for text, renderers in (("모두에게", False), ("{{ 이름 }}님", True)):
        values = {"name": "t", "sender": "02-1234-5678", "recipients": {"files": ["r.xlsx"]}, "message": {"text": text}}
        campaign = campaign_file.build(values, folder=tmp_path, place="here")
        with start_pool(campaign) as pool:
            assert (pool is not None) == renderers
            frame = compose(recipients_of(이름=["가"]), campaign, NOW, pool=pool).frame
        assert frame["text"].tolist() == [text.replace("{{ 이름 }}", "가")]


def test_every_text_field_may_be_a_template(tmp_path: Path) -> None:
    times = ["2026-12-01 10:00", "2026-12-02 09:30"]
    recipients = recipients_of(지점=["강남", "홍대"], 전화=["02-111-2222", "1588-1234"], 때=times)
    frame = composed(
        tmp_path,
        recipients,
        text="{{ 지점 }} " + "가" * 50,
        title="[{{ 지점 }}]",
        sender="{{ 전화 }}",
        reserve="{{ 때 }}",
    ).frame
    assert frame["title"].tolist() == ["[강남]", "[홍대]"]
    assert frame["sender"].tolist() == ["021112222", "15881234"]
    assert frame["date"].tolist() == ["2026-12-01 10:00:00", "2026-12-02 09:30:00"]
    assert frame["reason"].isna().all()


@pytest.mark.parametrize(
    ("text", "asked", "msg_type", "fits"),
    [
        ("가" * 45, "auto", "SMS", True),
        ("가" * 45 + "a", "auto", "LMS", True),
        ("가" * 1000, "auto", "LMS", True),
        ("가" * 1000 + "a", "auto", "LMS", False),
        ("가" * 45, "SMS", "SMS", True),
        ("가" * 45 + "a", "SMS", "SMS", False),
        ("a" * 90, "GSMS", "GSMS", True),
        ("a" * 91, "GSMS", "GSMS", False),
        ("짧은 글", "LMS", "LMS", True),
    ],
)
def test_the_type_follows_from_the_bytes(tmp_path: Path, text: str, asked: str, msg_type: str, fits: bool) -> None:
    title = {"title": "제목"} if asked == "LMS" else {}
    frame = composed(tmp_path, recipients_of(글=[text]), text="{{ 글 }}", type=asked, **title).frame
    [row] = frame.to_dict("records")
    assert row["msgType"] == msg_type
    assert row["bytes"] == len(text.encode("cp949"))
    assert pd.isna(row["reason"]) == fits


@pytest.mark.parametrize(
    ("title", "fits"),
    [
        ("가" * 20, True),
        ("가" * 20 + "a", False),
        ("[봄] (세일) <오늘> 123 abc", True),
        ("봄 세일!", False),
        ("봄·세일", False),
        (" ", False),
    ],
)
def test_a_title_has_40_bytes_and_few_marks(tmp_path: Path, title: str, fits: bool) -> None:
    frame = composed(tmp_path, recipients_of(제목=[title]), text="가" * 50, title="{{ 제목 }}").frame
    assert frame["reason"].isna().all() == fits


def test_an_sms_has_no_title_and_that_is_said_where_the_user_asked_for_sms(tmp_path: Path) -> None:
    recipients = recipients_of(글=["짧다", "길" * 50])
    result = composed(tmp_path, recipients, text="{{ 글 }}", title="제목")
    assert [None if pd.isna(title) else title for title in result.frame["title"]] == [None, "제목"]
    assert not any("title is not sent" in note for note in result.notes)
    asked = composed(tmp_path, recipients, text="{{ 글 }}", title="제목", type="SMS")
    assert any("title is not sent" in note for note in asked.notes)


def test_a_rows_problem_is_data(tmp_path: Path) -> None:
    recipients = recipients_of(글=["좋다", None, "😀", " ", "x"], 수=[1, 2, 3, 4, 0])
    reasons = composed(tmp_path, recipients, text="{{ 글 }}{{ 1 // 수 }}").frame["reason"]
    assert reasons[1] == '["empty_cell",{"heading":"글"}]'
    reasons = sentences(reasons)
    assert pd.isna(reasons[0])
    assert "'글' is empty" in reasons[1]
    assert "U+1F600" in reasons[2]
    assert "'글' is empty" in reasons[3]
    assert "division" in reasons[4] or "zero" in reasons[4]


def test_substitutes_are_put_in_where_asked(tmp_path: Path) -> None:
    frame = composed(tmp_path, recipients_of(이름=["가"]), text="10–12시", substitute=True).frame
    assert frame["text"].tolist() == ["10-12시"]


def test_a_reservation_outside_the_window_is_the_rows_problem(tmp_path: Path) -> None:
    recipients = recipients_of(때=["2026-11-23 10:10", "2027-02-01 10:00", "아무 때나", "2026-11-23 10:20"])
    reasons = sentences(composed(tmp_path, recipients, text="글", reserve="{{ 때 }}").frame["reason"])
    for reason, words in zip(reasons[:3], ["too soon", "too far", "expected a time"], strict=True):
        assert words in reason
    assert pd.isna(reasons[3])


def picture(path: Path, size: tuple[int, int], form: str, **options: Any) -> None:
    noise = Image.effect_noise(size, 90).convert("RGB")
    noise.save(path, form, **options)


def test_each_picture_is_fitted_once_into_a_jpg_under_the_limit(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", (1600, 1200), "PNG")
    picture(tmp_path / "b.jpg", (200, 200), "JPEG", quality=60)
    recipients = recipients_of(그림=["a.png", "b.jpg", "a.png"])
    result = composed(tmp_path, recipients, text="글", title="제목", image="{{ 그림 }}")
    assert result.frame["msgType"].tolist() == ["MMS"] * 3
    assert result.frame["image"][0] == result.frame["image"][2] != result.frame["image"][1]
    assert len(result.images) == 2
    for data in result.images.values():
        assert data.startswith(b"\xff\xd8\xff")
        assert len(data) <= 100_000
    assert result.images[result.frame["image"][1]] == (tmp_path / "b.jpg").read_bytes()
    assert [note for note in result.notes if "a.png" in note]


def test_a_phones_photo_is_turned_upright(tmp_path: Path) -> None:
    from io import BytesIO

    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    Image.new("RGB", (300, 200), "red").save(tmp_path / "p.jpg", "JPEG", exif=exif)
    result = composed(tmp_path, recipients_of(이름=["가"]), text="글", title="제목", image="p.jpg")
    [data] = result.images.values()
    assert Image.open(BytesIO(data)).size == (200, 300)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.jpg", "no such file"),
        ("text.jpg", "not a supported image"),
        ("../out.jpg", "outside the campaign's folder"),
        (" ", "'그림' is empty"),
    ],
)
def test_a_picture_that_cannot_be_used_is_the_rows_problem(tmp_path: Path, name: str, words: str) -> None:
    folder = tmp_path / "campaign"
    folder.mkdir()
    picture(tmp_path / "out.jpg", (20, 20), "JPEG")
    (folder / "text.jpg").write_text("not a picture")
    frame = composed(folder, recipients_of(그림=[name]), text="글", title="제목", image="{{ 그림 }}").frame
    assert words in sentences(frame["reason"])[0]


def test_progress_counts_every_row_once(tmp_path: Path) -> None:
    seen: list[int] = []
    recipients = recipients_of(이름=[f"고객{place % 7}" for place in range(5_000)])
    names = {"text": ("the text", "{{ 이름 }}")}
    variants = render.render(recipients, names, sanitize=lambda texts: texts, progress=seen.append)
    assert (len(variants), sum(seen)) == (7, 5_000)
    del tmp_path
