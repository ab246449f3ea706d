"""Makes the corpus anew: `python -m tests.corpus.generate`.

Needs LibreOffice besides what the tests need. What it makes is kept in the
repository, `files/` and `expected.json`, so that the tests need neither.
"""

from __future__ import annotations

import json
import shutil

from tests.corpus import by_csv_writers, by_libreoffice, by_openpyxl, by_others, no_spreadsheets
from tests.corpus.people import FILES, made


def main() -> None:
    """Makes everything anew."""
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(parents=True)
    for maker in (by_openpyxl, by_others, by_csv_writers, no_spreadsheets, by_libreoffice):
        maker.make()
    expected = json.dumps(made, ensure_ascii=False, indent=1)
    FILES.with_name("expected.json").write_text(f"{expected}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
