"""The rules for numbers, as tables: what a cell holds, what becomes of it, and in which words."""

from __future__ import annotations

import re
import string
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.model.reasons import Reason
from campaign.model.sentences import sentences
from campaign.recipients.numbers import normalise
from campaign.recipients.numbers.sender import BadNumber, mask, normalise_sender

if TYPE_CHECKING:
    from collections.abc import Callable

ZERO = "010-0 and 010-1 numbers are not assigned to anyone"
LOST = "has lost its digits in the spreadsheet; format the column as text and enter the number again"
OLD = "a 2G number: that service has ended"


def judged(*cells: str | None, abroad: bool = False) -> pd.DataFrame:
    return normalise.normalise(pd.Series(cells, dtype=pd.ArrowDtype(pa.string())), abroad=abroad)


def one(cell: str | None, *, abroad: bool = False) -> dict[str, str | None]:
    found = judged(cell, abroad=abroad)
    row = found.assign(reason=sentences(found["reason"]), note=sentences(found["note"])).iloc[0]
    return {name: None if row[name] is pd.NA else row[name] for name in row.index}


@pytest.mark.parametrize(
    ("cell", "number", "note"),
    [
        ("010-2345-6789", "01023456789", None),
        ("01023456789", "01023456789", None),
        ("010 2345 6789", "01023456789", None),
        ("010-23456789", "01023456789", None),
        ("010 - 2345 - 6789", "01023456789", None),
        ("010--2345-6789", "01023456789", None),
        (" 01023456789 ", "01023456789", None),
        ("1023456789", "01023456789", "was 1023456789"),
        ("10-2345-6789", "01023456789", "was 10-2345-6789"),
        ("1023456789.0", "01023456789", "was 1023456789.0"),
        ("1,023,456,789", "01023456789", "was 1,023,456,789"),
        ("+82 10-2345-6789", "01023456789", "was +82 10-2345-6789"),
        ("+82-(0)10-2345-6789", "01023456789", "was +82-(0)10-2345-6789"),
        ("+82 010 2345 6789", "01023456789", "was +82 010 2345 6789"),
        ("821023456789", "01023456789", "was 821023456789"),
        ("8201023456789", "01023456789", "was 8201023456789"),
        ("82-10-2345-6789", "01023456789", "was 82-10-2345-6789"),
        ("821023456789.0", "01023456789", "was 821023456789.0"),
        ("0082-10-2345-6789", "01023456789", "was 0082-10-2345-6789"),
        ("０１０－２３４５－６７８９", "01023456789", "was ０１０－２３４５－６７８９"),
        ("＋８２ １０ ２３４５ ６７８９", "01023456789", "was ＋８２ １０ ２３４５ ６７８９"),
        ("010\u00a02345\u00a06789", "01023456789", "was 010\u00a02345\u00a06789"),
        ("\u200b010-2345-6789\ufeff", "01023456789", "was \u200b010-2345-6789\ufeff"),
        ("010-2345-6789\n", "01023456789", "was 010-2345-6789\n"),
        ("010.2345.6789", "01023456789", "was 010.2345.6789"),
        ("(010) 2345-6789", "01023456789", "was (010) 2345-6789"),
        ("[010]2345_6789", "01023456789", "was [010]2345_6789"),
        ("010·2345·6789", "01023456789", "was 010·2345·6789"),
        *(
            (f"010{dash}2345{dash}6789", "01023456789", f"was 010{dash}2345{dash}6789")
            for dash in "‐‑‒–—―−－﹘﹣ーㅡ─━"
        ),
        ("'01023456789", "01023456789", "was '01023456789"),
        ("‘01023456789", "01023456789", "was ‘01023456789"),
        ('="01023456789"', "01023456789", 'was ="01023456789"'),
        *(
            (f"{left}010-2345-6789{right}", "01023456789", f"was {left}010-2345-6789{right}")
            for marks in ('""', "''", "``", "“”", "‘’", "”“", "＂＂", "＇＇", "´´", "′′", "″″", "「」", "«»", "„‟")
            for left, right in [(marks[0], marks[1]), (marks[0], ""), ("", marks[1]), (marks[0] * 2, " " + marks[1])]
        ),
        ("'+82 10-2345-6789'", "01023456789", "was '+82 10-2345-6789'"),
        ("'1023456789.0", "01023456789", "was '1023456789.0"),
        ('\'="01023456789"', "01023456789", 'was \'="01023456789"'),
        ("010-0000-1013", "01000001013", ZERO),
        ("010-1234-5678", "01012345678", ZERO),
        ("010-0201-0000", "01002010000", ZERO),
        ("010-0200-0001", "01002000001", None),  # an example, as in the starter
        ("1012345678", "01012345678", f"was 1012345678; {ZERO}"),
        ("011-234-5678", "0112345678", OLD),
        ("016-2345-6789", "01623456789", OLD),
        ("017-234-5678", "0172345678", OLD),
        ("018-234-5678", "0182345678", OLD),
        ("019-2345-6789", "01923456789", OLD),
        ("1923456789", "01923456789", f"was 1923456789; {OLD}"),
        ("050-1234-5678", "05012345678", "a 050 safe number: not every carrier passes texts on"),
        ("0505-234-5678", "05052345678", "a 050 safe number: not every carrier passes texts on"),
        ("0507-1234-5678", "050712345678", "a 050 safe number: not every carrier passes texts on"),
        ("070-1234-5678", "07012345678", "an internet phone (070): it may not receive texts"),
    ],
)
def test_what_is_certain_becomes_a_number_and_repairs_are_shown(cell: str, number: str, note: str | None) -> None:
    assert one(cell) == {"number": number, "reason": None, "code": None, "note": note}


