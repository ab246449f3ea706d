"""CSV and TSV: encodings, delimiters, quotes, rows, and which columns are numbers."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pytest

from campaign.model import Recipients, Source
from campaign.model.errors import RecipientsError
from campaign.recipients import suppression, table

if TYPE_CHECKING:
    from pathlib import Path

Form = Literal["NFC", "NFD"]

LIST = "이름,휴대폰,금액\r\n홍길동,010-1234-5678,12000\r\n김,01022223333,5\r\n"


def csv(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def values(recipients: Recipients, heading: str) -> list[Any]:
    [name] = [column.name for column in recipients.columns if column.heading == heading]
    found: list[Any] = pa.array(recipients.table[name], from_pandas=True).to_pylist()
    return found


def rows(recipients: Recipients) -> list[int]:
    return recipients.table["row"].to_list()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_gives_the_same(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    read = table.read([csv(tmp_path / "a.csv", mark + LIST.encode(encoding))])
    assert values(read, "이름") == ["홍길동", "김"]
    assert values(read, "휴대폰") == ["010-1234-5678", "01022223333"]
    assert values(read, "금액") == [12000, 5]
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
    assert values(read, "휴대폰")[0] == "010-1234-5678"


@pytest.mark.parametrize(
    "content", [bytes(range(256)), b"a,b\n\0\0\0", b"\0" * 64, b"\x7fELF\x02\x01\x01\0\0\0\0\0\x03\0\x3e\0"]
)
def test_what_is_no_text_is_no_utf_16(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RecipientsError, match=r"it is not a \.csv file"):
        table.read([csv(tmp_path / "a.csv", content)])


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


def test_a_cp949_file_has_letters_beyond_ks_x_1001(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n똠방각하 믜,010-1234-5678\n", "cp949")])
    assert values(read, "이름") == ["똠방각하 믜"]


def test_a_long_cp949_file_may_be_cut_between_the_bytes_of_a_letter(tmp_path: Path) -> None:
    names = [f"가{'나' * (at % 7)}" for at in range(200_000)]
    text = "이름,휴대폰\n" + "".join(f"{name},010\n" for name in names)
    assert values(table.read([csv(tmp_path / "a.csv", text, "cp949")]), "이름") == names


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.tsv"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str, name: str) -> None:
    read = table.read([csv(tmp_path / name, LIST.replace(",", delimiter))])
    assert values(read, "휴대폰") == ["010-1234-5678", "01022223333"]


def test_commas_in_a_file_of_semicolons_are_text(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "이름;휴대폰;메모\n홍;010;a,b,c\n김;011;d,e\n")])
    assert values(read, "메모") == ["a,b,c", "d,e"]


def test_the_line_that_names_the_delimiter_is_no_row(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "sep=;\r\n이름;휴대폰\r\n홍;010\r\n")])
    assert rows(read) == [2]
    assert values(read, "이름") == ["홍"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_understood(tmp_path: Path, newline: str) -> None:
    read = table.read([csv(tmp_path / "a.csv", LIST.replace("\r\n", newline))])
    assert rows(read) == [2, 3]
    assert values(read, "금액") == [12000, 5]


def test_a_newline_in_quotes_adds_no_row(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '이름,휴대폰,메모\n"홍, ""길동""",010,"두\n줄"\n김,011,\n')])
    assert rows(read) == [2, 3]
    assert values(read, "이름") == ['홍, "길동"', "김"]
    assert values(read, "메모") == ["두\n줄", None]


def test_blank_lines_count_as_rows_but_are_no_recipients(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "\n이름,휴대폰\n\n홍,010\n,\n  \n김,011\n\n\n")])
    assert rows(read) == [4, 7]
    assert read.notes == (
        f"{tmp_path / 'a.csv'}: row 6: fewer cells than the 2 of the header; missing cells count as empty.",
    )


def test_titles_above_the_header_are_passed_over(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '"2026년\n명단"\n\n기준,2026-12-01\n이름,휴대폰\n홍,010\n')])
    assert rows(read) == [5]


