"""Measures `campaign web`: its start, its memory, its pages while it is busy, the check, a fix, a test.

    python benchmarks/page.py [--rounds 3] [--only start --only pages ...] [--rows 100000] [--million 1000000]

Every request is a browser's: over HTTP, with a session. The gateway is a sandbox in a separate process that answers
after 50 ms. What is compared (`campaign check`, `campaign send`, an import) takes turns with the page; medians count.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import lists
import requests

from campaign.journal import open_for_reading
from campaign.sandbox import start
from campaign.web import drafts
from campaign.web.check_process import LARGE_IDLE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RESULTS: Final = Path(__file__).parent / "results"
KEYS: Final = {"IWINV_API_KEY": "bench", "IWINV_AUTH_KEY": "bench"}
SENDER: Final = "02-1234-5678"
SAMPLES: Final = 240
"""Pages that are asked for in each condition."""

PAUSE_S: Final = 0.03
"""Time between two of them: people do not ask without a pause, and the page must not be what keeps the machine busy."""

IN_FLIGHT: Final = 32
"""Requests at the same time: 640 a second, as the gateway answers after 50 ms."""

SENDING: Final = 20_000
"""Recipients of the run that is sent meanwhile, each with a request of their own."""

SETTLED_S: Final = LARGE_IDLE_S + 10
"""Time after which a process that has nothing to do has given back what it does not need."""

LOADED: Final = "import starlette, uvicorn, jinja2"
DEBOUNCE_S: Final = 0.3
"""Time without a key after which the script asks for the preview."""


@dataclass
class Served:
    """A running `campaign web` and a session with it."""

    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[str]
    url: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def home(self) -> Path:
        """The folder of campaigns."""
        return self.folder / "campaigns"

    def get(self, path: str) -> requests.Response:
        """A page."""
        answer = self.session.get(self.url + path, timeout=120)
        answer.raise_for_status()
        return answer

    def post(self, path: str, fields: dict[str, str], **more: Any) -> requests.Response:  # noqa: ANN401 - as requests has it
        """What comes of a form."""
        return self.session.post(self.url + path, data=fields, timeout=120, **more)

    def until(self, path: str, words: str, *, pause_s: float = 0.02) -> str:
        """A page, as soon as it has these words."""
        deadline = time.monotonic() + 600
        while words not in (page := self.get(path).text):
            if time.monotonic() > deadline:
                sys.exit(f"{path} never had {words!r}: {page[-2000:]}")
            time.sleep(pause_s)
        return page

    def send(self, draft: drafts.Draft, count: int) -> str:
        """Order a campaign to be sent; returns its run's path once it is being sent."""
        path = f"/campaigns/{draft.id}/send"
        hidden = _hidden(self.until(path, f'action="{path}"'), path)
        answer = self.post(path, hidden | {"mode": "real", "when": "now", "typed": str(count)})
        while "/runs/" not in answer.url:
            time.sleep(0.05)
            answer = self.get(answer.url.removeprefix(self.url))
        run = answer.url.removeprefix(self.url).partition("?")[0]
        self.until(run, f'action="{run}/pause"')
        return run


def _hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with an action."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    if found is None:
        sys.exit(f"no form for {action}: {page[-2000:]}")
    pairs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[1])
    return {html.unescape(name): html.unescape(value) for name, value in pairs}


