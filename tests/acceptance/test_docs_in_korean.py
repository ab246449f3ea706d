"""The pages in Korean follow the English ones: the same sections, commands, keys and files; no link is dead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.desk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH = (ROOT / "README.md", *(ROOT / "docs" / page.name for page in sorted((ROOT / "docs" / "ko").glob("*.md"))))
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])

pair = pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.name)


def in_korean(page: Path) -> Path:
    return page.with_name("README.ko.md") if page.name == "README.md" else page.parent / "ko" / page.name


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def sections(page: Path) -> list[tuple[int, str]]:
    """The level of each heading, and what stands below it."""
    folded = re.sub(r"```\w+\n.*?```", blocks_of, read(page), flags=re.DOTALL)
    cut = re.split(r"^(#+) .*$", folded, flags=re.MULTILINE)
    return [(len(level), text) for level, text in zip(cut[1::2], cut[2::2], strict=True)]


def blocks_of(block: re.Match[str]) -> str:
    """A block of code as one line without comments, which no heading can be mistaken for."""
    lines = (re.sub(r"\s+# (?!start_at).*", "", line) for line in block[0].splitlines())
    return "`" + " ⏎ ".join(lines).replace("`", "") + "`"


def code(text: str) -> list[str]:
    """Commands, keys, names, values and blocks, each once: sentences have them in an order of their own."""
    return sorted(set(re.findall(r"`(.+?)`", text)))


def first_cells(text: str) -> list[str]:
    """The first cells of tables that are code, in their order."""
    return [" ".join(re.findall(r"`[^`]+`", cell)) for cell in re.findall(r"^\| (`.*?)(?<!\\) \|", text, re.MULTILINE)]


def anchors(page: Path) -> set[str]:
    """The places of a page that a link can name, as GitHub makes them of its headings."""
    text = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_pages_that_a_user_needs_are_there_in_korean() -> None:
    assert {page.name for page in ENGLISH} >= {"commands.md", "campaign-file.md", "checking.md", "scheduling.md"}


@pair
def test_each_page_links_the_other_language_at_its_top(page: Path) -> None:
    for here, there in ((page, in_korean(page)), (in_korean(page), page)):
        top = "\n".join(read(here).splitlines()[:5])
        targets = re.findall(r"\[(?:한국어|English)\]\((.*?)\)", top)
        assert [(here.parent / target).resolve() for target in targets] == [there]


@pair
def test_both_languages_have_the_same_sections(page: Path) -> None:
    assert [level for level, _ in sections(in_korean(page))] == [level for level, _ in sections(page)]


@pair
def test_both_languages_show_the_same_commands_keys_and_files_in_each_section(page: Path) -> None:
    for (_, english), (_, korean) in zip(sections(page), sections(in_korean(page)), strict=True):
        assert code(korean) == code(english)
        assert first_cells(korean) == first_cells(english)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_page_and_to_a_heading_on_it(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", read(page)):
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_korean_page_leads_to_korean_pages_where_there_are_any(page: Path) -> None:
    if page not in {in_korean(english) for english in ENGLISH}:
        return
    for target in re.findall(r"\]\((?!https?:)([^)#]+\.md)", re.sub(r"\[English\]\(.*?\)", "", read(page))):
        assert (page.parent / target).resolve() not in ENGLISH, target
