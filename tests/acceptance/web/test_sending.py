"""Sending from the page: each order once, whatever is clicked, repeated, closed or started again. Without a browser."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from shutil import which
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import openpyxl
import pytest
import requests

from campaign.web import drafts
from tests.support.desk import KEYS, number
from tests.support.web import WebServer, start_web
from tests.support.web_campaigns import Client, fields_of, make_campaign, numbers_of, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLACES = count(1_000, 1_000)


@pytest.fixture(scope="module")
def server(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    """`campaign web` with keys, and a gateway of its own; a send can be taken back for one second."""
    running = start(tmp_path_factory.mktemp("web"), gateway)
    yield running
    errors = running.stop()
    assert "fault" not in errors, errors  # the notes of the scheduler are no faults
    assert "Traceback" not in errors, errors


def start(folder: Path, gateway: str) -> WebServer:
    home = folder / "campaigns"
    home.mkdir(exist_ok=True)
    (home / "web.toml").write_text("undo_seconds = 0.5\ntype_count_from = 30\n", encoding="utf-8")
    return start_web(home, env=KEYS | {"CAMPAIGN_GATEWAY_URL": gateway})


@pytest.fixture
def client(server: WebServer, gateway: str) -> Client:
    requests.delete(f"{gateway}/sandbox", timeout=10).raise_for_status()
    return Client(server)


@pytest.fixture
def stats(gateway: str) -> Any:
    return lambda: requests.get(f"{gateway}/sandbox/stats", timeout=10).json()


def campaign(client: Client, people: int = 3, **more: Any) -> drafts.Draft:
    """A campaign to people of its own."""
    return make_campaign(client.server.home, people, first=next(_PLACES), **more)


def test_the_way_from_the_confirmation_to_the_result(client: Client, stats: Any) -> None:
    draft = campaign(client)
    page = client.checked(f"/campaigns/{draft.id}/send")
    assert "This goes to 3 recipients." in page
    assert "02-1234-5678" in page
    assert "No test was sent yet." in page
    answer = client.send(draft)
    assert path_of(answer).startswith("/orders/")
    assert "Take back" in answer.text
    run = client.run_of(answer)
    finished = client.until(run, '<span class="badge">Finished</span>')
    assert numbers_of(finished) == {"Accepted": 3, "Rejected": 0, "Result unknown": 0, "Left": 0}
    assert stats() == {"requests": 3, "accepted": 3, "recipients": 3, "repeats": 0}

    book = client.get(f"{run}/result.xlsx")
    assert book.headers["content-disposition"].startswith("attachment")
    assert book.content[:2] == b"PK"
    table = client.get(f"{run}/result.csv")
    assert table.text.count("accepted") == 3
    home = client.get("/").text
    assert "봄 세일" in home
    record = client.get("/record.csv").text
    assert record.count("download") == 2
    assert ",send," in record
    assert f'href="{run}"' in home
    assert f"/campaigns/{draft.id}/copy" not in home  # it is no draft any more
    assert unquote(run.rpartition("/")[2]) in unquote(client.get("/runs").text)


def test_a_double_click_and_the_old_page_send_once_and_lead_to_the_same_run(client: Client, stats: Any) -> None:
    draft = campaign(client)
    path = f"/campaigns/{draft.id}/send"
    fields = client.form(path) | {"mode": "real", "when": "now"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post(path, fields), range(4)))
    assert len({path_of(one) for one in answers}) == 1
    run = client.run_of(answers[0])
    client.until(run, "Finished")
    assert path_of(client.post(path, fields)) == run  # Back, then the button again
    assert stats()["recipients"] == 3


def test_two_tabs_with_the_same_campaign_send_once(client: Client, stats: Any) -> None:
    draft = campaign(client)
    path = f"/campaigns/{draft.id}/send"
    first, second = client.form(path), client.form(path)
    assert first["order"] != second["order"]
    more = {"mode": "real", "when": "now"}
    one, other = client.post(path, first | more), client.post(path, second | more)
    assert path_of(one) == path_of(other)
    run = client.run_of(one)
    client.until(run, "Finished")
    third = client.form(path)
    refused = client.post(path, third | more)
    assert "Type &#34;again&#34; to send it once more" in refused.text
    assert stats()["recipients"] == 3
    again = client.post(path, fields_of(refused.text, path) | more | {"again": "again"})
    assert client.run_of(again) != run
    client.until(client.run_of(again), "Finished")
    assert stats()["recipients"] == 6


def test_a_send_is_taken_back_before_it_starts(client: Client, stats: Any) -> None:
    draft = campaign(client)
    path = path_of(client.send(draft))
    taken_back = client.post(f"{path}/take-back", {})
    assert "Taken back. Nothing was sent." in taken_back.text
    time.sleep(0.7)
    assert "Taken back. Nothing was sent." in client.get(path).text
    assert stats()["requests"] == 0
    client.until(client.run_of(client.send(draft)), "Finished")
    assert stats()["recipients"] == 3


def test_a_list_that_changed_after_the_confirmation_is_not_sent(client: Client, stats: Any) -> None:
    draft = campaign(client)
    path = f"/campaigns/{draft.id}/send"
    fields = client.form(path) | {"mode": "real", "when": "now"}
    other = campaign(client, 5)
    (other.folder / "list" / "명단.xlsx").replace(draft.folder / "list" / "명단.xlsx")
    refused = client.until(path_of(client.post(path, fields)), "Nothing was sent.")
    assert "has changed since it was shown" in refused
    assert f'href="/campaigns/{draft.id}/check"' in refused
    assert stats()["requests"] == 0


def test_many_recipients_are_sent_to_only_when_their_number_is_typed(client: Client, stats: Any) -> None:
    draft = campaign(client, 30)
    wrong = client.send(draft, typed="29")
    assert wrong.status_code == 400
    assert "Type the number of recipients, 30, to confirm." in wrong.text
    path = f"/campaigns/{draft.id}/send"
    fields = fields_of(wrong.text, path) | {"mode": "real", "when": "now", "typed": "30"}
    client.until(client.run_of(client.post(path, fields)), "Finished")
    assert stats()["recipients"] == 30


def test_a_run_is_paused_continued_and_cancelled(client: Client, stats: Any) -> None:
    draft = campaign(client, 150, rate=40)
    run = client.run_of(client.send(draft, typed="150"))
    client.until(run, "Pause")
    client.order(run, "pause")
    client.until(run, '<span class="badge">Paused</span>')
    assert "paused on the page" in client.get(run).text
    left = numbers_of(client.get(run).text)["Left"]
    assert left > 0
    before = stats()["recipients"]
    assert before == 150 - left
    client.order(run, "resume")
    client.until(run, "Pause</button>")
    client.order(run, "cancel")
    page = client.until(run, '<span class="badge">Cancelled</span>')
    assert numbers_of(page)["Accepted"] == stats()["recipients"] >= before
    assert sum(numbers_of(page).values()) == 150
    assert "Who did what" in page


def test_unknown_requests_are_decided_each_by_itself(client: Client, gateway: str, stats: Any) -> None:
    requests.post(
        f"{gateway}/sandbox/faults", json={"fault": "accept_then_hang_up", "times": 2}, timeout=10
    ).raise_for_status()
    draft = campaign(client)
    run = client.run_of(client.send(draft))
    page = client.until(run, "The result of 2 requests is unknown")
    first, second = re.findall(r'name="request-(\d+)" value="sent"', page)
    assert number(0)[:3] + "-****-" in page
    decided = client.order(run, "resolve", **{f"request-{first}": "sent", f"request-{second}": "not_sent"})
    assert numbers_of(decided.text) == {"Accepted": 2, "Rejected": 0, "Result unknown": 0, "Left": 1}
    client.order(run, "resume")
    assert numbers_of(client.until(run, "Finished"))["Accepted"] == 3
    assert stats()["repeats"] == 1  # of the one that the user said had not arrived


def test_what_the_gateway_refuses_is_named_and_makes_a_new_campaign(client: Client, gateway: str) -> None:
    requests.post(f"{gateway}/sandbox/faults", json={"fault": "code", "code": 13}, timeout=10).raise_for_status()
    draft = campaign(client)
    run = client.run_of(client.send(draft))
    page = client.until(run, '<span class="badge">Paused</span>')
    assert "Code 13" in page
    client.order(run, "cancel")
    client.until(run, '<span class="badge">Cancelled</span>')

    rejected = campaign(client)
    book = openpyxl.load_workbook(rejected.folder / "list" / "명단.xlsx")
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "02-345-6789"
    book.save(rejected.folder / "list" / "명단.xlsx")
    run = client.run_of(client.send(rejected))
    client.until(run, "Finished")
    made = client.order(run, "again", invalid="1")
    [campaign_id] = re.findall(r"/campaigns/([a-z0-9]{12})/list", path_of(made))
    page = client.checked(f"/campaigns/{campaign_id}/send")
    assert "Nobody is left to send it to." in page, page
    values = drafts.read(drafts.find(client.server.home, campaign_id)).unwrap()
    assert values["recipients"]["except_run"] == unquote(run.rpartition("/")[2])
    assert "1 row read" in client.get(f"/campaigns/{campaign_id}/list").text


def test_a_test_message_goes_to_the_own_phone_which_is_remembered(client: Client, gateway: str) -> None:
    draft = campaign(client)
    path = f"/campaigns/{draft.id}/test"
    answer = client.post(path, client.form(path) | {"number": "010-2345-6789", "row": "3"})
    assert "Sent to 010-2345-6789. Did it arrive?" in answer.text, answer.text
    [delivery] = requests.get(f"{gateway}/sandbox/deliveries", timeout=10).json()
    assert delivery["number"] == "01023456789"
    assert delivery["text"].startswith("고객")
    assert 'value="010-2345-6789"' in client.get(f"/campaigns/{campaign(client).id}/test").text
    confirmation = client.post(f"{path}/seen", {})
    assert "You have seen the test message on your phone." in client.checked(path_of(confirmation))
    wrong = client.post(path, client.form(path) | {"number": "12"})
    assert "12" in wrong.text
    assert "alert note" in wrong.text


def test_practice_reaches_no_phone_and_may_be_repeated(client: Client, stats: Any) -> None:
    draft = campaign(client)
    run = client.run_of(client.send(draft, mode="practice"))
    assert "Nothing reached a phone." in client.until(run, "Finished")
    assert client.run_of(client.send(draft, mode="practice")) != run
    assert stats()["requests"] == 0


def test_a_schedule_is_recorded_shown_and_removed(client: Client, stats: Any) -> None:
    draft = campaign(client)
    past = client.send(draft, when="later", at="2020-12-01T10:00")
    assert "Choose a time in the future." in past.text
    answer = client.send(draft, when="later", at="2031-12-01T10:00")
    assert path_of(answer) == "/schedules"
    assert "Next: 2031-12-01 10:00" in answer.text
    [action] = re.findall(r'action="(/schedules/[^"]*/remove)"', answer.text)
    removed = client.post(action, fields_of(answer.text, action))
    assert "Removed" in removed.text
    weekly = client.send(draft, when="weekly", day="MON", clock="09:30")
    assert "Mondays 09:30" in weekly.text
    [action] = re.findall(r'action="(/schedules/[^"]*/remove)"', weekly.text)
    client.post(action, fields_of(weekly.text, action))
    assert stats()["requests"] == 0


def test_a_run_that_is_over_loses_its_texts_when_asked(client: Client) -> None:
    draft = campaign(client)
    run = client.run_of(client.send(draft))
    client.until(run, "Finished")
    purged = client.order(run, "purge")
    assert "Texts and numbers were removed" in purged.text
    assert numbers_of(purged.text)["Accepted"] == 3


@pytest.mark.parametrize(
    "path", ["/runs/none", "/runs/none/state", "/orders/0123456789abcdef", "/runs/none/result.xlsx"]
)
def test_what_is_not_there_is_said_with_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404


def test_a_form_without_an_order_is_refused(client: Client) -> None:
    draft = campaign(client)
    assert client.post(f"/campaigns/{draft.id}/send", {"mode": "real"}).status_code == 400
    assert client.post("/runs/none/pause", {"order": "../../etc"}).status_code == 400


def test_the_killed_engine_process_is_started_again_and_the_run_goes_on(client: Client, stats: Any) -> None:
    draft = campaign(client, 60, rate=40)
    run = client.run_of(client.send(draft, typed="60"))
    client.until(run, "Pause</button>")
    while stats()["recipients"] < 5:
        time.sleep(0.02)
    os.kill(child_of(client.server, "engine_process"), signal.SIGKILL)
    page = client.until(run, '<span class="badge">Finished</span>')
    found = numbers_of(page)
    assert found["Accepted"] + found["Result unknown"] == 60
    assert stats()["repeats"] == 0
    assert stats()["recipients"] >= found["Accepted"]


def child_of(server: WebServer, name: str) -> int:
    """The id of a process of the page: `engine_process`, `check_process` or `journal_process`."""
    children = subprocess.run(
        [which("pgrep") or "", "-f", "-P", str(server.process.pid), f"campaign.web.{name}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(children.stdout)


# -- a full disk


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """The kernel refuses what the process writes into files, as on a disk without space."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


