"""Copies the sample campaign into a folder of the page's campaigns: `python sample_data/into_page.py campaigns`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import tomlkit

from campaign.web import drafts

SAMPLE = Path(__file__).parent / "spring_sale"
NAME = "봄 세일 (예시)"


def main(home: Path) -> None:
    """Make the campaign, unless there is one of this name."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(draft.name == NAME for draft in drafts.everything(home)):
        return
    draft = drafts.create(home, NAME)
    document = tomlkit.parse((SAMPLE / "campaign.toml").read_text(encoding="utf-8"))
    message = document["message"]
    shutil.copyfile(SAMPLE / str(message["template"]), draft.folder / drafts.MESSAGE)
    message["template"] = drafts.MESSAGE
    document["name"] = NAME
    document["recipients"]["files"] = [f"{drafts.LIST}/customers.xlsx"]
    shutil.copyfile(SAMPLE / "customers.xlsx", draft.folder / drafts.LIST / "customers.xlsx")
    drafts.write(draft, document)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