EMPTY, SEVERAL, LETTERS = Reason.PHONE_EMPTY, Reason.PHONE_SEVERAL, Reason.PHONE_LETTERS


@pytest.mark.parametrize(
    ("cell", "code", "words"),
    [
        (None, EMPTY, "the phone cell is empty"),
        ("", EMPTY, "the phone cell is empty"),
        (" \u00a0\u200b", EMPTY, "the phone cell is empty"),
        ("-", EMPTY, "the phone cell is empty"),
        *((cell, Reason.PHONE_EXPONENT, f"'{cell}' {LOST}") for cell in ("4.41E+11", "1.01E+09", "1E9", "8.21012E+11")),
        *(
            (cell, SEVERAL, f"'{cell}' looks like more than one number; leave one in the cell")
            for cell in (
                "010-1234-5678, 010-2222-3333",
                "010-1234-5678/010-2222-3333",
                "010-1234-5678 010-2222-3333",
                "010-1234-5678\n010-2222-3333",
                "010-1234-5678 또는 010-2222-3333",
                "010-1234-5678/9",
                "010-1234-5678~9",
                "0101234567801022223333",
                "010,1234,5678",
            )
        ),
        *(
            (cell, LETTERS, f"'{cell}' has characters that are not part of a phone number")
            for cell in (
                "홍길동",
                "010-1234-567x",
                "010-1234-5678(엄마)",
                "없음",
                "Tel 010-1234-5678",
                "010*1234*5678",
                "O10-1234-5678",
                "010-1234-567²",
                "①10-1234-5678",
                "٠١٠١٢٣٤٥٦٧٨",
                "010#12345678",
                "1012345678.5e",
                "=1+1",
            )
        ),
        ("010-2345-678", Reason.PHONE_TOO_SHORT, "'010-2345-678' has too few digits"),
        ("010234567", Reason.PHONE_TOO_SHORT, "'010234567' has too few digits"),
        ("23456789", Reason.PHONE_TOO_SHORT, "'23456789' has too few digits"),
        ("114", Reason.PHONE_TOO_SHORT, "'114' has too few digits"),
        ("112345678", Reason.PHONE_TOO_SHORT, "'112345678' has too few digits"),
        ("010-2345-67890", Reason.PHONE_TOO_LONG, "'010-2345-67890' has too many digits"),
        ("011-2345-67890", Reason.PHONE_TOO_LONG, "'011-2345-67890' has too many digits"),
        ("01023456789012", Reason.PHONE_TOO_LONG, "'01023456789012' has too many digits"),
        ("02-123-4567", Reason.PHONE_LANDLINE, "'02-123-4567' is a landline, which receives no texts"),
        ("02-1234-5678", Reason.PHONE_LANDLINE, "'02-1234-5678' is a landline, which receives no texts"),
        ("+82 2 1234 5678", Reason.PHONE_LANDLINE, "'+82 2 1234 5678' is a landline, which receives no texts"),
        *(
            (f"{area}-234-5678", Reason.PHONE_LANDLINE, f"'{area}-234-5678' is a landline, which receives no texts")
            for area in (
                "031",
                "032",
                "033",
                "041",
                "042",
                "043",
                "044",
                "051",
                "052",
                "053",
                "054",
                "055",
                "061",
                "062",
                "063",
                "064",
            )
        ),
        ("1588-1234", Reason.PHONE_SERVICE, "'1588-1234' is a service number, which receives no texts"),
        ("16881234", Reason.PHONE_SERVICE, "'16881234' is a service number, which receives no texts"),
        ("080-123-4567", Reason.PHONE_SERVICE, "'080-123-4567' is a service number, which receives no texts"),
        ("060-700-1234", Reason.PHONE_SERVICE, "'060-700-1234' is a service number, which receives no texts"),
        ("030-1234-5678", Reason.PHONE_SERVICE, "'030-1234-5678' is a service number, which receives no texts"),
        (
            "+1 415 555 2671",
            Reason.PHONE_ABROAD,
            "'+1 415 555 2671' is a number outside Korea, which takes the message type GSMS",
        ),
        (
            "0081-90-1234-5678",
            Reason.PHONE_ABROAD,
            "'0081-90-1234-5678' is a number outside Korea, which takes the message type GSMS",
        ),
        ("441000000000", Reason.PHONE_UNKNOWN, "'441000000000' is not a mobile number; mobile numbers begin with 010"),
        ("99999999999", Reason.PHONE_UNKNOWN, "'99999999999' is not a mobile number; mobile numbers begin with 010"),
        (
            "012-3456-7890",
            Reason.PHONE_UNKNOWN,
            "'012-3456-7890' is not a mobile number; mobile numbers begin with 010",
        ),
    ],
)
def test_what_is_no_number_or_a_guess_is_refused_with_the_value_shown(
    cell: str | None, code: Reason, words: str
) -> None:
    assert one(cell) == {"number": None, "reason": words, "code": str(code), "note": None}


