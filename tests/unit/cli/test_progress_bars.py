"""What is said of a wait: counted down where somebody looks, once where it goes into a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from campaign.cli.progress_bars import Progress
from campaign.model import State

if TYPE_CHECKING:
    import pytest


def test_a_log_is_told_once_of_every_wait(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(shown=False).sending(10) as bar:
        for seconds in (29.8, 20.1, 0.4):
            bar.waiting(seconds, "recharging")
        bar.going_on()
        bar.settled(5, State.ACCEPTED)
        bar.waiting(60, "recharging")
        bar.waiting(59, "recharging")
    assert capsys.readouterr().err.splitlines() == [
        "waiting, at most 30 s: recharging",
        "waiting, at most 60 s: recharging",
    ]


def test_a_screen_sees_every_second_of_a_wait_and_nothing_of_it_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(shown=True).sending(10) as bar:
        bar.settled(4, State.ACCEPTED)
        for seconds in (2.9, 2.2, 1.5, 0.5):
            bar.waiting(seconds, "recharging")
        during = capsys.readouterr().err
        bar.going_on()
        bar.settled(6, State.ACCEPTED)
    for left in (3, 2, 1):
        assert during.count(f"waiting  : {left} s, recharging") == 1
    after = capsys.readouterr().err
    assert "waiting" not in after
    assert "10/10 recipients" in after


def test_no_rate_is_shown_for_rows_and_their_number_has_commas(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(shown=True)
    with progress.reaching("read") as reach:
        reach(12_345)
    with progress.stage("write", 12_345) as advance:
        advance(12_345)
    shown = capsys.readouterr().err
    assert "reading  : 12,345 rows" in shown
    assert "writing  : 100%" in shown
    assert "12,345/12,345 rows" in shown
    assert "/s" not in shown


def test_a_run_that_workers_send_is_shown_by_its_requests(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(shown=True).watching(1_500) as advance:
        advance(1_200)
        advance(-1)  # was found not to have been sent
        advance(301)
    assert "1,500/1,500 requests" in capsys.readouterr().err
    with Progress(shown=False).watching(10) as advance:
        advance(10)
    assert capsys.readouterr().err == ""


def test_the_outcomes_stand_whole_below_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(shown=True).sending(1_500_000) as bar:
        bar.settled(900_000, State.ACCEPTED)
        bar.settled(300_000, State.REJECTED)
        bar.waiting(3, "recharging")  # the bars are drawn anew
        shown = capsys.readouterr().err
    assert "accepted 900,000 · rejected 300,000 · unknown 0" in shown


def test_a_pipe_does_not_say_what_is_being_read(capsys: pytest.CaptureFixture[str]) -> None:
    Progress(shown=False).announce([Path("r.xlsx")])
    assert capsys.readouterr().err == ""
    Progress(shown=True).announce([Path("a/r.xlsx"), Path("b.csv")])
    assert capsys.readouterr().err == "reading r.xlsx, b.csv\n"
