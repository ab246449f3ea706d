"""One campaign file, one gateway, one promise: nothing goes twice because it was named in another way."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from campaign.engine import planning
from campaign.journal import open_for_reading
from tests.support.desk import number
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.desk import Desk

ROWS = 20
ONCE = "start_at = 2026-12-01T10:00:00+09:00"
MONDAYS = 'every = "0 10 * * MON"\nonce_per_recipient = true'
EVERYBODY = [number(place) for place in range(ROWS)]


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(ROWS)
    desk.campaign("{{ 이름 }}님, 안녕하세요", schedule=ONCE)
    return Shift(desk)


def from_a_subfolder(folder: Path) -> str:
    (folder / "sub").mkdir(exist_ok=True)
    return "sub/../c.toml"


def through_a_linked_folder(folder: Path) -> str:
    (folder / "link").symlink_to(folder)
    return "link/c.toml"


def through_a_linked_file(folder: Path) -> str:
    (folder / "today.toml").symlink_to("c.toml")
    return "today.toml"


def through_a_link_in_another_folder(folder: Path) -> str:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "today.toml").symlink_to("../c.toml")
    return "elsewhere/today.toml"


SPELLINGS = [from_a_subfolder, through_a_linked_folder, through_a_linked_file, through_a_link_in_another_folder]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_campaign_file_has_one_schedule_however_it_was_named(shift: Shift, spelling: Callable[[Path], str]) -> None:
    other = spelling(shift.desk.folder)
    assert shift.schedule().status == 0
    again = shift.schedule(other)
    assert (again.status, "replaces   test" in again.out) == (0, True)
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    assert shift.delivered() == EVERYBODY


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_frozen_recipients_are_not_replaced_under_another_name(shift: Shift, spelling: Callable[[Path], str]) -> None:
    assert shift.schedule(freeze=True).status == 0
    again = shift.schedule(spelling(shift.desk.folder))
    assert (again.status, "is already scheduled with frozen recipients (test)" in again.err) == (2, True)
    shift.it_is("2026-12-01 10:00:00")
    shift.run_due()
    assert shift.delivered() == EVERYBODY


def as_an_older_program_wrote_it(shift: Shift, schedule: str, file: str) -> None:
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE schedules SET file = ? WHERE id = ?", (file, schedule))
        connection.commit()


def test_a_schedule_that_an_older_program_recorded_by_another_path_is_replaced(shift: Shift) -> None:
    shift.schedule()
    as_an_older_program_wrote_it(shift, "test", f"{shift.desk.folder}/sub/../c.toml")
    assert "replaces   test" in shift.schedule().out


def two_schedules_of_one_file(shift: Shift, *, freeze: bool) -> None:
    """As an older program let them in; the schedules are `test` and `test-2`."""
    shift.schedule(freeze=freeze)
    as_an_older_program_wrote_it(shift, "test", f"{shift.desk.folder}/gone.toml")
    shift.desk.campaign("{{ 이름 }}님, 반갑습니다", schedule=ONCE)
    assert shift.schedule(freeze=freeze).status == 0
    as_an_older_program_wrote_it(shift, "test", f"{shift.desk.folder}/sub/../c.toml")


@pytest.mark.parametrize("freeze", [False, True])
def test_two_schedules_of_one_file_in_an_older_journal_send_once(shift: Shift, *, freeze: bool) -> None:
    (shift.desk.folder / "sub").mkdir()
    two_schedules_of_one_file(shift, freeze=freeze)
    shift.it_is("2026-12-01 10:00:00")
    done = shift.run_due()
    assert "note: schedule test was removed: the same campaign file" in done.err
    assert shift.delivered() == EVERYBODY
    assert shift.run_due().json == {"happened": []}
    assert shift.delivered() == EVERYBODY


def spelled(sandbox: str) -> list[str]:
    port = sandbox.rpartition(":")[2]
    return [f"http://{name}:{port}" for name in ("localhost", "LOCALHOST.", "127.1", "2130706433")]


@pytest.mark.parametrize("place", range(4))
def test_the_same_plan_is_refused_under_every_name_of_the_gateway(shift: Shift, place: int) -> None:
    assert shift.desk.sandbox is not None
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    other = spelled(shift.desk.sandbox)[place]
    again = shift.desk.run("send", "c.toml", "--yes", "--gateway-url", other)
    assert (again.status, "were sent before: run test-" in again.err) == (2, True)
    scheduled = shift.desk.run("schedule", "c.toml", "--gateway-url", other)
    assert (scheduled.status, "were sent before: run test-" in scheduled.err) == (2, True)
    assert shift.delivered() == EVERYBODY


@pytest.mark.parametrize("written", ["http://localhost:{port}", "http://[::1]:{port}", "http://127.0.0.1:{port}"])
def test_a_run_of_an_older_program_is_known_whatever_its_gateway_was_called(shift: Shift, written: str) -> None:
    """Older programs put the origin into the plan's digest as it was written."""
    assert shift.desk.sandbox is not None
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    gateway = written.format(port=shift.desk.sandbox.rpartition(":")[2])
    with open_for_reading(f"sqlite:///{shift.journal}") as journal:
        table = journal.runs.recipients(journal.runs.get("last").id).table
    digest = planning.digests_of_plan(table, [gateway])[0]
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE runs SET gateway = ?, plan_digest = ?", (gateway, digest))
        connection.commit()
    again = shift.desk.run("send", "c.toml", "--yes")
    assert (again.status, "were sent before: run test-" in again.err) == (2, True)
    assert shift.delivered() == EVERYBODY