@pytest.mark.parametrize(
    "cell",
    ["010-123-4567", "0101234567", "010 123 4567", "+82 10-123-4567", "82101234567", "101234567", "'010-123-4567'"],
)
def test_010_has_eight_digits_after_it(cell: str) -> None:
    found = one(cell)
    assert (found["number"], found["code"]) == (None, str(Reason.PHONE_TOO_SHORT))
    assert found["reason"] == f"'{cell}' has too few digits"


@pytest.mark.parametrize("cell", ["'+1 415 555 2671'", "“14155552671”", "＇0014155552671"])
def test_quotation_marks_around_a_number_abroad_are_taken_off_and_said(cell: str) -> None:
    assert one(cell, abroad=True) == {"number": "14155552671", "reason": None, "code": None, "note": f"was {cell}"}


def test_a_long_cell_is_not_quoted_whole() -> None:
    assert one("가" * 500)["reason"] == f"'{'가' * 60}' has characters that are not part of a phone number"


def test_rows_keep_their_order_and_their_index() -> None:
    cells = pd.Series(["x", "010-2345-6789", None, "1023456789", "x"], index=[9, 7, 5, 3, 1], dtype="string[pyarrow]")
    found = normalise.normalise(cells)
    assert found.index.to_list() == [9, 7, 5, 3, 1]
    assert found["number"].fillna("").to_list() == ["", "01023456789", "", "01023456789", ""]
    assert found["code"].fillna("").to_list() == ["phone_letters", "", "phone_empty", "", "phone_letters"]
    assert found.dtypes.astype(str).to_dict() == dict.fromkeys(("number", "reason", "code", "note"), "string[pyarrow]")


@pytest.mark.parametrize("dtype", ["str", "object", "string[python]", "string[pyarrow]", "large_string[pyarrow]"])
def test_every_dtype_of_text_will_do(dtype: str) -> None:
    cells = pd.Series(["010-2345-6789", None], dtype="object").astype(dtype)  # type: ignore[call-overload]
    assert normalise.normalise(cells)["number"].fillna("").to_list() == ["01023456789", ""]


