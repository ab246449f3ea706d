"""A sender's desk: a folder with a campaign in it, and the `campaign` command at hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import openpyxl
import requests

# Loaded before a test can choose another language: the commands' help is in the language of that moment.
import campaign.cli.app  # noqa: F401
from campaign.__main__ import main
from campaign.model import i18n

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).parents[2]
KEYS = {"IWINV_API_KEY": "test-api-key", "IWINV_AUTH_KEY": "test-auth-key"}
HEADINGS = ("이름", "휴대폰", "쿠폰")


def number(place: int) -> str:
    """A number of its own for every place: unassigned, and clear of the sandbox's magic ones."""
    return f"0100{2_000_000 + place:07d}"


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output; fails where there is anything else."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


class Desk:
    """A folder to work in. `sandbox` is the URL of a running one, or None. Without a URL, the journal is a file."""

    def __init__(
        self, folder: Path, sandbox: str | None = None, journal_url: str | None = None, language: str = "en"
    ) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.journal_url = journal_url
        self.language = language

    def sheet(self, rows: Iterable[Sequence[object]], name: str = "r.xlsx", headings: Sequence[str] = HEADINGS) -> Path:
        """A recipients workbook."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(headings))
        for row in rows:
            sheet.append(list(row))
        book.save(self.folder / name)
        return self.folder / name

    def people(self, count: int, name: str = "r.xlsx", first: int = 0) -> Path:
        """A workbook of so many recipients without a fault, the first one's number being `number(first)`."""
        places = range(first, first + count)
        return self.sheet(((f"고객{place}", number(place), f"C{place:04d}") for place in places), name)

    def campaign(self, text: str = "안녕하세요", name: str = "c.toml", **more: str) -> Path:
        """A campaign file; `more` are lines for its sections, by the section's name, `top` for those above."""
        sections = {"recipients": 'files = ["r.xlsx"]', "message": "", "gateway": "", **more}
        message = f"text = '''{text}'''\n" + sections.pop("message") if text else sections.pop("message")
        lines = ['name = "test"', 'sender = "02-1234-5678"', sections.pop("top", "")]
        lines += [f"[message]\n{message}", *(f"[{key}]\n{value}" for key, value in sections.items())]
        (self.folder / name).write_text("\n".join(lines), encoding="utf-8")
        return self.folder / name

    def run(self, *words: object, keys: bool = True, env: dict[str, str] | None = None) -> Done:
        """Run the command in this very process: the same code as the installed one, without its start-up."""

        def command() -> int:
            with patch.object(sys, "argv", ["campaign", *map(str, words)]):
                return status_of_main()

        return self.call(command, keys=keys, env=env)

    def call(self, what: Callable[[], int], *, keys: bool = True, env: dict[str, str] | None = None) -> Done:
        """Do something as the command would here: in this folder, with its environment; what it said."""
        out, err = StringIO(), StringIO()
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        here, language = Path.cwd(), i18n.language()
        os.chdir(self.folder)
        i18n.use(self.language)
        try:
            with (
                patch.dict(os.environ, self.environment(keys=keys, env=env), clear=True),
                redirect_stdout(out),
                redirect_stderr(err),
            ):
                status = what()
        finally:
            os.chdir(here)
            i18n.use(language)
            for number, handler in before.items():
                signal.signal(number, handler)
        return Done(status, out.getvalue(), err.getvalue())

    def start(self, *words: object, keys: bool = True, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the command as a process of its own, for what only a process can show."""
        return subprocess.Popen(
            [sys.executable, "-m", "campaign", *map(str, words)],
            cwd=self.folder,
            env=self.environment(keys=keys, env=env) | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def environment(self, *, keys: bool = True, env: dict[str, str] | None = None) -> dict[str, str]:
        """The command's environment: this one, without what would change what it does."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "IWINV_"))}
        places = {"CAMPAIGN_GATEWAY_URL": self.sandbox} if self.sandbox else {}
        places |= {"CAMPAIGN_JOURNAL": self.journal_url} if self.journal_url else {}
        return kept | {"CAMPAIGN_LANG": self.language} | places | (KEYS if keys else {}) | (env or {})

    def ask(self, path: str) -> Any:
        """What the sandbox answers there."""
        return requests.get(f"{self.sandbox}{path}", timeout=10).json()

    def fault(self, **fault: object) -> None:
        """Set a fault in the sandbox."""
        requests.post(f"{self.sandbox}/sandbox/faults", json=fault, timeout=10).raise_for_status()

    def results(self, report: str, sheet: str = "results") -> list[dict[str, Any]]:
        """The rows of a result workbook by heading; of equal headings the last one counts."""
        book = openpyxl.load_workbook(self.folder / report)
        head, *rows = book[sheet].iter_rows(values_only=True)
        return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def status_of_main() -> int:
    """Run the command of `sys.argv`; its exit status."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
