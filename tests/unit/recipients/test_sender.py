"""Sender numbers at the ends of what they may be, and numbers masked for screens and logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.recipients.numbers.sender import BadNumber, hyphenated, mask, normalise_sender


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("1", "*"),
        ("1234", "****"),
        ("12345", "1234-*"),
        ("15881234", "1588-****"),
        ("021234567", "02-***-4567"),
        ("0212345678", "02-****-5678"),
        ("031123456", "031-**-3456"),
        ("01012345678", "010-****-5678"),
    ],
)
def test_a_masked_number_shows_its_front_and_its_last_four_digits(number: str, masked: str) -> None:
    assert mask(number) == masked


@pytest.mark.parametrize(
    "number",
    [
        "02-123-4567",
        "02-1234-5678",
        "031-123-4567",
        "010-1234-5678",
        "070-1234-5678",
        "050-123-4567",
        "0505-1234-5678",
        "0303-1234-5678",
        "1588-1234",
    ],
)
def test_a_number_with_hyphens_reads_as_its_users_write_it(number: str) -> None:
    assert hyphenated(number.replace("-", "")) == number


@pytest.mark.parametrize("number", ["", "114", "821012345678", "14155552671"])
def test_other_numbers_get_no_hyphens(number: str) -> None:
    assert hyphenated(number) == number


@given(st.text("0123456789", min_size=9, max_size=15))
def test_a_mask_hides_as_many_digits_as_it_has_stars(number: str) -> None:
    shown = mask(number)
    assert len(shown.replace("-", "")) == len(number)
    assert shown.endswith(number[-4:])
    assert shown.count("*") == len(number) - (6 if number.startswith("02") else 7)


@pytest.mark.parametrize("sender", ["(02) 1234-5678", "02.1234.5678", "02_1234_5678", "02\u30fc1234\u30fc5678"])
def test_what_stands_between_the_groups_is_dropped(sender: str) -> None:
    assert normalise_sender(sender) == "0212345678"


@pytest.mark.parametrize("sender", ["02+1234+5678", "02/1234/5678", "02,12345678", "", "회사"])
def test_other_signs_are_not_dropped(sender: str) -> None:
    with pytest.raises(BadNumber):
        normalise_sender(sender)


@pytest.mark.parametrize(
    ("sender", "digits"),
    [
        ("010-1234-5678", "01012345678"),
        ("+82 10-1234-5678", "01012345678"),
        ("0082 2 123 4567", "021234567"),
        ("821012345678", "01012345678"),
        ("８２ 1588-1234", None),
        ("1588-1234", "15881234"),
        ("'02-1234-5678'", "0212345678"),
        ("123", None),
        ("1788-1234", None),
        ("010-1234-567", None),
        ("080-123-4567", None),
    ],
)
def test_a_sender_is_a_mobile_number_a_landline_or_a_service_number(sender: str, digits: str | None) -> None:
    if digits is None:
        with pytest.raises(BadNumber):
            normalise_sender(sender)
    else:
        assert normalise_sender(sender) == digits
