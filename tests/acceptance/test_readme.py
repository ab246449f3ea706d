"""The README and the docs: every command shown works, and what they list is what there is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import openpyxl
import pytest
from pydantic import BaseModel

from campaign.cli.app import app
from campaign.config.campaign_file import Campaign
from campaign.config.starter import NAMES
from campaign.gateway.client import Deadlines
from campaign.model import Status
from tests.support.desk import ROOT, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
KOREAN = (ROOT / "README.ko.md").read_text(encoding="utf-8")
KEYS_PAGE = (ROOT / "docs" / "campaign-file.md").read_text(encoding="utf-8")


def shown_commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_readme_works_in_its_order(desk: Desk, tmp_path: Path) -> None:
    # What is not `campaign` itself, or would stay: each is run by a test of its own, or by make.
    elsewhere = {
        *("make demo", "source .venv/bin/activate", "pipx install .", "uv tool install ."),
        *("campaign sandbox --port 8025", "campaign scheduler"),
    }
    for command in shown_commands():
        if command in elsewhere or command.startswith("export IWINV_API_KEY="):
            continue
        if command == "cd first":
            desk = Desk(tmp_path / "first", desk.sandbox)
            continue
        words = shlex.split(command)
        assert words[0] == "campaign", command
        if words[1] == "schedule":
            write_the_schedule(desk.folder / "campaign.toml")
        if words[1] == "send" and "--sandbox" not in words:
            words.append("--yes")  # there is no terminal here to be asked on
        if words[1] == "resolve":
            words.append("--yes")
        done = desk.run(*words[1:])
        # Nothing is unknown in this run, and the command says so.
        expected = 2 if words[1] == "resolve" else 0
        assert done.status == expected, f"{command}: {done.err}"
        assert "Traceback" not in done.err


def write_the_schedule(file: Path) -> None:
    [shown] = [block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "[schedule]" in block]
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{shown}", encoding="utf-8")


def test_a_starter_passes_its_check_as_it_stands_and_is_not_overwritten(desk: Desk) -> None:
    made = desk.run("new", "mine")
    assert (made.status, made.out.split()) == (0, [f"mine/{name}" for name in NAMES])
    checked = desk.run("check", "mine/campaign.toml", "--json")
    assert (checked.status, checked.json["rows"]) == (0, {"total": 3, "pending": 3})
    again = desk.run("new", "mine")
    assert again.status == 2
    assert "already exists" in again.err


@pytest.mark.parametrize(
    ("folder", "name"), [("봄 세일(4월)", "봄 세일(4월)"), ('"봄" 세일', "campaign"), (".", "desk")]
)
def test_a_starter_is_named_for_its_folder_where_that_is_a_name(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    assert desk.run("new", folder).status == 0
    checked = desk.run("check", f"{folder}/campaign.toml")
    assert checked.status == 0
    assert checked.out.startswith(f"{name}: 3 rows in ")


def test_a_workbook_that_is_named_instead_of_the_campaign_file_is_called_a_workbook(desk: Desk) -> None:
    desk.run("new", "mine")
    done = desk.run("check", "mine/recipients.xlsx")
    assert done.status == 2
    assert "mine/recipients.xlsx: is a workbook. Name the campaign file" in done.err


def test_the_starters_message_prints_a_date_an_amount_and_a_coupon_as_koreans_write_them(desk: Desk) -> None:
    desk.run("new", "mine")
    shown = desk.run("preview", "mine/campaign.toml", "--json").json["messages"]
    assert [message["text"].splitlines() for message in shown] == [
        ["김민서님, 12월 1일(화) 예약되었습니다.", "SPRING-01을 적용한 금액은 35,000원입니다."],
        ["이지훈님, 12월 4일(금) 예약되었습니다.", "금액은 128,000원입니다."],
        ["박서연님, 12월 15일(화) 예약되었습니다.", "SPRING-02를 적용한 금액은 9,900원입니다."],
    ]


@pytest.mark.parametrize(("language", "page"), [("en", README), ("ko", KOREAN)])
def test_the_readmes_campaign_file_is_the_starters_with_its_comments(desk: Desk, language: str, page: str) -> None:
    shown = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    assert desk.run("new", "first", env={"CAMPAIGN_LANG": language}).status == 0
    made = (desk.folder / "first" / "campaign.toml").read_text(encoding="utf-8")
    steps, kept = made.split("name =", 1)
    assert f"name ={kept}" == shown
    assert [line[0] for line in steps.splitlines()] == ["#"] * 4


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_disturbs_the_check_of_a_starter(desk: Desk, language: str) -> None:
    desk.run("new", "mine")
    checked = desk.run("check", "mine/campaign.toml", env={"CAMPAIGN_LANG": language})
    assert (checked.status, checked.err) == (0, "")


def test_a_starter_explains_itself_in_korean(desk: Desk) -> None:
    desk.run("new", "mine", env={"CAMPAIGN_LANG": "ko"})
    files = [(desk.folder / "mine" / name).read_text(encoding="utf-8") for name in NAMES[:2]]
    comments = re.findall(r"^# (.*):$|  # (.*)$|\{# (.*) -#\}", "\n".join(files), re.MULTILINE)
    book = openpyxl.load_workbook(desk.folder / "mine" / "recipients.xlsx")
    comments += [(cell.comment.text.split("{{")[0],) for cell in book.worksheets[0][1] if cell.comment]
    assert len(comments) == 10
    for comment in map("".join, comments):
        assert re.search("[가-힣]", comment), comment
        assert not re.search("[A-Za-z]", comment.replace("SMS", "")), comment


def test_the_readme_explains_every_status() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert sorted(explained) == sorted(map(str, Status))


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        parts = getattr(field.annotation, "__args__", (field.annotation,))
        section = next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)
        if section is not None:
            yield from keys_of(section, f"{name}.")
        elif name not in {"folder", "prices", "text_label"}:
            yield prefix + name


def test_the_page_of_the_campaign_file_lists_every_key() -> None:
    first_cells = re.findall(r"^\| (`.*?`) \|", KEYS_PAGE, re.MULTILINE)
    listed = {key for cell in first_cells for key in re.findall(r"`([\w.]+)`", cell)}
    keys = {key for key in listed if not key.isupper() and not key.startswith(("prices.", "IWINV", "CAMPAIGN"))}
    assert keys == set(keys_of(Campaign))


def test_the_page_of_the_campaign_file_gives_the_defaults() -> None:
    assert f"{Deadlines().overall:g} by default" in KEYS_PAGE
    assert f"1 to 256 | {Campaign.model_fields['gateway'].default.in_flight} |" in KEYS_PAGE


def test_help_lists_every_command_with_a_sentence(desk: Desk) -> None:
    done = desk.run("--help")
    assert done.status == 0
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {"check", "send", "preview", "resume", "runs", "status", "report", "codes", "sandbox"} <= names
    for name in names:
        assert re.search(rf"^  {name} +[A-Z].*(?:\n {{6,}}\S.*)*\.$", done.out, re.MULTILINE), name


def test_the_demos_command_sends_the_sample_campaign(desk: Desk) -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("demo:")[1].split("\n\n")[0]
    [command] = re.findall(r"campaign (send .*?);", recipe)
    [place] = re.findall(r"\$\(CURDIR\)/(\S+)\"$", recipe.rstrip())  # its last word
    for folder in ("sample_data", "templates"):
        shutil.copytree(ROOT / folder, desk.folder / folder)
    for _ in range(2):  # it can be run again and again
        done = desk.run(*shlex.split(command), keys=False)
        assert done.status == 1
        assert "accepted 2,987" in done.out
        assert (desk.folder / place).is_file()


def test_the_pages_command_puts_the_sample_campaign_into_its_folder_once(desk: Desk) -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nweb:")[1].split("\n\n")[0]
    assert re.findall(r"@\$\(BIN\)/(.*)", recipe) == [
        "python sample_data/into_page.py campaigns",
        "campaign web --practice-only",
    ]
    for _ in range(2):
        subprocess.run(
            [sys.executable, ROOT / "sample_data" / "into_page.py", "campaigns"], cwd=desk.folder, check=True
        )
    [file] = (desk.folder / "campaigns").glob("*/campaign.toml")
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert (
        desk.run("check", file, "--json").json["rows"]
        == desk.run("check", ROOT / "sample_data" / "spring_sale" / "campaign.toml", "--json").json["rows"]
    )


def test_the_page_of_the_commands_lists_them_all_and_no_others() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `campaign ([\w-]+)", page, re.MULTILINE)
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    names |= {group.name for group in app.registered_groups if group.name}
    assert sorted(listed) == sorted(names)


def test_the_page_of_the_commands_lists_every_option() -> None:
    from typer.main import get_command

    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`[^`]*?(--[a-z][\w-]*)", page)) | set(re.findall(r"(--[a-z][\w-]*)", page))
    commands = get_command(app).commands  # type: ignore[attr-defined] # a group, as the app is one
    aside = {"--help", "--latency", "--seed", "--ledger", "--rate", "--fault"}
    options = {
        name
        for command in commands.values()
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }
    assert options - aside == listed - aside


def test_the_page_of_the_sandbox_lists_every_fault() -> None:
    from campaign.sandbox import faults, history_faults

    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    of_sending, of_history = page.split("## Faults")[1].split("## History and balance")
    for part, kinds in ((of_sending, faults.KINDS), (of_history, history_faults.KINDS)):
        assert set(re.findall(r"^\| `(\w+)`", part, re.MULTILINE)) == set(kinds)


def test_the_page_of_the_check_lists_the_rules_and_the_limits_there_are() -> None:
    from campaign.messages.advertising import Rule
    from campaign.recipients.consent import NO, YEARS, YES
    from campaign.report.sheets.lists import MOST_NOTES

    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (.*?제50조 제\d항\)) \|", page, re.MULTILINE) == list(map(str, Rule))
    assert f"the first {MOST_NOTES:,} of them carry a note" in page
    assert f"over {YEARS} years ago" in page
    yes, no = (
        re.findall(r"`(\w+)`", page.split(start)[1].split("and similar words")[0]) for start in ("a yes (", "a no (")
    )
    assert {word.casefold() for word in yes} <= YES
    assert {word.casefold() for word in no} <= NO


def test_the_campaign_files_on_the_page_of_the_check_are_read() -> None:
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    recipients, message = (tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    campaign = Campaign.model_validate({"name": "x", "sender": "02-1234-5678", **recipients, **message})
    assert (campaign.recipients.consent, campaign.message.advertiser) == ("수신동의일", "하늘상점")


def test_the_filters_on_the_page_are_the_filters_there_are(desk: Desk) -> None:
    shown = re.findall(r"^\| `(\{\{ (\S+?)\\\|(\w+).*?\}\})` \|", KEYS_PAGE, re.MULTILINE)
    assert len(shown) >= 7
    cells = {"금액": 12000, "이름": "민서", "예약일": "2026-12-01", "시간": "15:30", "휴대폰": "010-0200-0001"}
    desk.sheet([list(cells.values())], headings=list(cells))
    for words, _, name in shown:
        desk.campaign(words.replace("\\|", "|"))
        [message] = desk.run("preview", "c.toml", "--json").json["messages"]
        assert message["status"] is None, name


def test_every_file_shown_on_the_page_about_schedules_is_taken_as_it_stands(desk: Desk) -> None:
    page = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(shown) == 5
    desk.people(1)
    (desk.folder / "days.csv").write_text("2026-12-24, 창립기념일\n", encoding="utf-8")
    for block in shown:
        file = desk.campaign()
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{block}", encoding="utf-8")
        assert desk.run("check", "c.toml").status == 0, block
