"""Korean numbers at the ends of what they may be: how many digits are too few, too many, or two numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from campaign.model.reasons import Reason, decode
from campaign.model.sentences import sentence
from campaign.recipients.numbers import korean


def judged(*cells: str | None) -> pd.DataFrame:
    return korean.normalise(pd.Series(cells, dtype="string[pyarrow]"))


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("234567890", Reason.PHONE_TOO_SHORT),
        ("2345678901", Reason.PHONE_UNKNOWN),
        ("234567890123", Reason.PHONE_UNKNOWN),
        ("2345678901234", Reason.PHONE_TOO_LONG),
        ("2345678901234567", Reason.PHONE_TOO_LONG),
        ("23456789012345678", Reason.PHONE_SEVERAL),
        ("01012345678 01012345679", Reason.PHONE_SEVERAL),
        ("0101234567", Reason.PHONE_TOO_SHORT),
        ("010123456789", Reason.PHONE_TOO_LONG),
        ("", Reason.PHONE_EMPTY),
        (None, Reason.PHONE_EMPTY),
        ("0212345678", Reason.PHONE_LANDLINE),
        ("15881234", Reason.PHONE_SERVICE),
        ("4.41E+11", Reason.PHONE_EXPONENT),
        ("01012345678③", Reason.PHONE_LETTERS),
        ("0101234567③", Reason.PHONE_LETTERS),
    ],
)
def test_a_cell_without_a_number_has_the_reason_that_fits_first(cell: str | None, code: Reason) -> None:
    for cells in ((cell,), ("01012345678", cell), (cell, "+82 10-1234-5678")):
        found = judged(*cells)
        place = cells.index(cell)
        assert found["code"].isna().tolist() == [place != one for one in range(len(cells))]
        assert found["code"].iloc[place] == str(code)
        parameters = {} if code == Reason.PHONE_EMPTY else {"value": cell}
        assert decode(found["reason"].iloc[place]) == [(str(code), parameters)]
        assert pd.isna(found["number"].iloc[place])
        assert pd.isna(found["note"].iloc[place])


def test_numbers_of_all_spellings_stay_in_their_rows() -> None:
    cells = ["010-2234-5678", "+82 10-2234-5679", "x", "01022345670", None, "1022345671", "011-123-4567"]
    found = judged(*cells)
    assert found["number"].fillna("-").tolist() == [
        "01022345678", "01022345679", "-", "01022345670", "-", "01022345671", "0111234567",
    ]  # fmt: skip
    assert found["code"].fillna("-").tolist() == ["-", "-", "phone_letters", "-", "phone_empty", "-", "-"]
    assert found["note"].notna().tolist() == [False, True, False, False, False, True, True]


@pytest.mark.parametrize(
    ("number", "doubtful"),
    [
        ("01000001234", True),
        ("01010001234", True),
        ("01002000000", False),  # an example
        ("01002009999", False),
        ("01002010000", True),
        ("01003001234", True),
        ("01020001234", False),
        ("01112345678", True),
        ("050512345678", True),
        ("07012345678", True),
        ("01099991234", False),
    ],
)
def test_a_number_that_may_not_receive_goes_with_a_note(number: str, doubtful: bool) -> None:
    assert judged(number)["note"].notna().tolist() == [doubtful]
    assert judged(number)["number"].tolist() == [number]


def test_a_reason_quotes_the_first_60_characters_of_the_cell() -> None:
    cell = "".join(chr(ord("가") + place) for place in range(70))
    reason = judged(cell)["reason"].iloc[0]
    assert decode(reason) == [("phone_letters", {"value": cell[:60]})]
    assert f"'{cell[:60]}'" in sentence(reason)


def test_a_missing_cell_is_empty_however_pandas_writes_it() -> None:
    cells = pd.Series(["01022345678", None, float("nan")], dtype=object)
    assert korean.normalise(cells)["code"].fillna("-").tolist() == ["-", "phone_empty", "phone_empty"]