def _environment(gateway: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPAIGN_", "IWINV_"))}
    named = {} if gateway is None else KEYS | {"CAMPAIGN_GATEWAY_URL": gateway}
    return kept | {"CAMPAIGN_LANG": "en", "PYTHONPATH": str(Path(__file__).parents[1])} | named


@contextmanager
def serving(folder: Path, gateway: str | None = None) -> Iterator[Served]:
    """`campaign web` in a folder, ready: both of its processes have answered."""
    (folder / "campaigns").mkdir(exist_ok=True)
    (folder / "campaigns" / "web.toml").write_text("undo_seconds = 0.1\n", encoding="utf-8")
    served, line = _started(folder, _environment(gateway))
    try:
        served.url = line.partition("/enter")[0]
        served.session.headers.update({"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"})
        served.session.get(line, timeout=120).raise_for_status()
        served.until("/", "", pause_s=0.1)
        while "still starting" in served.get("/").text:
            time.sleep(0.1)
        yield served
    finally:
        served.process.send_signal(signal.SIGINT)
        served.process.communicate(timeout=120)


def _started(folder: Path, environment: dict[str, str]) -> tuple[Served, str]:
    words = ["web", "--port", "0", "--no-browser", "--home", str(folder / "campaigns")]
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    if process.stdout is None:
        raise AssertionError
    found = re.search(r"https?://\S+", process.stdout.readline())
    if found is None:
        sys.exit("campaign web did not start")
    return Served(folder, environment, process), found[0]


def campaign(served: Served, rows: int, *, has_list: bool = True, text: str = lists.TEXTS["each"]) -> drafts.Draft:
    """A campaign of so many rows, each with a text of its own."""
    draft = drafts.create(served.home, f"{rows} rows")
    settings: dict[str, dict[str, object]] = {"": {"sender": SENDER}, "gateway": {"in_flight": IN_FLIGHT}}
    if has_list:
        lists.make_sheet(draft.folder / drafts.LIST / lists.SHEET, rows)
        settings["recipients"] = {"files": [f"{drafts.LIST}/{lists.SHEET}"]}
    drafts.change(draft, settings, text=text)
    return draft


# -- what is measured


def measure_start(rounds: int, folder: Path) -> dict[str, Any]:
    """A7: seconds until the address is printed, and of the imports that it cannot do without."""
    found: dict[str, list[float]] = {"address": [], "imports": []}
    for number in range(rounds + 1):
        place = folder / f"start-{number}"
        place.mkdir()
        began = time.perf_counter()
        served, _line = _started(place, _environment(None))
        found["address"].append(time.perf_counter() - began)
        served.process.send_signal(signal.SIGINT)
        served.process.communicate(timeout=120)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", LOADED], check=True)
        found["imports"].append(time.perf_counter() - began)
    medians = {name: statistics.median(times[1:]) for name, times in found.items()}  # the first one warms the disk
    return medians | {"ratio": medians["address"] / medians["imports"]}


def measure_check(rounds: int, rows: int, folder: Path) -> dict[str, Any]:
    """A1: seconds from the uploaded list to the complete check page, and of `campaign check` of the same file."""
    found: dict[str, list[float]] = {"page": [], "command": []}
    with serving(folder) as served:
        sheet = folder / lists.SHEET
        lists.make_sheet(sheet, rows)
        for _ in range(rounds):
            draft = campaign(served, rows, has_list=False)
            with sheet.open("rb") as content:
                served.post(f"/campaigns/{draft.id}/list", {}, files={"files": (lists.SHEET, content)})
            began = time.perf_counter()
            served.until(f"/campaigns/{draft.id}/check", 'id="sentence"')
            found["page"].append(time.perf_counter() - began)
            began = time.perf_counter()
            words = ["check", str(draft.file), "--json", "--report", str(folder / "check.xlsx")]
            subprocess.run(
                [sys.executable, "-m", "campaign", *words],
                cwd=folder,
                env=served.environment,
                check=True,
                capture_output=True,
            )
            found["command"].append(time.perf_counter() - began)
    medians = {name: statistics.median(times) for name, times in found.items()}
    return medians | {"ratio": medians["page"] / medians["command"]}


def measure_pages(million: int, folder: Path) -> dict[str, Any]:
    """A5: milliseconds of any page: while nothing goes on, while a run is sent, while a long list is checked."""
    found: dict[str, Any] = {}
    with start(seed=1, latency="50ms") as sandbox, serving(folder, sandbox.url) as served:
        ready, long = campaign(served, 300), campaign(served, million)
        served.until(f"/campaigns/{ready.id}/check", 'id="sentence"')
        done = served.send(campaign(served, 40), 40)
        served.until(done, "Finished")
        paths = [
            "/",
            "/runs",
            "/schedules",
            "/record",
            done,
            *(f"/campaigns/{ready.id}/{step}" for step in ("list", "message", "check", "test", "send")),
        ]
        found["idle"] = _times(served, paths)
        run = served.send(campaign(served, SENDING), SENDING)
        found["sending"] = _times(served, [*paths, run, f"{run}/state?state=running"])
        found["sending"]["rate"] = _rate(served, run)
        served.post(f"{run}/cancel", _hidden(served.get(run).text, f"{run}/cancel"))
        state = f"/campaigns/{long.id}/check/state"
        served.get(f"/campaigns/{long.id}/check")
        found["checking"] = _times(served, [*paths, f"/campaigns/{long.id}/check", state])
        found["checking"]["is_over"] = 'id="sentence"' in served.get(f"/campaigns/{long.id}/check").text
    return found


def _times(served: Served, paths: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of each path, asked for in turns."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    for path in paths:  # templates are compiled by the first
        served.session.get(served.url + path, timeout=120)
    for number in range(SAMPLES):
        path = paths[number % len(paths)]
        began = time.perf_counter()
        served.session.get(served.url + path, timeout=120, allow_redirects=False)
        times[path].append(1000 * (time.perf_counter() - began))
        time.sleep(PAUSE_S)
    every = sorted(one for of_path in times.values() for one in of_path)
    slowest = sorted(((max(of_path), path) for path, of_path in times.items()), reverse=True)[:4]
    return {
        "median": statistics.median(every),
        "p95": every[int(0.95 * len(every))],
        "max": every[-1],
        "slowest": [f"{path} {most:.0f}" for most, path in slowest],
    }


def _rate(served: Served, run: str) -> float:
    """Requests a second of a run that is being sent, over two seconds."""
    counts = []
    for _ in range(2):
        with open_for_reading(f"sqlite:///{served.folder}/reports/journal.sqlite3") as journal:
            found = journal.requests.counts(unquote(run.rpartition("/")[2]))
        counts.append((time.perf_counter(), sum(count for state, count in found.items() if state == "accepted")))
        time.sleep(2)
    (first_at, first), (last_at, last) = counts
    return (last - first) / (last_at - first_at)


def measure_typing(rounds: int, rows: int, folder: Path) -> dict[str, Any]:
    """A11: milliseconds from the last key to the true bytes and the preview."""
    with serving(folder) as served:
        draft = campaign(served, rows)
        served.until(f"/campaigns/{draft.id}/list", 'id="phone"')
        times = []
        for number in range(5 * rounds):
            text = f"{{{{ 이름 }}}}님, 쿠폰 {{{{ 쿠폰 }}}}이 도착했습니다. {'가' * number}"
            began = time.perf_counter()
            path = f"/campaigns/{draft.id}/message/look"
            answer = served.post(path, {"text": text, "sender": SENDER}, headers={"X-Fragment": "1"})
            times.append(1000 * (DEBOUNCE_S + time.perf_counter() - began))
            if "bubble" not in answer.text:
                sys.exit(answer.text)
            time.sleep(0.5)  # the next key comes later
    return {"median": statistics.median(times), "max": max(times), "first": times[0]}


def measure_sending(rounds: int, people: int, folder: Path) -> dict[str, Any]:
    """A9: requests a second of a run with three tabs open, by those of `campaign send`; A8 and A10 on the way."""
    found: dict[str, list[float]] = {"page": [], "command": [], "pause_s": [], "test_s": []}
    for number in range(rounds):
        place = folder / f"sending-{number}"
        place.mkdir()
        with start(seed=1, latency="50ms") as sandbox, serving(place, sandbox.url) as served:
            run = served.send(campaign(served, people), people)
            with _three_tabs(served, run):
                served.until(run, "Finished", pause_s=1)
            found["page"].append(_speed(served, run))
            command = campaign(served, people, text=lists.TEXTS["each"] + "!")
            words = ["send", str(command.file), "--yes", "--json"]
            subprocess.run(
                [sys.executable, "-m", "campaign", *words],
                cwd=place,
                env=served.environment,
                check=True,
                capture_output=True,
            )
            found["command"].append(_speed(served, "last"))
            run = served.send(campaign(served, SENDING, text=lists.TEXTS["each"] + "?"), SENDING)
            found["test_s"].append(_test_message(served))
            found["pause_s"].append(_pause(served, run))
    medians = {name: statistics.median(values) for name, values in found.items()}
    return medians | {"ratio": medians["page"] / medians["command"]}


def measure_fixing(rounds: int, rows: int, folder: Path) -> dict[str, Any]:
    """A12: milliseconds from a corrected cell to the row's judgement, in a list of so many rows."""
    with serving(folder) as served:
        draft = campaign(served, rows, has_list=False)
        lists.make_sheet(draft.folder / drafts.LIST / lists.SHEET, rows, wrong=5 * rounds)
        drafts.change(draft, {"recipients": {"files": [f"{drafts.LIST}/{lists.SHEET}"]}})
        page = served.until(f"/campaigns/{draft.id}/check", "check/fix?")
        forms = re.findall(r'action="(check/fix\?[^"]*)"[^>]*><input type="hidden" name="was" value="([^"]*)"', page)
        times = []
        for number, (action, was) in enumerate(forms[: 5 * rounds]):
            began = time.perf_counter()
            path = f"/campaigns/{draft.id}/{html.unescape(action)}"
            given = {"was": html.unescape(was), "value": f"010-9999-{number:04d}"}
            answer = served.post(path, given, headers={"X-Fragment": "1"})
            times.append(1000 * (time.perf_counter() - began))
            if 'class="good"' not in answer.text:
                sys.exit(answer.text)
            time.sleep(0.3)
    return {"median": statistics.median(times), "max": max(times), "fixes": len(times)}


def measure_painting(rounds: int, rows: int, folder: Path) -> dict[str, Any]:
    """A6: milliseconds to the first paint and until one can type, layout shift; Chromium, slowed four times."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with serving(folder) as served, sync_playwright() as driver:
        draft = campaign(served, rows)
        served.until(f"/campaigns/{draft.id}/check", 'id="sentence"')
        browser = driver.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        for name in ("", f"campaigns/{draft.id}/message", f"campaigns/{draft.id}/check"):
            seen = [_painted(browser, served, name) for _ in range(rounds)]
            found[name.rpartition("/")[2] or "home"] = {
                key: statistics.median(one[key] for one in seen) for key in seen[0]
            }
        browser.close()
    return found


def _painted(browser: Any, served: Served, path: str) -> dict[str, float]:  # noqa: ANN401 - playwright is a test's library
    context = browser.new_context(viewport={"width": 390, "height": 844})
    jar = [{"name": one.name, "value": one.value, "url": served.url} for one in served.session.cookies]
    context.add_cookies(jar)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(f"{served.url}/{path}", wait_until="load")
    page.wait_for_timeout(1_500)
    found: dict[str, float] = page.evaluate(
        """async () => {
            const shifts = await new Promise(done => {
                const watch = new PerformanceObserver(list => done(list.getEntries()));
                watch.observe({type: "layout-shift", buffered: true});
                setTimeout(() => done([]), 300);
            });
            const navigation = performance.getEntriesByType("navigation")[0];
            return {
                first_paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
                ready: navigation.domContentLoadedEventEnd,
                shift: shifts.reduce((sum, one) => sum + one.value, 0),
            };
        }"""
    )
    context.close()
    return found


def measure_memory(million: int, folder: Path) -> dict[str, Any]:
    """A13: MiB of each process, idle, after a long list was checked, and sent; A2: seconds of that check."""
    with start(seed=1) as sandbox, serving(folder, sandbox.url) as served:
        campaign(served, 40)
        time.sleep(SETTLED_S)
        idle = _memory_mib(served.process.pid)
        draft = campaign(served, million)
        began = time.perf_counter()
        served.until(f"/campaigns/{draft.id}/check", 'id="sentence"', pause_s=0.2)
        seconds = time.perf_counter() - began
        busy = _memory_mib(served.process.pid)
        time.sleep(SETTLED_S)
        checked = _memory_mib(served.process.pid)
        drafts.change(draft, text=lists.TEXTS["few"])
        run = served.send(draft, million)
        served.until(run, "Finished", pause_s=1)
        served.get(f"{run}?by=%EB%93%B1%EA%B8%89")
        time.sleep(SETTLED_S)
        sent = _memory_mib(served.process.pid)
        drafts.change(draft, text=lists.TEXTS["each"])
    began = time.perf_counter()
    words = [sys.executable, "-m", "campaign", "check", str(draft.file), "--json"]
    subprocess.run(words, cwd=folder, env=served.environment, check=True, capture_output=True)
    command = time.perf_counter() - began
    memory = {"idle": idle, "busy": busy, "checked": checked, "sent": sent}
    return memory | {"page": seconds, "command": command, "ratio": seconds / command}


def _memory_mib(pid: int) -> dict[str, float]:
    """MiB that the server and each process that it has started hold for themselves and share (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {_name(int(one)): round(_pss_mib(int(one)), 1) for one in [str(pid), *children]}


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return next((word for word in words if word.startswith("campaign")), words[-1])


def _pss_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def _three_tabs(served: Served, run: str) -> Iterator[None]:
    """Three tabs ask for the state of a run every second, as the script does."""
    is_over = threading.Event()

    def look() -> None:
        with requests.Session() as tab:
            tab.cookies.update(served.session.cookies)
            while not is_over.wait(1):
                tab.get(f"{served.url}{run}/state?state=running", headers={"X-Fragment": "1"}, timeout=60)

    tabs = [threading.Thread(target=look) for _ in range(3)]
    for tab in tabs:
        tab.start()
    yield
    is_over.set()
    for tab in tabs:
        tab.join()


def _speed(served: Served, run: str) -> float:
    """Requests a second of a run that is complete, from its first claim to its last answer."""
    with open_for_reading(f"sqlite:///{served.folder}/reports/journal.sqlite3") as journal:
        record = journal.runs.get(unquote(run.rpartition("/")[2]))
        table = journal.requests.table(record.id)
    return float(len(table) / (table["ended_at"].max() - table["sent_at"].min()).total_seconds())


def _test_message(served: Served) -> float:
    """Seconds until a test message is accepted while a run is sent."""
    path = f"/campaigns/{campaign(served, 10).id}/test"
    hidden = _hidden(served.get(path).text, path)
    began = time.perf_counter()
    served.post(path, hidden | {"number": "010-2345-6789", "row": "2"})
    served.until(path, "Did it arrive?")
    return time.perf_counter() - began


def _pause(served: Served, run: str) -> float:
    """Seconds from the click on Pause to the last claim."""
    hidden = _hidden(served.get(run).text, f"{run}/pause")
    clicked = time.time()
    served.post(f"{run}/pause", hidden)
    served.until(run, f'action="{run}/resume"')
    with open_for_reading(f"sqlite:///{served.folder}/reports/journal.sqlite3") as journal:
        table = journal.requests.table(unquote(run.rpartition("/")[2]))
    return float(max(table["sent_at"].max().timestamp() - clicked, 0))


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--million", type=int, default=1_000_000, help="rows of the list that is checked meanwhile")
    parser.add_argument("--people", type=int, default=6_000, help="recipients of the runs whose speed is compared")
    parser.add_argument("--only", action="append", metavar="PART", help="all parts by default")
    given = parser.parse_args()
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "start": lambda folder: measure_start(3 * given.rounds, folder),
        "check": lambda folder: measure_check(given.rounds, given.rows, folder),
        "pages": lambda folder: measure_pages(given.million, folder),
        "typing": lambda folder: measure_typing(given.rounds, given.rows, folder),
        "sending": lambda folder: measure_sending(given.rounds, given.people, folder),
        "memory": lambda folder: measure_memory(given.million, folder),
        "fixing": lambda folder: measure_fixing(given.rounds, given.rows, folder),
        "painting": lambda folder: measure_painting(given.rounds, given.rows, folder),
    }
    if unknown := set(given.only or ()) - parts.keys():
        parser.error(f"unknown parts {unknown}: there are {', '.join(parts)}")
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / "page.json"
    found = dict(json.loads(place.read_text(encoding="utf-8"))) if place.exists() else {}
    for name, measure in parts.items():
        if given.only is None or name in given.only:
            with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
                found[name] = measure(Path(folder))
            print(f"  {name}: {json.dumps(found[name], ensure_ascii=False, indent=1)}", flush=True)
    place.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
