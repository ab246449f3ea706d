"""What is sent is what was checked: no input file is looked at again once the question has been asked."""

from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from PIL import Image

from campaign.config.campaign_file import load
from tests.support.desk import KEYS, ROOT, Desk, number

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUESTION = "Send 2 messages (MMS 2, 300 won) from 02-1234-5678 now, through 127.0.0.1:"
TEXT = "{{ 이름 }}님, 처음 글"


@dataclass(frozen=True)
class Sent:
    """What a send came to: its exit status, what it said, what the gateway took, the recorded template and picture."""

    status: int
    said: str
    requests: list[dict[str, Any]]
    template: str
    pictures: list[bytes]
    summary: str


def send_and_meddle(desk: Desk, meddle: Callable[[Path], None]) -> Sent:
    """Send from a real terminal; `meddle` has the folder while the question stands, and then it is answered."""
    mine, its = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "IWINV_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", "send", "c.toml", "--no-progress", "--report", "result.xlsx"],
        cwd=desk.folder,
        env=environment | KEYS | {"CAMPAIGN_GATEWAY_URL": str(desk.sandbox), "PYTHONPATH": str(ROOT)},
        stdin=its,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = b""
    while QUESTION.encode() not in said or not said.endswith(b"] "):
        piece = os.read(process.stderr.fileno(), 4096)
        assert piece, said.decode()
        said += piece
    meddle(desk.folder)
    os.write(mine, b"y\n")
    said += process.stderr.read()
    process.stderr.close()
    status = process.wait(60)
    os.close(mine)
    os.close(its)
    with closing(sqlite3.connect(desk.folder / "reports" / "journal.sqlite3")) as journal:
        [(template,)] = journal.execute("SELECT template FROM runs").fetchall()
        pictures = [data for (data,) in journal.execute("SELECT data FROM images")]
    sheet = openpyxl.load_workbook(desk.folder / "result.xlsx")["summary"]
    summary = "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)
    return Sent(status, said.decode(), desk.ask("/sandbox/requests"), template, pictures, summary)


def picture(path: Path, colour: str) -> bytes:
    Image.new("RGB", (64, 64), colour).save(path, "JPEG")
    return path.read_bytes()


@pytest.fixture
def laid_out(desk: Desk) -> Desk:
    """A campaign that uses every kind of input file."""
    desk.people(3)
    (desk.folder / "t.j2").write_text(f"{TEXT}\n", encoding="utf-8")
    picture(desk.folder / "p.jpg", "red")
    (desk.folder / "out.csv").write_text(f"휴대폰\n{number(2)}\n", encoding="utf-8")
    desk.campaign(
        "",
        recipients='files = ["r.xlsx"]\nsuppress = ["out.csv"]',
        message='template = "t.j2"\ntitle = "제목"\nimage = "p.jpg"',
        prices="MMS = 150",
    )
    return desk


def edit_template(folder: Path) -> None:
    (folder / "t.j2").write_text("바꾼 글\n", encoding="utf-8")


def edit_picture(folder: Path) -> None:
    picture(folder / "p.jpg", "blue")


def edit_list(folder: Path) -> None:
    (folder / "out.csv").write_text("휴대폰\n", encoding="utf-8")


def edit_spreadsheet(folder: Path) -> None:
    Desk(folder).people(9)


def edit_campaign(folder: Path) -> None:
    Desk(folder).campaign("바꾼 글", top='sender = "02-9999-9999"')


def edit_all(folder: Path) -> None:
    for edit in (edit_template, edit_picture, edit_list, edit_spreadsheet, edit_campaign):
        edit(folder)


def remove_all(folder: Path) -> None:
    for name in ("t.j2", "p.jpg", "out.csv", "r.xlsx", "c.toml"):
        (folder / name).unlink()


@pytest.mark.parametrize(
    "meddle",
    [edit_template, edit_picture, edit_list, edit_spreadsheet, edit_campaign, edit_all, remove_all],
    ids=lambda meddle: meddle.__name__,
)
def test_an_input_that_changes_while_the_question_stands_changes_nothing(
    laid_out: Desk, meddle: Callable[[Path], None]
) -> None:
    checked = (laid_out.folder / "p.jpg").read_bytes()
    sent = send_and_meddle(laid_out, meddle)
    assert sent.status == 0, sent.said
    assert sorted((one["to"], one["text"], one["from"]) for one in sent.requests) == [
        ([number(place)], f"고객{place}님, 처음 글", "0212345678") for place in range(2)
    ]
    assert sent.template == TEXT
    assert TEXT in sent.summary
    assert sent.pictures == [checked]


def test_a_template_that_is_gone_after_the_campaign_was_loaded_is_still_its_template(laid_out: Desk) -> None:
    campaign = load(laid_out.folder / "c.toml")
    remove_all(laid_out.folder)
    assert campaign.template_text() == TEXT
    copy = campaign.model_copy(update={"name": "copy"})
    assert copy.template_text() == TEXT