def test_an_empty_column_gives_an_empty_frame() -> None:
    assert judged().shape == (0, 4)
    assert judged(abroad=True).shape == (0, 4)


def fullwidth(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


SPELLINGS: list[Callable[[str, str, str], str]] = [
    lambda a, b, c: f"{a}{b}{c}",
    lambda a, b, c: f"{a}-{b}-{c}",
    lambda a, b, c: f"{a} {b} {c}",
    lambda a, b, c: f"{a}.{b}.{c}",
    lambda a, b, c: f"({a}) {b}-{c}",
    lambda a, b, c: f"+82 {a[1:]}-{b}-{c}",
    lambda a, b, c: f"+82-({a[0]}){a[1:]}-{b}-{c}",
    lambda a, b, c: f"0082{a[1:]}{b}{c}",
    lambda a, b, c: f"82{a[1:]}{b}{c}",
    lambda a, b, c: fullwidth(f"{a}-{b}-{c}"),
    lambda a, b, c: f"\u200b{a}\u00a0{b}\u2013{c} ",
    lambda a, b, c: f'="{a}{b}{c}"',
]

REST = st.text(string.digits, min_size=4, max_size=4)


SECOND_GENERATION = st.sampled_from(["011", "016", "017", "018", "019"])
NUMBER = st.one_of(
    st.tuples(st.just("010"), REST, REST),
    st.tuples(SECOND_GENERATION, st.text(string.digits, min_size=3, max_size=4), REST),
)


@settings(max_examples=20)
@given(st.lists(NUMBER, min_size=50, max_size=50))
def test_a_thousand_numbers_in_twelve_spellings_are_each_one_number(numbers: list[tuple[str, str, str]]) -> None:
    cells = [spell(*number) for number in numbers for spell in SPELLINGS]
    expected = ["".join(number) for number in numbers for _ in SPELLINGS]
    assert judged(*cells)["number"].to_list() == expected


@given(REST, REST)
def test_a_number_cell_that_ate_the_0_is_repaired(middle: str, end: str) -> None:
    assert judged(f"10{middle}{end}", f"10{middle}{end}.0")["number"].to_list() == [f"010{middle}{end}"] * 2


SENDABLE = re.compile(r"010\d{8}|01[16789]\d{7,8}|050\d{8,9}|070\d{8}", re.ASCII)
NEARLY = st.text("0123456789 -+.()/,\u00a0\u200b０１２e", max_size=24)


@given(st.lists(st.one_of(st.text(max_size=20), NEARLY), min_size=1, max_size=60))
def test_nothing_that_cannot_be_sent_to_comes_out_as_a_number(cells: list[str]) -> None:
    found = judged(*cells)
    for cell, number, code in zip(cells, found["number"].to_list(), found["code"].to_list(), strict=True):
        assert (number is pd.NA) != (code is pd.NA)
        if number is not pd.NA:
            assert SENDABLE.fullmatch(number)
            digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", cell))
            assert number[1:] in digits


@pytest.mark.parametrize(
    ("cell", "number", "note"),
    [
        ("+1 415 555 2671", "14155552671", None),
        ("0014155552671", "14155552671", None),
        ("1 (415) 555-2671", "14155552671", None),
        ("14155552671", "14155552671", None),
        ("+1.415.555.2671", "14155552671", "was +1.415.555.2671"),
        ("+81 90-1234-5678", "819012345678", None),
        ("+81 (0)90-1234-5678", "819012345678", "was +81 (0)90-1234-5678"),
        ("＋８６ １３８ ００１３ ８０００", "8613800138000", "was ＋８６ １３８ ００１３ ８０００"),
        ("+44 20 7946 0958", "442079460958", "a landline: it may not receive texts"),
        ("+39 02 3661 8300", "390236618300", "a landline: it may not receive texts"),
    ],
)
def test_numbers_abroad_are_digits_with_their_country_code(cell: str, number: str, note: str | None) -> None:
    assert one(cell, abroad=True) == {"number": number, "reason": None, "code": None, "note": note}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, Reason.PHONE_EMPTY),
        (" ", Reason.PHONE_EMPTY),
        ("+82 10-2345-6789", Reason.PHONE_KOREAN),
        ("821023456789", Reason.PHONE_KOREAN),
        ("010-2345-6789", Reason.PHONE_KOREAN),
        ("+1 415 555 267", Reason.PHONE_TOO_SHORT_FOR_COUNTRY),
        ("+1 415 555 26711", Reason.PHONE_TOO_LONG_FOR_COUNTRY),
        ("+1 123 555 2671", Reason.PHONE_OF_NO_COUNTRY),
        ("+999 1234 5678", Reason.PHONE_OF_NO_COUNTRY),
        ("090-1234-5678", Reason.PHONE_OF_NO_COUNTRY),
        ("+1 800 FLOWERS", Reason.PHONE_LETTERS),
        ("1.41556E+10", Reason.PHONE_EXPONENT),
        ("+1 415 555 2671, +1 415 555 2672", Reason.PHONE_SEVERAL),
    ],
)
def test_what_is_no_number_abroad_is_refused(cell: str | None, code: Reason) -> None:
    found = one(cell, abroad=True)
    assert (found["number"], found["code"], found["note"]) == (None, str(code), None)
    assert found["reason"] is not None
    assert found["reason"] == "the phone cell is empty" or found["reason"].startswith(f"'{cell}' ")


