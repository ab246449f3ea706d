"""Reasons are codes with parameters in a cell; their sentences are made from a table, one a language."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import campaign
from campaign.engine.checking.row_status import hoist_common_note, join_notes
from campaign.model import i18n, schema
from campaign.model.errors import Refused
from campaign.model.list_notes import ListNote
from campaign.model.reasons import SEPARATOR, Reason, decode, encode, encode_column, nested
from campaign.model.run_reasons import RunReason
from campaign.model.sentences import SENTENCES, sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence


CHARACTERS = frozenset({"field", "character", "codepoint", "name", "place"})
"""The parameters that `messages.cp949` gives for all its reasons together."""


CODES = [*Reason, *RunReason, *ListNote]

OF_TABLES: dict[Reason | RunReason | ListNote, set[str]] = {
    **{key: {"request"} for key in RunReason if key.name.startswith("FOUND_BY_")},
    **{
        key: {"recipients", "count"}
        for key in (RunReason.EVERY_SECONDS, RunReason.EVERY_MINUTES, RunReason.EVERY_HOURS)
    },
    **{key: {"hours"} for key in (RunReason.WINDOW, RunReason.LEGAL_HOURS)},
    **{key: {"time", "until"} for key in (RunReason.NOT_CONTINUED_AT, RunReason.NOT_STARTED_AT)},
    **{key: {"until"} for key in (RunReason.NOT_CONTINUED_PLANNED, RunReason.NOT_CONTINUED_INTERRUPTED)},
    **{key: {"count", "time"} for key in (RunReason.MISSED_TIMES, RunReason.MISSED_TIMES_OR_MORE)},
    **{key: {"host", "address"} for key in (RunReason.HOST_AT, RunReason.HOST_AT_PRIVATE)},
}
"""The parameters of codes that the code chooses from several before it encodes them."""


@functools.cache  # not while the tests are collected: each process of theirs would read the whole program
def sources() -> tuple[str, ...]:
    """The modules of the program, without those that define the codes."""
    paths = Path(campaign.__file__).parent.rglob("*.py")
    return tuple(path.read_text(encoding="utf-8") for path in paths if path.parent.name != "model")


@functools.cache
def names_in_code() -> set[tuple[str, str]]:
    """What the program names with a dot between, such as `Reason.HIDDEN`."""
    return {found for source in sources() for found in re.findall(r"\b(\w+)(?=\.(\w+))", source)}


@functools.cache
def calls() -> dict[tuple[str, str], list[ast.Call]]:
    """The calls that encode a code, by the code."""
    found: defaultdict[tuple[str, str], list[ast.Call]] = defaultdict(list)
    for source in sources():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and node.args and (code := code_of(node)):
                found[code].append(node)
    return found


def code_of(call: ast.Call) -> tuple[str, str] | None:
    """The enumeration and the name of the code that a call such as `encode(Reason.HIDDEN)` names."""
    made_by = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    code = call.args[0]
    if made_by not in {"encode", "encode_column"} or not isinstance(code, ast.Attribute):
        return None
    return getattr(code.value, "id", ""), code.attr


def forms(words: str | tuple[str, str]) -> tuple[str, ...]:
    """The sentence, or its singular and its plural."""
    return (words,) if isinstance(words, str) else words


def names_given(call: ast.Call) -> set[str]:
    """The parameters of a call; `**` stands for those of a character."""
    return set().union(*(CHARACTERS if word.arg is None else {word.arg} for word in call.keywords))


def parameters_of(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def column(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype=schema.TEXT)


def listed(found: pd.Series) -> list[str | None]:
    return [None if pd.isna(cell) else cell for cell in found]


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert set(SENTENCES) == {*CODES}
    assert len(SENTENCES) == len(CODES)
    assert all(form.strip() for words in SENTENCES.values() for form in forms(words))


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_used(code: Reason | RunReason | ListNote) -> None:
    assert (type(code).__name__, code.name) in names_in_code()


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_given_the_parameters_of_its_sentence(code: Reason | RunReason | ListNote) -> None:
    given = [names_given(call) for call in calls().get((type(code).__name__, code.name), [])]
    needed = set().union(*map(parameters_of, forms(SENTENCES[code])))
    if isinstance(SENTENCES[code], tuple):
        needed.add("count")
    for names in given:
        assert names == needed
    if not given:
        # By its name in a table of conditions or of formats: with the phone cell, with nothing, or as below.
        assert needed == OF_TABLES.get(code, {"value"} if code.value.startswith("phone_") else set())


def example(field: str, form: str) -> str | int:
    """A value for a parameter: a number where its sentence formats one."""
    return 7_654 if field == "count" or any(sign in form for sign in ",g") else f"<{field}>"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_sentence_with_its_parameters_in_each_language(
    code: Reason | RunReason | ListNote, language: str
) -> None:
    fields = {
        name: form or "" for words in forms(SENTENCES[code]) for _, name, form, _ in Formatter().parse(words) if name
    }
    given = {name: example(name, form) for name, form in fields.items()}
    many = {"count": 7_654} if isinstance(SENTENCES[code], tuple) else {}
    with i18n.in_language(language):
        said = sentence(encode(code, **{**many, **given}))
    alone = "".join(re.split(r"\{[^}]*\}", forms(SENTENCES[code])[0]))
    assert not said.startswith((f"{code.value} {{", "[")), said
    if language == "ko" and re.search(r"[a-z]{3}", alone):
        assert re.search(r"[가-힣]", said), said
    if language == "ko" and code == RunReason.GATEWAY_CODE:
        del given["words"]  # the vendor's say the same
    for name, value in given.items():
        assert (str(value) in said) or (f"{value:,}" in said if isinstance(value, int) else False), (name, said)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (encode(Reason.PHONE_TOO_SHORT, value="010-12"), "'010-12' has too few digits"),
        (encode(Reason.REPAIRED, was='="0101"\n{x}\\'), 'was ="0101"\n{x}\\'),
        (encode(Reason.EMPTY_CELL, heading="쿠폰"), "'쿠폰' is empty, and the template needs it"),
        (
            encode(Reason.DUPLICATE_OF_ROW_IN_SHEET, row=12, sheet="a.csv"),
            "the same number and message as row 12 of a.csv",
        ),
        (
            encode(Reason.TEXT_TOO_LONG, bytes=2002, excess=2, limit=2000, type="LMS"),
            "the text is 2,002 bytes long, 2 more than the 2,000 that LMS has room for",
        ),
        (
            encode(Reason.IMAGE_OTHER_FORMAT, value="a.jpg", format=nested(encode(Reason.FORMAT_TIFF))),
            "image a.jpg: is a TIFF; save it as a JPG, PNG, WebP or GIF",
        ),
        (
            encode(Reason.REPAIRED, was="1012345678") + SEPARATOR + encode(Reason.UNASSIGNED_010),
            "was 1012345678; 010-0 and 010-1 numbers are not assigned to anyone",
        ),
        (
            encode(Reason.ADVERTISING, finding=nested(encode(Reason.MARK_MISSING, mark="(광고)"))),
            "advertising: it does not begin with (광고)",
        ),
    ],
)
def test_a_cell_is_worded(cell: str, words: str) -> None:
    assert sentence(cell) == words
    assert sentences(column(None, cell, cell)).fillna("").to_list() == ["", words, words]


@pytest.mark.parametrize(
    "cell",
    [
        "'4.41E+11' has lost its digits in the spreadsheet; enter the number again",
        "was 1023456702; a 2G number: that service has ended",
        '["not json',
        '["a list", "of", "three"]',
        '["phone_letters",7]',
        '["phone_letters"]\n["repaired"',
        "",
    ],
)
def test_a_sentence_of_an_older_journal_stays_as_it_is(cell: str) -> None:
    reason = encode(Reason.HIDDEN)
    assert listed(sentences(column(cell, None, reason, cell))) == [cell, None, sentence(reason), cell]


def test_a_code_of_a_newer_version_is_shown_with_its_parameters() -> None:
    assert sentence('["phone_on_the_moon",{"value":"x"}]') == "phone_on_the_moon {'value': 'x'}"
    assert sentence('["phone_on_the_moon",{}]') == "phone_on_the_moon"


def test_a_column_keeps_its_index_its_name_and_its_missing_cells() -> None:
    cells = pd.Series([encode(Reason.HIDDEN), None], index=[7, 3], name="reason", dtype=schema.TEXT)
    found = sentences(cells)
    assert (found.index.to_list(), found.name, found.isna().to_list()) == ([7, 3], "reason", [False, True])
    assert found.dtype == schema.TEXT


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=20))
def test_any_text_comes_back_from_a_column_as_it_was(texts: Sequence[str]) -> None:
    values = pa.array([*texts, None], pa.string())
    cells = encode_column(Reason.REPAIRED, was=values).to_pylist()
    assert cells[-1] is None
    assert cells[:-1] == [encode(Reason.REPAIRED, was=text) for text in texts]
    assert [decode(cell) for cell in cells[:-1]] == [[("repaired", {"was": text})] for text in texts]
    joined = SEPARATOR.join(cells[:-1])
    assert decode(joined) == [("repaired", {"was": text}) for text in texts]


def test_a_column_has_its_own_codes_and_numbers() -> None:
    codes, rows = pa.array(["a", None, "b"]), pa.array([1, 2, 3])
    assert encode_column(codes, row=rows).to_pylist() == ['["a",{"row":1}]', None, '["b",{"row":3}]']
    both = encode_column(Reason.DUPLICATE_OF_ROW_IN_SHEET, row=rows, sheet=pa.array(['"', "b", None])).to_pylist()
    assert both == [encode(Reason.DUPLICATE_OF_ROW_IN_SHEET, row=1, sheet='"'), both[1], None]


def test_notes_are_joined_and_the_one_that_most_rows_share_is_said_once() -> None:
    shared, repaired = encode(Reason.UNASSIGNED_010), [encode(Reason.REPAIRED, was=f"10{place}") for place in range(3)]
    first = column(*repaired, *[None] * 27)
    second = column(*[shared] * 20, *[None] * 10)
    joined = join_notes(first, second)
    assert listed(joined)[:4] == [*(f"{one}\n{shared}" for one in repaired), shared]
    left, notes = hoist_common_note(joined)
    assert listed(left) == [*repaired, *[None] * 27]
    assert notes == ("20 rows: 010-0 and 010-1 numbers are not assigned to anyone",)


@pytest.mark.parametrize(("rows", "sharing"), [(20, 20), (30, 15)])
def test_a_note_of_a_few_rows_or_of_half_of_them_stays_with_its_rows(rows: int, sharing: int) -> None:
    note = column(*[encode(Reason.OLD_2G)] * sharing, *[None] * (rows - sharing))
    left, notes = hoist_common_note(note)
    assert (listed(left), notes) == (listed(note), ())


def test_what_is_refused_carries_its_reason_and_reads_as_its_sentence() -> None:
    refused = Refused(encode(Reason.IMAGE_DAMAGED, value="a.jpg"))
    assert refused.reason == '["image_damaged",{"value":"a.jpg"}]'
    assert str(refused) == "image a.jpg: is damaged or incomplete; save it again, as a JPG"
