"""What the journal keeps of delivery results."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from campaign.journal import open_for_writing
from campaign.journal.deliveries import COLUMNS
from tests.support import runs

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
SENT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def results(*rows: tuple[int, int, str, str, str, datetime | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:6]))
    return frame.assign(seen_at=None)


def test_results_are_replaced_as_a_whole_and_purged_without_their_counts(tmp_path: Path) -> None:
    with open_for_writing(f"sqlite:///{tmp_path / 'j.sqlite3'}") as journal:
        journal.runs.add(runs.record(), runs.recipients(3), [(1, "a", 1), (2, "b", 1), (3, "c", 1)], {})
        journal.deliveries.replace("run", results((1, 0, "waiting", "WAIT", "대기", None)), NOW)
        journal.deliveries.replace(
            "run", results((1, 0, "delivered", "06", "성공", SENT), (2, 0, "failed", "07", "결번", SENT)), NOW
        )

        found = journal.deliveries.table("run")
        assert found[["request", "place", "result", "code", "words"]].values.tolist() == [
            [1, 0, "delivered", "06", "성공"],
            [2, 0, "failed", "07", "결번"],
        ]
        assert [moment.to_pydatetime() for moment in found["sent_at"]] == [SENT, SENT]
        assert [moment.to_pydatetime() for moment in found["seen_at"]] == [NOW, NOW]
        assert journal.deliveries.counts("other") == {}

        journal.requests.cancel("run", NOW)
        journal.runs.purge("run", NOW)
        assert journal.deliveries.counts("run") == {"delivered": 1, "failed": 1}
        purged = journal.deliveries.table("run")
        assert purged["place"].isna().all()
        assert purged["words"].tolist() == ["", ""]
        assert purged["sent_at"].isna().all()