def test_once_per_recipient_holds_under_every_name_of_the_gateway(shift: Shift) -> None:
    assert shift.desk.sandbox is not None
    shift.desk.campaign("첫 번째", schedule=MONDAYS)
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    shift.desk.campaign("두 번째", schedule=MONDAYS)
    done = shift.desk.run("send", "c.toml", "--yes", "--json", "--gateway-url", spelled(shift.desk.sandbox)[0])
    assert done.json["rows"] == {"total": ROWS, "duplicate": ROWS}
    assert shift.delivered() == EVERYBODY


def test_once_per_recipient_is_kept_by_the_advice_after_an_expired_time(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}님, {{ 쿠폰 }}", schedule=MONDAYS)
    shift.schedule()
    shift.it_is("2026-12-07 10:00:00")
    shift.run_due()
    assert shift.delivered() == EVERYBODY
    shift.it_is("2026-12-14 13:00:00")
    shift.desk.sheet([(f"고객{place}", number(place), f"새{place}") for place in (*range(ROWS), 99)])
    [happening] = shift.run_due().json["happened"]
    assert happening["state"] == "expired"
    advice = happening["why"].split("`")[1]
    assert advice == f"campaign send {shift.desk.folder}/c.toml"
    sent = shift.desk.run(*advice.split()[1:], "--yes", "--json")
    assert sent.json["rows"] == {"total": ROWS + 1, "accepted": 1, "duplicate": ROWS}
    assert shift.delivered() == [*EVERYBODY, number(99)]


@pytest.mark.parametrize("command", ["send", "send --again", "run-due", "freeze"])
def test_once_per_recipient_is_kept_by_every_door(shift: Shift, command: str) -> None:
    once = f"{ONCE}\nonce_per_recipient = true"
    shift.desk.campaign("첫 번째", schedule=once)
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    shift.desk.campaign("두 번째", schedule=once)
    if command.startswith("send"):
        assert shift.desk.run(*command.split(), "c.toml", "--yes").status == 0
    else:
        assert shift.schedule(freeze=command == "freeze").status == 0
        shift.it_is("2026-12-01 10:00:00")
        assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    assert shift.delivered() == EVERYBODY


def test_once_per_recipient_knows_a_name_in_hangul_however_its_syllables_are_written(shift: Shift) -> None:
    for form in ("NFC", "NFD"):
        file = shift.desk.campaign(form, schedule=MONDAYS)
        words = file.read_text(encoding="utf-8").replace('"test"', f'"{unicodedata.normalize(form, "봄 할인")}"')
        file.write_text(words, encoding="utf-8")
        assert shift.desk.run("send", "c.toml", "--yes").status == 0
    assert shift.delivered() == EVERYBODY


