"""What a scheduler reports, and the notices that it sends."""

from __future__ import annotations

from campaign.config.sections import NotifySection
from campaign.model import i18n
from campaign.scheduler import notify
from campaign.scheduler.event import SchedulerEvent
from campaign.scheduler.service import ScheduleChanged, TooManyInvalid
from tests.support.clocks import seoul

TEN = seoul("2026-12-01 10:00:00")


def test_an_outcome_is_one_line_with_its_reason() -> None:
    event = SchedulerEvent(at=TEN, schedule="spring", due=TEN, state="stopped", why="there is nothing to send.")
    assert event.line == "spring, due 2026-12-01 10:00:00: stopped: there is nothing to send."


def test_a_notice_is_written_in_korean() -> None:
    with i18n.in_language("ko"):
        why = str(TooManyInvalid("spring.toml", 60, 1_000, "5%"))
        notice = SchedulerEvent(at=TEN, schedule="spring", due=TEN, state="stopped", why=why).notice("spring", [])
    assert notice.subject == "[campaign] spring: stopped"
    assert notice.words == (
        "spring, 예정 2026-12-01 10:00:00: stopped: "
        '예약한 뒤 1,000행 중 60행이 새로 오류가 되어 max_invalid = "5%"를 넘었습니다.'
    )


def test_what_fails_is_said_in_korean() -> None:
    settings = NotifySection(command=("no-such-command",))
    with i18n.in_language("ko"):
        [said] = notify.send(notify.Notice(subject="s", words="w", facts={}), settings)
        changed = str(ScheduleChanged("spring.toml", TEN))
    assert said.startswith("[notify] 명령 no-such-command가 실패했습니다: FileNotFoundError: ")
    assert said.endswith(". 발송에는 영향이 없습니다.")
    assert changed == "spring.toml: [schedule]이 2026-12-01 10:00:00에 예약한 내용과 다릅니다."
