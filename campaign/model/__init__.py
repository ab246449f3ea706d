"""The facts that every package shares: entities and states, the schema of the frames, limits, errors, times."""

from campaign.model.entities import (
    ROW_STATUS_OF,
    Column,
    Kind,
    Message,
    MsgType,
    OccurrenceState,
    Recipients,
    Remark,
    Request,
    Result,
    RunFacts,
    RunState,
    ScheduleState,
    Source,
    State,
    Status,
)

__all__ = [
    "ROW_STATUS_OF",
    "Column",
    "Kind",
    "Message",
    "MsgType",
    "OccurrenceState",
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
]
