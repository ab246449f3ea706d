"""How a run is taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.engine.runs import prepare_resume
from campaign.journal import QUEUE, open_for_writing
from campaign.model import RunState
from tests.support.journals import RECIPIENTS
from tests.support.runs import record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("state", "stage"), [(RunState.RUNNING, 2), (RunState.PAUSED, None)])
def test_a_resume_of_what_workers_are_sending_does_not_release_the_rest(
    tmp_path: Path, state: RunState, stage: int | None
) -> None:
    with open_for_writing(f"sqlite:///{tmp_path}/j.sqlite3") as journal:
        journal.runs.add(record(state=state, mode=QUEUE, first_stage=2), RECIPIENTS, [(3, "id", 1)], {})
        assert prepare_resume(journal, "last").first_stage == stage
