"""Files before they are opened: named as on disk, of a kind and a size that can be read."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING, Literal

import pytest

from campaign.model.errors import RecipientsError
from campaign.recipients import suppression, table
from tests.support.privileges import as_owner_of, folder_of_ones_own
from tests.support.spreadsheets import LIST, csv, refusal, rows, workbook

if TYPE_CHECKING:
    from pathlib import Path

Form = Literal["NFC", "NFD"]


def test_a_file_name_that_is_not_utf_8_is_refused_in_words_that_can_be_printed(tmp_path: Path) -> None:
    path = csv(tmp_path / os.fsdecode("명단.csv".encode("cp949")), LIST)
    with pytest.raises(RecipientsError, match=r"is not in UTF-8\. Rename it") as caught:
        table.read([path])
    str(caught.value).encode()


@pytest.mark.parametrize(("named", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
def test_a_file_name_in_hangul_is_found_in_either_form(tmp_path: Path, named: Form, on_disk: Form) -> None:
    folder = tmp_path / unicodedata.normalize(on_disk, "폴더")
    folder.mkdir()
    csv(folder / unicodedata.normalize(on_disk, "명단.csv"), LIST)
    path = tmp_path / unicodedata.normalize(named, "폴더") / unicodedata.normalize(named, "명단.csv")
    assert rows(table.read([path])) == [2, 3]
    assert len(suppression.read([path]).numbers) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"", "the file is empty"),
        ("a.csv", b"", "the file is empty"),
        ("a.xlsx", "휴대폰\n010\n".encode(), "it is not a .xlsx file: it is plain text. Rename it to .csv."),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "it is a web page"),
        ("a.xls", b"\xef\xbb\xbf  <TABLE>", "it is a web page"),
        ("a.xls", b'<?xml version="1.0"?><Workbook/>', "it is a web page"),
        ("a.csv", b"PK\x03\x04....", "it is a workbook with a wrong suffix"),
        ("a.xls", b"PK\x03\x04....", "Rename it to .xlsx"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "Rename it to .xls"),
        ("a.csv", b"%PDF-1.7\n\0\0", "it is not a spreadsheet"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "it is not a spreadsheet"),
        ("a.txt", b"010", "files ending in '.txt' are not supported"),
        ("a", b"010", "files ending in '' are not supported"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "this workbook cannot be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600, "this workbook cannot be read"),
        ("~$a.xlsx", b"x" * 50, "the lock file that Excel creates for an open workbook; name 'a.xlsx' instead"),
    ],
)
def test_what_is_not_what_its_name_says(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert words in refusal(tmp_path / name)


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    assert "there is no such file" in refusal(tmp_path / "a.xlsx")
    (tmp_path / "b.xlsx").mkdir()
    assert "this is a folder" in refusal(tmp_path / "b.xlsx")


def test_a_file_that_may_not_be_read() -> None:
    with folder_of_ones_own() as folder:
        path = workbook(folder / "a.xlsx", ["휴대폰"], ["010-1234-5678"])
        assert len(table.read([path]).table) == 1
        path.chmod(0)
        with as_owner_of(path):
            assert "it cannot be read (Permission denied)" in refusal(path)


def test_a_file_over_the_limit(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.write("휴대폰\n".encode())
        file.truncate((200 << 20) + 1)
    assert "200 MiB, over the limit of 200 MiB" in refusal(tmp_path / "a.csv")