def test_cells_without_a_country_code_take_the_country_named() -> None:
    cells = pd.Series(["(415) 555-2671", "+81 90-1234-5678"], dtype="string[pyarrow]")
    found = normalise.international(cells, "US")
    assert found["number"].to_list() == ["14155552671", "819012345678"]
    assert sentences(found["note"]).fillna("").to_list() == ["was (415) 555-2671", ""]


@pytest.mark.parametrize(
    ("sender", "digits"),
    [
        ("02-1234-5678", "0212345678"),
        ("02-123-4567", "021234567"),
        ("031-123-4567", "0311234567"),
        ("064)123-4567", "0641234567"),
        ("010-1234-5678", "01012345678"),
        ("+82 10-1234-5678", "01012345678"),
        ("+82-2-1234-5678", "0212345678"),
        ("821012345678", "01012345678"),
        ("011-123-4567", "0111234567"),
        ("1588-1234", "15881234"),
        ("1666.1234", "16661234"),
        ("1899 1234", "18991234"),
        ("070-1234-5678", "07012345678"),
        ("030-1234-5678", "03012345678"),
        ("0505-123-4567", "05051234567"),
        ("０２－１２３４－５６７８", "0212345678"),
        ("\u200b02 1234 5678\n", "0212345678"),
        ("'02-1234-5678'", "0212345678"),
        ("“02-1234-5678”", "0212345678"),
    ],
)
def test_a_sender_number_is_digits(sender: str, digits: str) -> None:
    assert normalise_sender(sender) == digits


@pytest.mark.parametrize(
    "sender",
    [
        "",
        " ",
        "123",
        "1234-5678",
        "1012345678",
        "010-1234-567",
        "02-123-456",
        "080-123-4567",
        "1788-1234",
        "15881234567",
        "+1 415 555 2671",
        "회사",
        "02-1234-5678 내선 3",
        "0２x",
        "٠٢١٢٣٤٥٦٧٨",
        "02-1234-5678, 02-1234-5679",
    ],
)
def test_what_no_message_may_come_from_is_refused(sender: str) -> None:
    with pytest.raises(BadNumber, match=re.escape(f"'{sender}' is not a sender number")) as caught:
        normalise_sender(sender)
    assert isinstance(caught.value, ValueError)


@given(st.text("0123456789-+ ", max_size=16))
def test_a_sender_number_is_stable(sender: str) -> None:
    try:
        digits = normalise_sender(sender)
    except BadNumber:
        return
    assert normalise_sender(digits) == digits


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("01012345678", "010-****-5678"),
        ("0111234567", "011-***-4567"),
        ("010-1234-5678", "010-****-5678"),
        ("0212345678", "02-****-5678"),
        ("050712345678", "050-*****-5678"),
        ("14155552671", "141-****-2671"),
        ("15881234", "1588-****"),
        ("123", "***"),
        ("", ""),
    ],
)
def test_a_masked_number(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_masks_and_senders_need_no_pandas() -> None:
    script = (
        "import sys; from campaign.recipients.numbers import sender;"
        "sender.mask('010'); sender.normalise_sender('02-123-4567');"
        "sys.exit(bool({'pandas', 'pyarrow', 'phonenumbers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
