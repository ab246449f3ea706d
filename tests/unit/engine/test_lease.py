"""A lease holds for ten seconds after a beat was asked for; a worker is lost when nobody saw it beat for eleven."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from campaign.engine.cluster.lease import Lease, Reaper, describe_host
from campaign.journal import StoppedHost, open_for_worker, open_for_writing
from campaign.model import i18n
from campaign.model.errors import JournalError
from campaign.model.sentences import sentence

if TYPE_CHECKING:
    from campaign.journal import Workers

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass
class Journal:
    """Stands in for the journal, and for the clocks."""

    owners: dict[str, int] = field(default_factory=dict)
    fenced: list[str] = field(default_factory=list)
    is_away: bool = False
    is_busy: bool = False
    slow_s: float = 0.0
    steady_s: float = 0.0
    wall_s: float = 1_000.0

    def register(self, owner: str, **_facts: object) -> None:
        self.owners[owner] = 0

    def beat(self, owner: str) -> bool:
        self._answer()
        self.owners[owner] += 1
        return owner not in self.fenced

    def beats(self) -> dict[str, int]:
        self._answer()
        self.pass_(self.slow_s)
        return {owner: beats for owner, beats in self.owners.items() if owner not in self.fenced}

    def fence(self, owner: str, _now: datetime) -> int | None:
        if self.is_busy:
            return None
        self.fenced.append(owner)
        return 0

    def _answer(self) -> None:
        if self.is_away:
            raise JournalError("away")

    def pass_(self, seconds: float) -> None:
        self.steady_s += seconds
        self.wall_s += seconds

    def lease(self) -> Lease:
        lease = Lease(cast("Workers", self), "me", (lambda: self.steady_s, lambda: self.wall_s))
        lease.register("account")
        return lease

    def reaper(self) -> Reaper:
        return Reaper(cast("Workers", self), lambda: self.steady_s)


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_a_lease_holds_for_ten_seconds_after_the_last_beat_was_asked_for(journal: Journal) -> None:
    lease = journal.lease()
    journal.pass_(9.9)
    assert lease.is_valid()
    lease.beat()
    journal.pass_(9.9)
    assert lease.is_valid()
    journal.pass_(0.1)
    assert not lease.is_valid()


@pytest.mark.parametrize("clock", ["steady_s", "wall_s"])
def test_a_lease_ends_by_either_clock_so_a_suspended_machine_does_not_send(journal: Journal, clock: str) -> None:
    lease = journal.lease()
    setattr(journal, clock, getattr(journal, clock) + 10)
    assert not lease.is_valid()


def test_a_lease_that_was_fenced_never_holds_again(journal: Journal) -> None:
    lease = journal.lease()
    journal.fenced.append("me")
    lease.beat()
    assert not lease.is_valid()
    journal.fenced.clear()
    lease.beat()
    assert (lease.is_valid(), lease.is_lost) == (False, True)


def test_a_journal_that_is_away_lets_the_lease_run_out(journal: Journal) -> None:
    lease = journal.lease()
    journal.is_away = True
    with pytest.raises(JournalError):
        lease.beat()
    assert lease.is_valid()
    journal.pass_(10)
    assert not lease.is_valid()


def test_a_worker_is_fenced_when_it_was_not_seen_to_beat_for_eleven_seconds(journal: Journal) -> None:
    reaper = journal.reaper()
    journal.owners |= {"dead": 5, "alive": 5}
    for _second in range(11):
        assert reaper.look(NOW) == []
        journal.owners["alive"] += 1
        journal.pass_(1.0)
    assert reaper.look(NOW) == []
    journal.pass_(0.1)
    assert reaper.look(NOW) == ["dead"]
    assert journal.fenced == ["dead"]


def test_nobody_is_fenced_for_the_time_in_which_the_journal_was_away(journal: Journal) -> None:
    reaper = journal.reaper()
    journal.owners["slow to come back"] = 5
    assert reaper.look(NOW) == []
    look_for(reaper, journal, 8)
    journal.is_away = True
    with pytest.raises(JournalError):
        reaper.look(NOW)
    journal.is_away = False
    look_for(reaper, journal, 10)


def test_a_beat_may_have_come_until_the_journal_has_told_of_it(journal: Journal) -> None:
    reaper = journal.reaper()
    journal.owners["alive"] = 5
    journal.slow_s = 1.5
    assert reaper.look(NOW) == []
    journal.slow_s = 0
    look_for(reaper, journal, 11)
    journal.pass_(0.1)
    assert reaper.look(NOW) == ["alive"]


def test_nobody_is_fenced_by_a_process_that_was_stopped_itself(journal: Journal) -> None:
    reaper = journal.reaper()
    journal.owners["alive"] = 5
    assert reaper.look(NOW) == []
    journal.pass_(60)
    look_for(reaper, journal, 10)


def look_for(reaper: Reaper, journal: Journal, seconds: int) -> None:
    """Look every second; nobody is fenced."""
    for _second in range(seconds):
        assert reaper.look(NOW) == []
        journal.pass_(1.0)


def test_a_worker_that_another_one_is_fencing_is_looked_at_again(journal: Journal) -> None:
    reaper = journal.reaper()
    journal.owners["dead"] = 5
    look_for(reaper, journal, 11)
    journal.pass_(0.1)
    journal.is_busy = True
    assert reaper.look(NOW) == []
    journal.is_busy = False
    assert reaper.look(NOW) == ["dead"]


@pytest.mark.parametrize(
    ("address", "korean", "english"),
    [
        ("8.8.8.8", "web-1(자체 IP 8.8.8.8)", "web-1 (its own address is 8.8.8.8)"),
        (
            "10.0.0.4",
            "web-1(자체 IP 10.0.0.4, 사설 IP이므로 인터넷에서는 다른 IP로 보입니다)",
            "web-1 (its own address is 10.0.0.4; it is private, and on the internet the host has another one)",
        ),
        ("2001:4860:4860::8888", "web-1(자체 IP 2001:4860:4860::8888)", None),
        ("100.64.0.9", "web-1(자체 IP 100.64.0.9, 사설 IP이므로 인터넷에서는 다른 IP로 보입니다)", None),
        (None, "web-1", "web-1"),
    ],
    ids=["public", "private", "IPv6", "of a carrier", "not known"],
)
def test_of_a_refused_host_is_said_what_it_knows_of_its_address_and_no_more(
    address: str | None, korean: str, english: str | None
) -> None:
    said = describe_host(StoppedHost(name="web-1", address=address, why="why"))
    with i18n.in_language("ko"):
        assert sentence(said) == korean
    if english is not None:
        assert sentence(said) == english


def test_who_comes_back_to_the_database_fences_nobody_however_old_the_last_beats_are(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.engine.cluster.lease.LEASE_S", -0.9)  # a tenth of a second without a beat is enough
    open_for_writing(postgres_url).close()
    reader, workers = open_for_worker(postgres_url, "one")
    with reader:
        workers.register("one", host="host", pid=1, version="1", account="a")
        time.sleep(0.3)  # nobody could beat, and nobody could look
        assert Reaper(workers).look(NOW) == []
        assert workers.beat("one")
