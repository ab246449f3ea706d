"""A run that workers send: queued, paused, continued, cancelled, and sent although its jobs are gone."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.acceptance.cluster.test_scheduled import run_due
from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    from tests.acceptance.cluster.conftest import Cluster


def test_workers_send_a_queued_run_and_the_workbook_is_what_the_gateway_has(cluster: Cluster) -> None:
    cluster.desk.people(1_500)
    cluster.desk.campaign("{{ 이름 }}님")
    workers = [cluster.work(concurrency=1), cluster.work(concurrency=1)]
    done = cluster.desk.run("send", "c.toml", "--yes", "--queue", "--watch", "--json")
    assert done.status == 0, done.err
    assert done.json["rows"] == {"total": 1_500, "accepted": 1_500}
    cluster.assert_nobody_twice_and_nothing_lost(1_500)
    listed = cluster.desk.run("workers", "--json").json["workers"]
    assert {one["host"] for one in listed} == {"host-0", "host-1"}
    owners = cluster.sql("SELECT count(DISTINCT owner) FROM requests")
    assert owners == [(2,)]  # both of them sent
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(30) for worker in workers] == [0, 0]
    assert cluster.desk.run("workers", "--json").json["workers"] == []


def test_a_run_is_sent_though_its_jobs_are_deleted_or_come_twice(cluster: Cluster) -> None:
    cluster.queue(300)
    cluster.sql("DELETE FROM procrastinate_jobs")
    cluster.work()
    cluster.await_(lambda: cluster.stats()["requests"] > 20)
    run = cluster.desk.run("runs", "--json").json["runs"][0]["run"]
    for _ in range(5):
        cluster.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
            f"VALUES ('send', 'send_slice', '{{\"run\": \"{run}\", \"slice\": 0}}')"
        )
    assert cluster.await_end() == {"total": 300, "accepted": 300, "run": "finished"}
    cluster.assert_nobody_twice_and_nothing_lost(300)


def test_a_paused_run_goes_on_where_it_was_and_a_cancelled_one_does_not(cluster: Cluster) -> None:
    cluster.queue(600)
    cluster.work()
    cluster.await_(lambda: cluster.stats()["requests"] > 30)
    assert cluster.desk.run("pause", "last").status == 0
    claims = "SELECT count(*) FROM events WHERE state = 'in_flight'"
    claimed = cluster.sql(claims)
    cluster.await_(lambda: "in_flight" not in cluster.counts())
    assert cluster.sql(claims) == claimed  # nothing after the pause was seen
    sent = cluster.stats()["requests"]
    assert cluster.counts() == {"total": 600, "accepted": sent, "planned": 600 - sent, "run": "paused"}
    assert cluster.desk.run("resume", "last").status == 0
    cluster.await_(lambda: cluster.stats()["requests"] > sent + 30)
    assert cluster.desk.run("cancel", "last", "--yes").status == 0
    cluster.await_(lambda: "in_flight" not in cluster.counts())
    ended = cluster.counts()
    assert ended["accepted"] + ended["cancelled"] == 600, ended
    assert ended["run"] == "cancelled"
    assert cluster.stats() == cluster.stats() | {"accepted": cluster.counts()["accepted"], "repeats": 0}


def test_an_address_that_the_gateway_refuses_stops_its_host_alone(cluster: Cluster) -> None:
    cluster.desk.fault(fault="code", code=15, times=1)
    refused = cluster.work()
    cluster.desk.people(200)
    cluster.desk.campaign("{{ 이름 }}님")
    assert cluster.desk.run("send", "c.toml", "--yes", "--queue", "--watch").status == 3  # there was no other host
    own = "host-0 (its own address is 127.0.0.1; it is private, and on the internet the host has another one)"
    assert f"refused: {own}. code 15: IP address not registered" in cluster.desk.run("status", "last").out
    assert refused.wait(60) == 4
    assert f"the gateway refuses the address of {own}: IP address not registered" in cluster.logs()
    listed = cluster.desk.run("workers", "--json").json
    assert listed["refused_addresses"] == {"host-0": "127.0.0.1"}
    assert listed["refused_hosts"] == {"host-0": "IP address not registered"}
    assert cluster.stats()["requests"] == 1
    cluster.desk.fault(fault="code", code=15, times=1)
    first, second = cluster.work(), cluster.work()
    cluster.await_workers(2)
    assert cluster.desk.run("resume", "last").status == 0
    assert cluster.await_end() == {"total": 200, "accepted": 200, "run": "finished"}
    cluster.await_(lambda: sorted([first.poll() or 0, second.poll() or 0]) == [0, 4])


def test_a_gateway_that_asks_to_wait_is_left_alone_by_all_workers(cluster: Cluster) -> None:
    cluster.desk.fault(fault="code", code=12, times=3, after=20)
    cluster.work()
    cluster.queue(200)
    assert cluster.await_end() == {"total": 200, "accepted": 200, "run": "finished"}
    held = cluster.sql("SELECT count(*) FROM events WHERE state = 'held'")
    assert held >= [(1,)]


def test_workers_keep_the_rate_of_the_campaign_together(cluster: Cluster) -> None:
    for _ in range(3):
        cluster.work(in_flight=16)
    cluster.await_workers(3)
    cluster.queue(500, gateway="rate = 100")
    assert cluster.await_end() == {"total": 500, "accepted": 500, "run": "finished"}
    [(first, last)] = cluster.sql("SELECT min(sent_at), max(sent_at) FROM requests")
    assert 490 / ((last - first) / 1_000_000) <= 102
    seconds = cluster.sql(f"SELECT count(*) FROM requests GROUP BY (sent_at - {first}) / 1000000")
    assert max(count for (count,) in seconds) <= 110


def test_what_workers_cannot_do_is_refused_before_anything_is_planned(cluster: Cluster) -> None:
    cluster.desk.people(3)
    cluster.desk.campaign("안녕")
    practice = cluster.desk.run("send", "c.toml", "--queue", "--sandbox")
    assert (practice.status, "workers cannot share the built-in sandbox" in practice.err) == (2, True)
    file = cluster.desk.run("send", "c.toml", "--queue", "--yes", "--journal", "sqlite:///j.sqlite3")
    assert (file.status, "has to be in PostgreSQL" in file.err) == (2, True)
    assert cluster.desk.run("runs", "--json").json["runs"] == []


def test_stages_shares_the_spread_and_the_latest_start_are_those_of_all_workers_together(cluster: Cluster) -> None:
    for _ in range(2):
        cluster.work(concurrency=1)
    cluster.await_workers(2)

    cluster.queue(60, sending="first = 20")
    assert cluster.await_end() == {"total": 60, "accepted": 20, "planned": 40, "run": "paused"}
    assert "the first 20 recipients were sent" in cluster.desk.run("status", "last").out
    assert cluster.desk.run("resume", "last").status == 0
    assert cluster.await_end() == {"total": 60, "accepted": 60, "run": "finished"}

    cluster.desk.fault(fault="code", code=21, times=5, after=20)
    cluster.queue(900, sending='stop_above = "1%"')
    stopped = cluster.await_end()
    cluster.await_(lambda: "in_flight" not in cluster.counts())
    assert (stopped["run"], stopped["planned"] > 300) == ("paused", True)
    assert "more than stop_above = 1%" in cluster.desk.run("status", "last").out

    cluster.queue(45, sending='spread = "20 every 1 second"')
    assert cluster.await_end() == {"total": 45, "accepted": 45, "run": "finished"}
    run = cluster.desk.run("runs", "--json").json["runs"][0]["run"]
    [(first, last)] = cluster.sql(f"SELECT min(sent_at), max(sent_at) FROM requests WHERE run = '{run}'")
    assert last - first > 1_900_000
    [(accepted,)] = cluster.sql("SELECT count(*) FROM requests WHERE state = 'accepted'")
    assert cluster.stats()["accepted"] == accepted

    # What was to start on a day that is long over for the workers is not started by them.
    cluster.desk.campaign("{{ 이름 }}, 늦은 소식", schedule="start_at = 2020-12-01T10:00:00+09:00")
    shift = Shift(cluster.desk)
    shift.it_is("2020-12-01 09:00:00")
    assert shift.schedule().status == 0
    shift.it_is("2020-12-01 10:00:30")
    assert run_due(shift) == []
    assert cluster.await_end() == {"total": 45, "planned": 45, "run": "paused"}
    assert "nothing of it was sent by 2020-12-01 12:00:00" in cluster.desk.run("status", "last").out
    [event] = run_due(shift)
    assert event.state == "ended"
