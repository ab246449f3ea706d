"""The process that reads workbooks of risky formats runs the same program as the one that started it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from campaign.model import i18n
from campaign.model.errors import RecipientsError
from campaign.model.sentences import sentence
from campaign.recipients import table
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

READ = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from campaign.model.errors import RecipientsError
from campaign.recipients import table
try:
    print(len(table.read([Path(sys.argv[2])]).table))
except RecipientsError as error:
    print(error)
"""


def test_the_child_runs_the_program_that_started_it_and_not_another_one_that_is_installed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "campaign", tmp_path / "campaign", ignore=shutil.ignore_patterns("__pycache__", "sandbox"))
    child = tmp_path / "campaign" / "recipients" / "spreadsheets" / "isolated.py"
    begins = 'if __name__ == "__main__":\n'
    text = child.read_text(encoding="utf-8")
    assert text.count(begins) == 1
    child.write_text(text.replace(begins, f"{begins}    sys.exit(MEMORY_UP)\n"), encoding="utf-8")
    book = ROOT / "tests" / "corpus" / "files" / "libreoffice_hidden.xls"
    said = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path), str(book)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "of memory" in said.stdout


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_child_speaks_the_language_of_the_one_that_started_it(language: str) -> None:
    notes = {
        "en": "J4 shows an error such as #N/A; it counts as empty.",
        "ko": "J4 셀에 #N/A 같은 오류가 있어 빈 셀로 처리합니다.",
    }
    failures = {
        "en": "the sheet '명단' cannot be read. The file is damaged",
        "ko": "시트 '명단'을 읽을 수 없습니다. 파일이 손상",
    }
    with i18n.in_language(language):
        # The child gives a code, so that a journal tells each reader in the reader's own language.
        [note] = map(sentence, table.read([ROOT / "tests" / "corpus" / "files" / "libreoffice_kinds.ods"]).notes)
        with pytest.raises(RecipientsError) as damaged:
            table.read([ROOT / "tests" / "corpus" / "odd" / "panic_1.xls"])
    assert note.endswith(notes[language])
    assert failures[language] in str(damaged.value)
