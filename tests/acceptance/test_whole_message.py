"""What is wrong with the message as a whole is refused once; what is wrong with a row stays that row's."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.support.desk import number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.desk import Desk

LONG = "가" * 1_001
IMAGE = 'title = "제목"\nimage = "p.jpg"'


def put_noise(folder: Path) -> None:
    """A picture that cannot be made small enough: it takes more than 50 MB."""
    (folder / "p.jpg").write_bytes(b"\xff\xd8\xff" + bytes(50_000_001))


def put_tiff(folder: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20)).save(buffer, "TIFF")
    (folder / "p.jpg").write_bytes(buffer.getvalue())


def put_loop(folder: Path) -> None:
    (folder / "p.jpg").symlink_to("p.jpg")


def put_nothing(folder: Path) -> None:
    del folder


@pytest.mark.parametrize(
    ("text", "message", "put", "said"),
    [
        ("사진", IMAGE, put_nothing, "message.image: image p.jpg: no such file"),
        ("사진", IMAGE, put_tiff, "message.image: image p.jpg: is a TIFF; save it as a JPG, PNG, WebP or GIF"),
        ("사진", IMAGE, put_noise, "message.image: image p.jpg: is over 50 MB"),
        ("사진", IMAGE, put_loop, "message.image: image p.jpg: cannot be read"),
        ("{{ 이름 }}님 사진", IMAGE, put_nothing, "message.image: image p.jpg: no such file"),
        ("글", f'type = "LMS"\ntitle = "{"가" * 21}"', put_nothing, "message.title: the title is 42 bytes long"),
        ("{{ 이름 }}", 'type = "LMS"\ntitle = "봄!"', put_nothing, "message.title: title '봄!': only Hangul"),
        (LONG, "", put_nothing, "message.text: the text is 2,002 bytes long"),
        ("가" * 50, 'type = "SMS"', put_nothing, "message.text: the text is 100 bytes long"),
        ("봄 😀", "", put_nothing, "message.text: text: "),
        ("{{ '가' * 1001 }}", "", put_nothing, "message.text: the text is 2,002 bytes long"),
        ("", 'template = "t.j2"', put_nothing, "template t.j2: the text is 2,002 bytes long"),
        (
            "글",
            'reserve = "2020-01-01 10:00:00"',
            put_nothing,
            "message.reserve: reserve 2020-01-01 10:00:00: too soon",
        ),
        ("글", 'reserve = "내일"', put_nothing, "message.reserve: reserve '내일': expected a time such as"),
    ],
)
def test_a_fault_of_every_row_is_one_refusal(
    desk: Desk, text: str, message: str, put: Callable[[Path], None], said: str
) -> None:
    desk.people(5)
    put(desk.folder)
    (desk.folder / "t.j2").write_text(LONG, encoding="utf-8")
    desk.campaign(text, message=message)
    for command in (["check", "c.toml"], ["send", "c.toml", "--yes"], ["preview", "c.toml"]):
        done = desk.run(*command)
        assert (done.status, done.out) == (2, ""), done.err
        assert done.err.count(said) == 1, done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0
    assert not (desk.folder / "reports").exists()


@pytest.mark.parametrize(
    ("text", "message", "wrong", "said"),
    [
        ("사진", 'title = "제목"\nimage = "{{ 값 }}"', "none.jpg", "image none.jpg: no such file"),
        ("사진", 'title = "제목"\nimage = "{{ 값 }}"', "loop.jpg", "its links form a loop"),
        ("글", 'type = "LMS"\ntitle = "{{ 값 }}"', "가" * 21, "the title is 42 bytes long"),
        ("{{ 값 }}", "", LONG, "the text is 2,002 bytes long"),
        ("글", 'reserve = "{{ 값 }}"', "내일", "expected a time such as"),
    ],
)
def test_a_fault_of_one_row_stays_that_rows(desk: Desk, text: str, message: str, wrong: str, said: str) -> None:
    Image.new("RGB", (20, 20)).save(desk.folder / "good.jpg")
    (desk.folder / "loop.jpg").symlink_to("loop.jpg")
    good = "good.jpg" if "image" in message else "봄"
    rows = [(good, number(1)), (wrong, number(2)), (good, number(3))]
    desk.sheet(rows, headings=("값", "휴대폰"))
    desk.campaign(text, message=message)
    done = desk.run("check", "c.toml", "--json")
    assert done.status == 1, done.err
    results = desk.results(done.json["report"])
    assert results[1]["status"] == "invalid"
    assert said in results[1]["reason"]


def test_a_title_that_no_message_carries_is_not_judged(desk: Desk) -> None:
    desk.people(2)
    desk.campaign("짧은 글", message='title = "봄!"')
    assert desk.run("check", "c.toml").status == 0


def test_two_faults_of_the_whole_message_are_both_said(desk: Desk) -> None:
    desk.sheet([("봄", number(1)), ("가" * 21, number(2))], headings=("값", "휴대폰"))
    desk.campaign(LONG, message='title = "{{ 값 }}"')
    done = desk.run("check", "c.toml")
    assert (done.status, done.err.count("the text is 2,002 bytes long")) == (2, 1)
