"""The catalogs of translated messages: `python -m tests.catalogs` brings them up to date with the code.

New messages get an empty translation, messages that are gone are removed, and the files that the program reads are
compiled. Babel is needed only here.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from campaign.model import i18n

ROOT: Final = Path(__file__).parents[1]
HEADER: Final = """msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
"""What stands at the head of a catalog; Babel's own has dates, which would change it each time."""

KEYWORDS: Final = {"_": None, "N_": None, "ngettext": (1, 2), "NN_": (1, 2)}
METHODS: Final = [("**.py", "python"), ("web/pages/**.html", "jinja2.ext:babel_extract")]
TRANSLATED: Final = [language for language in i18n.LANGUAGES if language != i18n.ENGLISH]


def path(language: str, suffix: str) -> Path:
    return i18n.CATALOGS / language / "LC_MESSAGES" / f"{i18n.DOMAIN}{suffix}"


def extracted() -> Catalog:
    """The messages of the code, without translations."""
    found = Catalog(project="campaign", charset="utf-8")
    for file, _line, message, _comments, context in extract_from_dir(
        ROOT / "campaign",
        method_map=[("**.py", "python"), ("web/pages/**.html", "jinja2.ext:babel_extract")],
        keywords=KEYWORDS,
    ):
        # The files alone: with line numbers, each change of the code would change the catalogs.
        found.add(message, locations=[(f"campaign/{file}", 0)], context=context)
    return found


def read(language: str) -> Catalog:
    """The catalog of a language as it is on the disk; an empty one where there is none."""
    file = path(language, ".po")
    if not file.exists():
        return Catalog(locale=language, project="campaign", charset="utf-8")
    return read_po(BytesIO(file.read_bytes()), locale=language)


def updated(language: str) -> Catalog:
    """The catalog of a language with the messages of the code and the translations that there are."""
    catalog = read(language)
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    return catalog


def compiled(catalog: Catalog) -> bytes:
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def save(language: str, catalog: Catalog) -> None:
    source = path(language, ".po")
    source.parent.mkdir(parents=True, exist_ok=True)
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True, sort_output=True, include_lineno=False)
    source.write_bytes(HEADER.format(language=language).encode() + body.getvalue())
    path(language, ".mo").write_bytes(compiled(read(language)))


def main() -> int:
    """Bring the catalogs up to date; 1 where a message has no translation yet."""
    missing = 0
    for language in TRANSLATED:
        catalog = updated(language)
        save(language, catalog)
        untranslated = [message for message in catalog if message.id and not message.string]
        missing += len(untranslated)
        sys.stdout.write(f"{path(language, '.po').relative_to(ROOT)}: {len(catalog):,} messages\n")
        for message in untranslated:
            sys.stdout.write(f"  not translated: {message.id!r}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
