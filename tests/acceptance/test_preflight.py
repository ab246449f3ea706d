"""What would go wrong, said before the first request."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pytest

from campaign.engine import estimate, preflight
from campaign.model import schema
from campaign.model.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.desk import Desk


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def findings(desk: Desk, **more: object) -> dict[str, tuple[bool | None, str]]:
    done = desk.run("doctor", "--json", **more)  # type: ignore[arg-type] # keys, env
    assert done.status in {0, 1}
    return {one["what"]: (one["good"], one["words"]) for one in done.json["findings"]}


def test_the_doctor_finds_a_desk_in_order(desk: Desk) -> None:
    desk.people(2)
    desk.campaign()
    desk.run("send", "c.toml", "--yes")
    seen = findings(desk)
    assert {what: good for what, (good, _) in seen.items()} == {
        "SQLite": True,
        "keys": True,
        "journal": True,
        "disk": seen["disk"][0],
        "clock": True,
    }
    assert seen["journal"][1].endswith(": intact, 1 run")
    done = desk.run("doctor")
    assert (done.status, "intact" in done.out) == (0, True)
    assert desk.ask("/sandbox/stats")["requests"] == 1  # asking for the time is no request to send


def test_the_doctor_names_what_is_missing(desk: Desk) -> None:
    seen = findings(desk, keys=False, env={"CAMPAIGN_GATEWAY_URL": "http://127.0.0.1:9"})
    assert seen["keys"] == (None, "IWINV_API_KEY and IWINV_AUTH_KEY not set: only the sandbox can be used")
    assert seen["journal"][0] is None
    assert seen["gateway"] == (False, "http://127.0.0.1:9 cannot be reached: the connection was refused")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "BAD   gateway  http://127.0.0.1:9 cannot be reached: the connection was refused"),
        (
            "https://gateway.invalid",
            "BAD   gateway  https://gateway.invalid cannot be reached: gateway.invalid: ",
        ),
    ],
)
def test_the_doctor_says_in_one_sentence_that_there_is_no_network(desk: Desk, url: str, said: str) -> None:
    done = desk.run("doctor", "--gateway-url", url)
    assert (done.status, done.err) == (1, "")
    [line] = [line for line in done.out.splitlines() if "cannot be reached" in line]
    assert line.startswith(said)
    assert "Traceback" not in done.out


def test_a_run_is_resumed_through_its_own_gateway_only(desk: Desk) -> None:
    done = desk.run("resume", "last", "--gateway-url", "http://127.0.0.1:9")
    assert done.status == 2
    assert "resume uses the run's own gateway" in done.err


def test_a_damaged_journal_is_found_and_nothing_is_sent(desk: Desk) -> None:
    desk.people(400)
    desk.campaign("{{ 이름 }}님")
    desk.run("send", "c.toml", "--yes")
    path = desk.folder / "reports" / "journal.sqlite3"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\xff" * 8192
    path.write_bytes(data)
    assert findings(desk)["journal"][0] is False
    desk.campaign("{{ 이름 }}님, 또")
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert "damaged" in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 400


def test_a_disk_as_good_as_full_is_not_started_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.people(2)
    desk.campaign()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 10**6))
    done = desk.run("send", "c.toml", "--yes")
    assert done.status == 2
    assert "only 1 MB free" in done.err
    assert desk.ask("/sandbox/stats")["requests"] == 0


def test_the_last_requests_reservation_is_held_against_the_time_it_would_be_sent() -> None:
    now = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    date = format_time(now + timedelta(minutes=20))
    table = pd.DataFrame(
        {"request": pd.array([1, 240], dtype=schema.INT), "date": pd.array([date, date], dtype=schema.TEXT)}
    )
    preflight.require_reservations(table, estimate.Speed(in_flight=8, rate=2), now)  # sent within two minutes
    with pytest.raises(preflight.NotReady, match=r"request 240 would be sent at .*too soon"):
        preflight.require_reservations(table, estimate.Speed(in_flight=8, rate=0.5), now)


@contextmanager
def gateway_whose_clock_is_off_by(off: timedelta) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return format_datetime((datetime.now(UTC) + off).replace(microsecond=0), usegmt=True)

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"resultCode": 0, "message": "", "requestNo": "1", "msgType": "SMS"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("minutes", "warned"), [(-30, True), (30, True), (0, False)])
def test_a_clock_that_is_off_is_said_before_the_first_request_of_send_and_of_resume(
    desk: Desk, minutes: int, warned: bool
) -> None:
    desk.people(2)
    desk.campaign()
    with gateway_whose_clock_is_off_by(timedelta(minutes=minutes)) as url:
        done = desk.run("send", "c.toml", "--yes", "--gateway-url", url)
        again = desk.run("resume", "last")
    assert (done.status, again.status) == (0, 0)
    assert ("this machine's clock shows" in done.err) is warned
    assert ("this machine's clock shows" in again.err) is warned
