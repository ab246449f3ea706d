from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign import engine
from campaign.web import drafts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def draft(tmp_path: Path) -> drafts.Draft:
    draft = drafts.create(tmp_path, "봄 세일")
    (draft.folder / drafts.LIST / "명단.csv").write_text("이름,휴대폰\n가,010-0200-0001\n", encoding="utf-8")
    drafts.set_lists(draft, ["명단.csv"])
    drafts.change(draft, {"": {"sender": "02-1234-5678"}}, text="안녕하세요\r\n{{ 이름 }}")
    return draft


def test_a_campaign_of_the_page_is_a_campaign_file(draft: drafts.Draft) -> None:
    campaign = engine.load_campaign(draft.file)
    assert campaign.name == "봄 세일"
    assert campaign.recipients.files == ("list/명단.csv",)
    assert campaign.template_text() == drafts.message(draft) == "안녕하세요\n{{ 이름 }}"


def test_what_others_wrote_into_the_file_stays(draft: drafts.Draft) -> None:
    draft.file.write_text(draft.file.read_text(encoding="utf-8") + '\n[sending]  # by hand\nwindow = "09:00-20:00"\n')
    drafts.change(draft, {"message": {"title": "안내"}})
    assert '[sending]  # by hand\nwindow = "09:00-20:00"\n' in draft.file.read_text(encoding="utf-8")
    drafts.change(draft, {"message": {"title": None}})
    assert engine.load_campaign(draft.file).message.title is None


def test_the_second_of_two_windows_changes_nothing(draft: drafts.Draft) -> None:
    seen = drafts.version(draft)
    assert drafts.change(draft, text="첫째", if_version=seen) != seen
    with pytest.raises(drafts.ChangedElsewhere):
        drafts.change(draft, text="둘째", if_version=seen)
    assert drafts.message(draft) == "첫째"


def test_another_list_is_another_input_and_the_message_stays_the_same_version(draft: drafts.Draft) -> None:
    before = drafts.inputs(draft), drafts.list_version(draft), drafts.version(draft)
    (draft.folder / drafts.LIST / "둘째.csv").write_text("이름,휴대폰\n", encoding="utf-8")
    drafts.set_lists(draft, ["둘째.csv", "명단.csv"])
    after = drafts.inputs(draft), drafts.list_version(draft), drafts.version(draft)
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]
    assert engine.load_campaign(draft.file).recipients.files == ("list/둘째.csv", "list/명단.csv")


def test_a_new_campaign_has_what_holds_for_the_house(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text(
        'senders = ["02-1234-5678"]\nprices = { SMS = 20, LMS = 50 }\n', encoding="utf-8"
    )
    found = drafts.read(drafts.create(tmp_path, "x")).unwrap()
    assert (found["sender"], found["prices"]) == ("02-1234-5678", {"SMS": 20, "LMS": 50})


@pytest.mark.parametrize(
    "words",
    ["senders = 1", "senders = [1, {}]\nprices = 3", 'prices = { SMS = "x", OTHER = 1, LMS = true }', "=", "\udcff"],
)
def test_what_is_wrong_in_the_file_of_the_house_spoils_no_campaign(tmp_path: Path, words: str) -> None:
    (tmp_path / "web.toml").write_text(words, encoding="utf-8", errors="surrogateescape")
    found = drafts.read(drafts.create(tmp_path, "x")).unwrap()
    assert found == {"name": "x", "recipients": {"fixes": "fixes.csv"}}
