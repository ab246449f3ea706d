"""What every package shares: states and entities, the schema of the frames, limits, errors, times.

The entities are imported when they are first used: their classes take longer to make than all of `--help`'s other
imports from here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from campaign.model.states import (
    MAY_STILL_GO,
    ROW_STATUS_OF,
    Delivery,
    Ground,
    MsgType,
    OccurrenceState,
    RunState,
    ScheduleState,
    State,
    Status,
)

if TYPE_CHECKING:
    from campaign.model.entities import (
        RESULT_HEADINGS,
        Column,
        Kind,
        Message,
        Order,
        Recipients,
        Remark,
        Request,
        Result,
        RunFacts,
        Source,
        own_columns,
    )

__all__ = [
    "MAY_STILL_GO",
    "RESULT_HEADINGS",
    "ROW_STATUS_OF",
    "Column",
    "Delivery",
    "Ground",
    "Kind",
    "Message",
    "MsgType",
    "OccurrenceState",
    "Order",
    "Recipients",
    "Remark",
    "Request",
    "Result",
    "RunFacts",
    "RunState",
    "ScheduleState",
    "Source",
    "State",
    "Status",
    "own_columns",
]


if not TYPE_CHECKING:  # hidden from type checkers, which would take every misspelt name for one of the entities

    def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class, a function or a constant
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("campaign.model.entities"), name)
