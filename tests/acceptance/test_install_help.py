"""The files that `campaign schedule --install-help` prints: each is what its reader takes, with real paths in it."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from campaign.cli.commands import install_help
from campaign.cli.commands.install_help import Place
from tests.support.desk import KEYS, Desk

AWKWARD = Place(
    python=Path("/opt/my programs/python"), folder=Path("/home/me/50% 할인 & co"), journal="sqlite:////tmp/a $b.db"
)


def parts(text: str) -> dict[str, str]:
    """The printed files, by the line above each."""
    found = re.findall(r"^### (.*?)\n(.*?)(?=^###|\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def unit(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def test_every_file_is_printed_with_this_interpreter_and_this_folder(desk: Desk) -> None:
    done = desk.run("schedule", "--install-help")
    assert done.status == 0
    printed = parts(done.out)
    readers = [title.split(":")[0] for title in printed]
    others = ["systemd", "systemd", "systemd, instead of those two", "Windows", "Then, for systemd"]
    assert readers == ["First", "cron", *others]
    for title, text in printed.items():
        if title.startswith(("cron", "systemd: ~/.config/systemd/user/campaign.service", "Windows")):
            assert sys.executable in text
            assert str(desk.folder) in text
    assert not any(key in done.out for key in KEYS.values())


def test_the_crontab_line_runs_what_it_says_in_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / "50% 할인 & co"
    folder.mkdir()
    home = tmp_path / "home"
    (home / ".config" / "campaign").mkdir(parents=True)
    (home / ".config" / "campaign" / "environment").write_text("IWINV_API_KEY=a\nIWINV_AUTH_KEY=b\n", encoding="utf-8")
    line = install_help.crontab(Place(python=Path(sys.executable), folder=folder))
    minute, rest = line.split(" * * * * ", 1)
    assert minute == "*"
    assert re.search(r"(?<!\\)%", rest) is None
    # As cron does it: the shell gets the line without the backslashes before percent signs.
    command = rest.replace("\\%", "%")
    subprocess.run(["/bin/sh", "-c", command], check=True, env={"HOME": str(home)}, timeout=60)
    assert (folder / "campaign-run-due.log").read_text(encoding="utf-8") == "nothing is due.\n"


def test_the_units_are_whole_and_quote_awkward_paths() -> None:
    service, timer, stay = (
        unit(install_help.service(AWKWARD)),
        unit(install_help.timer()),
        unit(install_help.stay(AWKWARD)),
    )
    assert service["Service"]["Type"] == "oneshot"
    assert service["Service"]["WorkingDirectory"] == "/home/me/50%% 할인 & co"
    words = shlex.split(service["Service"]["ExecStart"])
    assert words == ["/opt/my programs/python", "-m", "campaign", "run-due", "--journal", "sqlite:////tmp/a $$b.db"]
    assert timer["Timer"]["OnCalendar"] == "minutely"
    assert shlex.split(stay["Service"]["ExecStart"])[3] == "scheduler"
    assert stay["Service"]["SuccessExitStatus"] == "130"


def test_systemd_itself_finds_no_fault_in_them(tmp_path: Path) -> None:
    verifier = shutil.which("systemd-analyze")
    place = install_help.here(None)
    texts = {
        "campaign.service": install_help.service(place),
        "campaign.timer": install_help.timer(),
        "campaign-scheduler.service": install_help.stay(place),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert text.count("[") == text.count("]") == len(unit(text).sections())
        if verifier is not None:
            verify = [verifier, "verify", "--user", str(tmp_path / name)]
            environment = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
            done = subprocess.run(verify, check=False, capture_output=True, text=True, timeout=60, env=environment)
            assert (done.returncode, done.stderr) == (0, "")


def test_the_windows_task_parses_and_starts_the_same_command() -> None:
    root = ET.fromstring(install_help.task(AWKWARD))  # noqa: S314 - our own words
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}

    def text(path: str) -> str | None:
        return root.findtext(path, namespaces=space)

    assert text("t:Actions/t:Exec/t:Command") == "/opt/my programs/python"
    assert text("t:Actions/t:Exec/t:Arguments") == '-m campaign run-due --journal "sqlite:////tmp/a $b.db"'
    assert text("t:Actions/t:Exec/t:WorkingDirectory") == "/home/me/50% 할인 & co"
    assert text("t:Triggers/t:TimeTrigger/t:Repetition/t:Interval") == "PT1M"
    assert text("t:Settings/t:MultipleInstancesPolicy") == "IgnoreNew"
    assert text("t:Settings/t:ExecutionTimeLimit") == "PT0S"


def test_the_journal_of_the_environment_goes_with_them(desk: Desk) -> None:
    done = desk.run("schedule", "--install-help", env={"CAMPAIGN_JOURNAL": "sqlite:////var/journal.db"})
    assert "--journal sqlite:////var/journal.db" in parts(done.out)["cron: add this line with `crontab -e`"]