FULL = "The disk is full. Nothing was changed. Make room on it, then do this again."


def test_an_upload_and_a_message_that_do_not_fit_on_the_disk_change_nothing(client: Client) -> None:
    draft = campaign(client)
    before = {path: path.read_bytes() for path in draft.folder.rglob("*") if path.is_file()}
    message = f"/campaigns/{draft.id}/message"
    with full_disk(client.server.process.pid):
        upload = client.upload(draft, "다른 명단.csv", f"이름,휴대폰\n김민서,{number(1)}\n".encode())
        saved = client.post(message, {"text": "다른 문안", "sender": "02-1234-5678", "force": "1"})
        made = client.post("/campaigns", {})
        assert client.get("/").status_code == 200
    for answer in (upload, saved, made):
        assert (answer.status_code, FULL in answer.text) == (507, True)
    assert {path: path.read_bytes() for path in draft.folder.rglob("*") if path.is_file()} == before
    assert client.upload(draft, "다른 명단.csv", f"이름,휴대폰\n김민서,{number(1)}\n".encode()).status_code == 200
    assert draft.lists == ["다른 명단.csv", "명단.xlsx"]


def test_an_order_that_does_not_fit_on_the_disk_is_none_and_is_given_again(client: Client, stats: Any) -> None:
    draft = campaign(client)
    path = f"/campaigns/{draft.id}/send"
    fields = client.form(path) | {"mode": "real", "when": "now"}
    with full_disk(client.server.process.pid):
        refused = client.post(path, fields)
        assert (refused.status_code, FULL in refused.text) == (507, True)
    assert client.get(f"/orders/{fields['order']}").status_code == 404
    with full_disk(child_of(client.server, "engine_process")):
        words = client.until(path_of(client.post(path, fields)), "disk")
        assert "alert" in words
    assert stats()["requests"] == 0
    client.until(client.run_of(client.send(draft)), "Finished")
    assert stats()["recipients"] == 3


def test_a_workbook_that_does_not_fit_on_the_disk_is_written_later(client: Client) -> None:
    run = client.run_of(client.send(campaign(client)))
    client.until(run, "Finished")
    assert client.get(f"{run}/result.xlsx").status_code == 200
    [workbook] = client.server.home.parent.glob(f"reports/{unquote(run.rpartition('/')[2])}*.xlsx")
    workbook.unlink()
    with full_disk(child_of(client.server, "engine_process")):
        refused = client.get(f"{run}/result.xlsx")
        assert (refused.status_code, "disk" in refused.text.casefold()) == (409, True)
        assert not workbook.exists()
    assert client.get(f"{run}/result.xlsx").content[:2] == b"PK"
