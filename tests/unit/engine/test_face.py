"""The engine's public names: each is there, and only those."""

from __future__ import annotations

import re

import pytest

from campaign import engine
from tests.support.desk import ROOT


@pytest.mark.parametrize("name", engine.__all__)
def test_a_name_of_the_api_is_found(name: str) -> None:
    assert getattr(engine, name) is not None


def test_type_checkers_see_the_same_names() -> None:
    source = (ROOT / "campaign" / "engine" / "__init__.py").read_text(encoding="utf-8")
    block = source.split("if TYPE_CHECKING:\n")[1].split("__all__")[0]
    names = set(re.findall(r"(?:^|[\s,(])(?:\w+ as )?(\w+)(?=[,\n])", re.sub(r"from \S+ import", "", block)))
    assert names == set(engine.__all__)


def test_another_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="'chekc'"):
        getattr(engine, "chekc")  # noqa: B009 - type checkers refuse the name as well
