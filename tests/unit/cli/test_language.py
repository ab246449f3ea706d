from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.desk import Desk

KOREAN = {"LANG": "ko_KR.UTF-8", "LC_ALL": ""}


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["codes", "--lang", "ko"], {}, "ko"),
        (["--lang=ko", "codes"], {}, "ko"),
        (["codes"], {"CAMPAIGN_LANG": "ko"}, "ko"),
        (["codes", "--lang", "en"], {"CAMPAIGN_LANG": "ko"}, "en"),
        (["codes"], KOREAN | {"CAMPAIGN_LANG": ""}, "ko"),
        (["codes"], KOREAN | {"CAMPAIGN_LANG": "en"}, "en"),
        (["codes"], {"CAMPAIGN_LANG": "", "LANG": "C.UTF-8", "LC_ALL": ""}, "en"),
    ],
)
def test_the_option_comes_before_the_variable_and_that_before_the_locale(
    desk: Desk, words: list[str], env: dict[str, str], said: str
) -> None:
    done = desk.run(*words, "--help", env=env)
    assert done.status == 0, done.err
    assert ("옵션:" if said == "ko" else "Options:") in done.out


@pytest.mark.parametrize(("words", "env"), [(["--lang", "fr"], {}), ([], {"CAMPAIGN_LANG": "fr"}), (["--lang"], {})])
def test_a_language_without_a_catalog_is_refused(desk: Desk, words: list[str], env: dict[str, str]) -> None:
    done = desk.run("codes", *words, env=env)
    assert done.status == 2
    assert "expected ko or en" in done.err
