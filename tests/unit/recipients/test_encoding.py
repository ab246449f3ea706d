"""Encodings of text files: each gives the same rows, and a damaged file is refused by line and byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.model import Source
from campaign.model.errors import RecipientsError
from campaign.recipients import table
from tests.support.spreadsheets import LIST, csv, own, rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_gives_the_same(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    read = table.read([csv(tmp_path / "a.csv", mark + LIST.encode(encoding))])
    assert own(read, "이름") == ["홍길동", "김"]
    assert own(read, "휴대폰") == ["010-1234-5678", "01022223333"]
    assert own(read, "금액") == [12000, 5]
    assert rows(read) == [2, 3]
    assert read.sources == (Source(file=str(tmp_path / "a.csv"), sheet=None),)
    assert not read.table["hidden"].any()


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        LIST,
        "이름\t휴대폰\n가\t010-1234-5678\n",
        "휴대폰\n010-1234-5678\n",
        "이름,휴대폰\n" + "가나다라,010-1234-5678\n" * 2000,
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_utf_16_without_a_mark_is_read(tmp_path: Path, order: str, text: str, suffix: str) -> None:
    read = table.read([csv(tmp_path / f"a{suffix}", text.encode(order))])
    assert own(read, "휴대폰")[0] == "010-1234-5678"


@pytest.mark.parametrize(
    "content", [bytes(range(256)), b"a,b\n\0\0\0", b"\0" * 64, b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0\x3e\0"]
)
def test_what_is_no_text_is_no_utf_16(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RecipientsError, match=r"it is not a \.csv file"):
        table.read([csv(tmp_path / "a.csv", content)])


def test_a_cp949_file_has_letters_beyond_ks_x_1001(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n똠방각하 믜,010-1234-5678\n", "cp949")])
    assert own(read, "이름") == ["똠방각하 믜"]


def test_a_long_cp949_file_may_be_cut_between_the_bytes_of_a_letter(tmp_path: Path) -> None:
    names = [f"가{'나' * (at % 7)}" for at in range(200_000)]
    text = "이름,휴대폰\n" + "".join(f"{name},010\n" for name in names)
    assert own(table.read([csv(tmp_path / "a.csv", text, "cp949")]), "이름") == names


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("이름,휴대폰\n홍길동,010\n".encode() + b"\xff,011\n", "line 3 is not in UTF-8: byte 0xff at 31"),
        (b"\xef\xbb\xbfphone\n\xb0\xa1\n", "line 2 is not in UTF-8: byte 0xb0 at 6"),
        ("이름,휴대폰\n".encode("cp949") + b"\xff\xff,011\n", "line 2 is not in CP949: byte 0xff at 12"),
        (b"\xff\xfe\x00", "is not in UTF-16"),
    ],
)
def test_a_damaged_encoding_names_line_and_byte(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(RecipientsError, match=words):
        table.read([csv(tmp_path / "a.csv", content)])
