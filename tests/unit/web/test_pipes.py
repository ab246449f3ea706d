"""The pipes between the server and its child processes, with a real child."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from campaign.model import i18n
from campaign.web.pipes import Child, ChildEnded, ChildFailed, ChildTimeout, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

MODULE = "tests.support.pipe_child"


def with_child(use: Callable[[Child], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        child = Child(MODULE, **options)
        try:
            async with asyncio.timeout(20):
                await use(child)
        finally:
            await child.stop()
        assert child.pid is None

    asyncio.run(run())


def test_a_question_is_answered_in_the_readers_language_whatever_a_library_prints() -> None:
    async def use(child: Child) -> None:
        with i18n.in_language("ko"):
            answer = await child.ask("add", one=1, other=2)
        assert answer == {"sum": 3, "lang": "ko", "pid": child.pid}

    with_child(use)


def test_questions_asked_at_once_get_their_own_answers_and_a_late_one_holds_up_nobody() -> None:
    async def use(child: Child) -> None:
        late = asyncio.ensure_future(child.ask("wait"))
        answers = await asyncio.gather(*(child.ask("add", one=turn, other=turn) for turn in range(50)))
        assert [answer["sum"] for answer in answers] == [turn * 2 for turn in range(50)]
        assert not late.done()
        await child.ask("release")
        assert await late == {"released": True}

    with_child(use)


def test_an_error_of_the_engine_is_a_refusal_with_its_code_its_words_and_its_fields() -> None:
    async def use(child: Child) -> None:
        with i18n.in_language("ko"), pytest.raises(Refused) as caught:
            await child.ask("refuse", file="명단.xlsx")
        assert caught.value.code == "odd_file"
        assert caught.value.fields == {"file": "명단.xlsx", "row": 7}
        with i18n.in_language("ko"):
            assert str(caught.value) == i18n._("campaign: interrupted")

    with_child(use)


def test_a_fault_is_told_by_a_number_and_the_child_lives_on(capfd: pytest.CaptureFixture[str]) -> None:
    async def use(child: Child) -> None:
        with pytest.raises(ChildFailed) as caught:
            await child.ask("add", one=1)
        assert caught.value.number in str(caught.value)
        assert f"fault {caught.value.number}" in capfd.readouterr().err
        assert (await child.ask("add", one=1, other=1))["sum"] == 2

    with_child(use)


def test_a_question_that_finds_an_idle_child_ended_is_asked_of_the_next_one(tmp_path: Path) -> None:
    async def use(child: Child) -> None:
        before = (await child.ask("add", one=1, other=2))["pid"]
        answer = await child.ask("end_idle_once", mark=str(tmp_path / "mark"))
        assert answer == {"pid": child.pid}
        assert child.pid != before

    with_child(use, restart="when asked")


def test_events_are_handed_on() -> None:
    heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def use(child: Child) -> None:
        await child.ask("tell")
        assert await heard.get() == ("progress", {"accepted": 3})

    with_child(use, on_event=lambda name, fields: heard.put_nowait((name, fields)))


def test_a_child_that_ends_fails_its_question_and_is_started_again() -> None:
    starts: asyncio.Queue[None] = asyncio.Queue()

    async def use(child: Child) -> None:
        first = (await child.ask("add", one=1, other=1))["pid"]
        await starts.get()
        with pytest.raises(ChildEnded):
            await child.ask("end")
        await starts.get()
        assert (await child.ask("add", one=1, other=1))["pid"] != first

    with_child(use, on_start=lambda: starts.put(None))


def test_a_child_can_wait_for_the_next_question_until_it_is_started_again() -> None:
    starts: asyncio.Queue[None] = asyncio.Queue()

    async def use(child: Child) -> None:
        late = asyncio.ensure_future(child.ask("wait"))
        await child.ask("add", one=1, other=1)
        child.kill()
        with pytest.raises(ChildEnded):
            await late
        await asyncio.sleep(0.2)
        assert child.pid is None
        assert starts.qsize() == 1
        assert (await child.ask("add", one=1, other=1))["sum"] == 2

    with_child(use, restart="when asked", on_start=lambda: starts.put(None))


def test_no_answer_in_time_is_said_and_the_child_goes_on() -> None:
    async def use(child: Child) -> None:
        with pytest.raises(ChildTimeout):
            await child.ask("wait", timeout_s=0.01)
        assert (await child.ask("add", one=1, other=1))["sum"] == 2

    with_child(use)


def test_a_child_that_is_being_stopped_is_asked_nothing_and_one_that_will_not_end_is_killed() -> None:
    started: asyncio.Queue[None] = asyncio.Queue()

    async def use(child: Child) -> None:
        late = asyncio.ensure_future(child.ask("sleep"))
        await started.get()
        stopping = asyncio.ensure_future(child.stop(grace_s=0.5))
        await asyncio.sleep(0)
        with pytest.raises(ChildEnded):
            await child.ask("add", one=1, other=1)
        await stopping
        with pytest.raises(ChildEnded):
            await late

    with_child(use, on_start=lambda: started.put(None))


def test_a_child_has_the_environment_that_it_is_given_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_API_KEY", "secret")

    async def use(child: Child) -> None:
        pid = (await child.ask("add", one=1, other=1))["pid"]
        with open(f"/proc/{pid}/environ", encoding="utf-8") as file:  # noqa: PTH123, ASYNC230
            assert "secret" not in file.read()

    with_child(use, environment={"PATH": os.environ["PATH"]})