@pytest.mark.parametrize("spelling", [lambda _: "./r.xlsx", lambda folder: (folder / "link.xlsx").symlink_to("r.xlsx")])
def test_a_spreadsheet_is_not_read_twice_under_two_names(shift: Shift, spelling: Callable[[Path], str | None]) -> None:
    other = spelling(shift.desk.folder) or "link.xlsx"
    shift.desk.campaign("안녕하세요", recipients=f'files = ["r.xlsx", "{other}"]\nduplicates = "keep"')
    done = shift.desk.run("send", "c.toml", "--yes")
    assert (done.status, "are the same file. Name it once." in done.err) == (2, True)
    assert shift.delivered() == []


def test_once_per_recipient_is_seen_before_anything_is_sent(shift: Shift) -> None:
    shift.desk.campaign("첫 번째", schedule=MONDAYS)
    assert shift.desk.run("check", "c.toml", "--json").json["rows"] == {"total": ROWS, "pending": ROWS}
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    shift.desk.campaign("두 번째", schedule=MONDAYS)
    assert shift.desk.run("check", "c.toml", "--json").json["rows"] == {"total": ROWS, "duplicate": ROWS}


def test_a_test_to_ones_own_phone_may_be_repeated_and_counts_for_nobody(shift: Shift) -> None:
    shift.desk.campaign("{{ 이름 }}", schedule=MONDAYS)
    for row in (2, 3):
        done = shift.desk.run("test", "c.toml", "--to", number(0), "--row", row)
        assert done.status == 0, done.err
    assert shift.desk.run("send", "c.toml", "--yes", "--json").json["rows"] == {"total": ROWS, "accepted": ROWS}
    assert shift.delivered() == sorted([*EVERYBODY, number(0), number(0)])


@pytest.mark.parametrize("way", ["--sandbox", "--gateway-url http://localhost:{port}"])
def test_the_advice_after_an_expired_time_leads_to_the_gateway_that_was_scheduled(shift: Shift, way: str) -> None:
    assert shift.desk.sandbox is not None
    option = way.format(port=shift.desk.sandbox.rpartition(":")[2])
    shift.desk.campaign(schedule="start_at = 2020-01-01T10:00:00+09:00\nstart_by = 2099-01-01T10:00:00")
    env = {"CAMPAIGN_GATEWAY_URL": ""}
    assert shift.desk.run("schedule", "c.toml", *option.split(), env=env).status == 0
    shift.it_is("2099-01-01 10:00:01")
    shift.env = env
    [happening] = shift.run_due().json["happened"]
    assert f"`campaign send {shift.desk.folder}/c.toml {option}` sends it now" in happening["why"]


def test_practice_may_be_repeated_with_a_note(shift: Shift) -> None:
    first = shift.desk.run("send", "c.toml", "--sandbox", keys=False)
    assert (first.status, "exactly the messages" in first.err) == (0, False)
    again = shift.desk.run("send", "c.toml", "--sandbox", keys=False)
    assert again.status == 0
    assert "note: these are exactly the messages of run test-" in again.err
    # And it is sent for real as if nothing had been.
    assert shift.desk.run("send", "c.toml", "--yes").status == 0
    assert shift.delivered() == EVERYBODY


def test_practice_may_be_repeated_by_the_scheduler_and_after_a_run_that_did_not_end(shift: Shift) -> None:
    shift.desk.campaign(schedule="start_at = 2020-01-01T10:00:00+09:00\nstart_by = 2099-01-01T10:00:00")
    assert shift.desk.run("send", "c.toml", "--sandbox").status == 0
    scheduled = shift.desk.run("schedule", "c.toml", "--sandbox")
    assert scheduled.status == 0, scheduled.err
    assert "note: these are exactly the messages of run test-" in scheduled.err
    assert [one["state"] for one in shift.run_due().json["happened"]] == ["ended"]
    with closing(sqlite3.connect(shift.journal)) as connection:
        connection.execute("UPDATE requests SET state = 'planned'")
        connection.execute("UPDATE runs SET state = 'paused'")
        connection.commit()
    assert shift.desk.run("send", "c.toml", "--sandbox").status == 0
