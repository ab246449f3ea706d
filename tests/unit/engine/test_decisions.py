"""The decisions of the user about a run: what is said where there is nothing to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.engine.decisions import NothingToCancel, NothingUnknown, NotUnknown, StillToGo
from campaign.model import RunState, State, i18n

if TYPE_CHECKING:
    from campaign.model.errors import CampaignError


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ({State.PLANNED: 1}, "run r keeps its texts and numbers: 1 request still to send"),
        (
            {State.PLANNED: 1_204, State.UNKNOWN: 1, State.IN_FLIGHT: 1},
            "run r keeps its texts and numbers: 1,204 requests still to send, 2 unknown requests",
        ),
    ],
)
def test_a_run_that_keeps_its_texts_names_what_may_still_go(left: dict[State, int], said: str) -> None:
    assert str(StillToGo("r", left)) == said


def test_what_cannot_be_decided_is_said_in_korean() -> None:
    with i18n.in_language("ko"):
        errors: list[CampaignError] = [
            NothingUnknown("r"),
            NotUnknown("r", 3, []),
            NothingToCancel("r", RunState.FINISHED),
            StillToGo("r", {State.PLANNED: 1, State.UNKNOWN: 2}),
        ]
    assert [str(error) for error in errors] == [
        "발송 r: 결과 미확인 요청이 없습니다. 아무것도 바꾸지 않았습니다",
        "발송 r: 요청 3은 결과 미확인이 아닙니다. 결과 미확인 요청: 없음",
        "발송 r의 상태는 완료입니다. 취소할 것이 없습니다. 아무것도 바꾸지 않았습니다.",
        "발송 r의 메시지 내용과 번호를 그대로 둡니다: 발송할 요청 1건, 결과 미확인 요청 2건",
    ]