def test_the_last_line_needs_no_newline(tmp_path: Path) -> None:
    assert values(table.read([csv(tmp_path / "a.csv", "휴대폰\n010\n011")]), "휴대폰") == ["010", "011"]


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert len(table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n")]).table) == 0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12000", "-5", "0"], [12000, -5, 0]),
        (["12000", "", "3"], [12000, None, 3]),
        (["1.5", "3"], [1.5, 3.0]),
        (["0.25", "-0.5"], [0.25, -0.5]),
        (["06236", "12345"], ["06236", "12345"]),
        (["12,000", "3"], ["12,000", "3"]),
        (["3.50", "1.25"], ["3.50", "1.25"]),
        (["1e5", "3"], ["1e5", "3"]),
        (["+3", "4"], ["+3", "4"]),
        (["-0", "4"], ["-0", "4"]),
        (["1234567890123456"], ["1234567890123456"]),
        (["123456789012345"], [123456789012345]),
        (["2026-12-01", "true"], ["2026-12-01", "true"]),
        (["12 ", "3"], ["12 ", "3"]),
        (["3", "세 개"], ["3", "세 개"]),
        ([" ", "3"], [None, 3]),
        (["#N/A", "3"], [None, 3]),
    ],
)
def test_a_column_is_numbers_only_where_nothing_is_lost_by_it(
    tmp_path: Path, cells: list[str], expected: list[object]
) -> None:
    lines = "".join(f'010,"{cell}"\n' for cell in cells)
    read = table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}")])
    assert values(read, "값") == expected
    assert not any(column.mixed for column in read.columns)


def test_a_kind_that_changes_far_down_is_seen(tmp_path: Path) -> None:
    lines = "".join(f"010,{at}\n" for at in range(20_000))
    assert values(table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}")]), "값")[-1] == 19_999
    assert values(table.read([csv(tmp_path / "a.csv", f"휴대폰,값\n{lines}010,007\n")]), "값")[-2:] == ["19999", "007"]


def test_the_phone_column_is_text(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", "휴대폰,전화번호\n1012345678,1\n1012345679,2\n")])
    assert values(read, "휴대폰") == ["1012345678", "1012345679"]


def test_cells_guarded_against_the_spreadsheet_are_unwrapped(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", '휴대폰,코드\n"=""01012345678""","=""007"""\n')])
    assert values(read, "휴대폰") == ["01012345678"]
    assert values(read, "코드") == ["007"]


def test_a_row_longer_than_the_header_is_refused_by_its_number(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "이름,휴대폰\n홍,010\n김,서울,011\n")
    with pytest.raises(RecipientsError, match="row 3 has 3 cells, the header 2"):
        table.read([path])


def test_empty_cells_beyond_the_header_do_no_harm(tmp_path: Path) -> None:
    assert rows(table.read([csv(tmp_path / "a.csv", "이름,휴대폰\n홍,010,,\n김,011\n")])) == [2, 3]


def test_rows_shorter_than_the_header_are_filled_and_named(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "휴대폰,이름,메모,\n010,홍\n011,김,a,\n012,이,b\n013\n")
    read = table.read([path])
    assert values(read, "메모") == [None, "a", "b", None]
    assert read.notes == (f"{path}: rows 2, 5: fewer cells than the 3 of the header; missing cells count as empty.",)


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", '이름,휴대폰\n홍,010\n김,"011\n이,012\n')
    with pytest.raises(RecipientsError, match="row 3 cannot be read"):
        table.read([path])


def test_a_cell_that_swallowed_the_rows_below_it_is_refused(tmp_path: Path) -> None:
    swallowed = "".join(f"이름{at},010\n" for at in range(4000))
    path = csv(tmp_path / "a.csv", f'이름,휴대폰\n홍,010\n"김,011\n{swallowed}이",012\n')
    with pytest.raises(RecipientsError, match=r"row 3 (has a cell of over 32,767 characters|cannot be read)"):
        table.read([path])


def test_without_a_phone_column_the_error_says_which_columns_there_are(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "이름,주소\n홍,서울\n")
    with pytest.raises(RecipientsError) as caught:
        table.read([path])
    assert str(caught.value) == (
        f"{path}: no phone column was found. The columns are: 이름, 주소."
        " Set `[recipients] phone` to the heading of the phone column."
    )


def test_csv_and_workbook_are_one_list(tmp_path: Path) -> None:
    read = table.read([csv(tmp_path / "a.csv", LIST), csv(tmp_path / "b.tsv", LIST.replace(",", "\t"))])
    assert read.table["source"].to_list() == [0, 0, 1, 1]
    assert values(read, "금액") == [12000, 5, 12000, 5]
