"""What the page leaves to workers: it orders, they send, and the journal tells both how far they are."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campaign import engine
from tests.support.web_engine import EngineChild

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.cluster.conftest import Cluster

ROWS = 200


@pytest.fixture
def child(cluster: Cluster) -> Iterator[EngineChild]:
    with closing(EngineChild(cluster.desk, ("--queue", "--no-schedule"))) as started:
        yield started


@pytest.fixture
def form(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the form of a send has, for a campaign with a request for each row."""
    monkeypatch.setenv("CAMPAIGN_GATEWAY_URL", str(cluster.desk.sandbox))
    cluster.desk.people(ROWS)
    file = cluster.desk.campaign("{{ 이름 }}님", gateway="rate = 100")
    checked = engine.check(engine.load_campaign(file), engine.now(), engine.SILENT)
    return {"file": str(file), "digest": engine.digest_plan(checked, engine.gateway_of(checked.campaign))}


def test_an_order_is_sent_by_workers_paused_and_continued(
    cluster: Cluster, child: EngineChild, form: dict[str, Any]
) -> None:
    sent = child.do("send", **form)
    assert sent["state"] == "done", sent
    run = sent["run"]
    assert cluster.counts() == {"planned": ROWS, "total": ROWS, "run": "running"}  # nobody has begun
    cluster.work()
    cluster.work()
    cluster.await_(lambda: cluster.counts().get("accepted", 0) > 20)
    assert child.do("pause", run=run)["state"] == "done"
    cluster.await_(lambda: "in_flight" not in cluster.counts())
    paused = cluster.counts()
    assert paused["run"] == "paused"
    assert "unknown" not in paused  # what was in flight belonged to living workers
    assert child.do("resume", run=run)["state"] == "done"
    assert cluster.await_end() == {"accepted": ROWS, "total": ROWS, "run": "finished"}
    assert [one["kind"] for one in child.ask("run", run=run)["orders"]] == ["send", "pause", "resume"]
    assert child.do("report", run=run)["state"] == "done"
    assert {row["status"] for row in cluster.desk.results(child.ask("run", run=run)["report"])} == {"accepted"}
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


def test_an_order_that_is_told_again_leaves_its_run_to_the_workers(
    cluster: Cluster, child: EngineChild, form: dict[str, Any]
) -> None:
    order = child.do("send", **form)["id"]
    child.kill()
    with closing(EngineChild(cluster.desk, ("--queue", "--no-schedule"))) as again:
        assert again.do("send", order, **form)["state"] == "done"
        assert cluster.counts() == {"planned": ROWS, "total": ROWS, "run": "running"}
        cluster.work()
        assert cluster.await_end() == {"accepted": ROWS, "total": ROWS, "run": "finished"}
        assert again.do("send", order, **form)["state"] == "done"
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


def test_a_run_is_cancelled_while_workers_send_it(cluster: Cluster, child: EngineChild, form: dict[str, Any]) -> None:
    run = child.do("send", **form)["run"]
    cluster.work()
    cluster.await_(lambda: cluster.counts().get("accepted", 0) > 20)
    assert child.do("cancel", run=run)["state"] == "done"
    cluster.await_(lambda: "in_flight" not in cluster.counts())
    counts = cluster.counts()
    assert counts["run"] == "cancelled"
    assert counts["accepted"] + counts["cancelled"] == ROWS
    cluster.assert_nobody_twice_and_nothing_lost(ROWS)


def test_a_test_message_is_sent_at_once_without_workers(
    cluster: Cluster, child: EngineChild, form: dict[str, Any]
) -> None:
    done = child.do("test", file=form["file"], to="010-9999-0001", row=2)
    assert done["state"] == "done", done
    assert cluster.counts(done["run"]) == {"accepted": 1, "total": 1, "run": "finished"}


def test_the_page_needs_tables_for_workers(cluster: Cluster) -> None:
    other = {"CAMPAIGN_JOURNAL": f"sqlite:///{cluster.desk.folder}/other.sqlite3"}
    done = cluster.desk.run("web", "--queue", "--no-browser", "--port", "0", env=other)
    assert done.status == 2
    assert "a cluster needs a journal in PostgreSQL" in done.err
