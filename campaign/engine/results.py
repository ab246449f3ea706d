"""The result of a run, from the journal, or of a check, from its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from campaign.engine import planning
from campaign.gateway.result_codes import ACCEPTED, describe, meaning
from campaign.model import ROW_STATUS_OF, Delivery, Result, RunFacts, RunState, State, Status, origin, schema

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.engine.checking.checked import Checked
    from campaign.journal import Reader, RunRecord
    from campaign.model import Recipients

SANDBOX = origin.SANDBOX
"""The gateway that the journal has for runs through the built-in sandbox."""


def of_run(journal: Reader, record: RunRecord) -> Result:
    """The result of a run as the journal has it."""
    recipients = journal.runs.recipients(record.id)
    requests = _requests(recipients.table, journal.requests.table(record.id))
    facts = RunFacts(
        id=record.id,
        name=record.name,
        state=record.state,
        gateway=record.gateway,
        api=record.api,
        sandbox=record.gateway == SANDBOX,
        created_at=record.created_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        why=record.reason,
        template=record.template,
        prices=record.prices,
        advertisement=record.advertisement,
        overridden=record.overridden_reasons,
        resume_at=record.resume_at,
    )
    rows = _rows(recipients, requests)
    delivered = journal.deliveries.table(record.id)
    if len(delivered):
        rows = rows.join(_deliveries(recipients.table, delivered))
    return Result(run=facts, recipients=recipients, rows=rows, requests=requests)


def _deliveries(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The columns `schema.DELIVERY` of every row; of a purged run, whose results name no recipient, all missing."""
    found = found[found["place"].notna()]
    rows = table.loc[table["request"].notna(), ["request"]].astype("int64")
    rows["place"] = rows.groupby("request").cumcount()
    joined = rows.reset_index().merge(found.astype({"place": "int64"}), on=["request", "place"]).set_index("index")
    joined["sent_at"] = joined["sent_at"].where(joined["result"] == str(Delivery.DELIVERED))
    joined["words"] = joined["words"].where(joined["words"] != "")
    named = joined[["result", "code", "words", "sent_at"]].set_axis(list(schema.DELIVERY), axis=1)
    return pd.DataFrame(
        {name: _typed(named[name].reindex(table.index), schema.RESULT[name].dtype) for name in schema.DELIVERY}
    )


def of_check(checked: Checked, gateway: str, now: datetime) -> Result:
    """What a check found, as a result: the rows that would be sent are pending."""
    table = checked.table
    plan = planning.Plan("", table)
    numbers = np.arange(1, len(plan) + 1)
    planned = pd.DataFrame(
        {"no": numbers, "recipients": plan.sizes, "state": str(State.PLANNED), "attempts": 0}
    ).reindex(columns=["no", "recipients", "state", "attempts", "code", *_ANSWERED])
    requests = _requests(table, planned)
    facts = RunFacts(
        id="",
        name=checked.campaign.name,
        state=RunState.CHECKED,
        gateway=gateway,
        api=checked.campaign.gateway.api,
        sandbox=gateway == SANDBOX,
        created_at=now,
        template=checked.campaign.template_record(),
        prices={str(kind): price for kind, price in checked.campaign.prices.items()},
        advertisement=checked.campaign.message.advertisement,
    )
    return Result(
        run=facts,
        recipients=checked.recipients,
        rows=_rows(checked.recipients, requests),
        requests=requests,
        fix=checked.fix,
        remarks=tuple(one.as_remark() for one in checked.found),
    )


_ANSWERED = ("message", "request_no", "msg_type", "cause", "sent_at", "ended_at")


def _requests(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """`schema.REQUESTS`: what the journal has of the requests, and their messages from the table."""
    going = table.loc[table["request"].notna()]
    firsts = going.drop_duplicates("request").set_index("request")
    message = firsts.reindex(found["no"]).reset_index(drop=True)
    planned_type = message["msgType"].astype(schema.TEXT)
    columns = {
        "no": found["no"],
        "state": found["state"],
        "recipients": found["recipients"],
        "msgType": found["msg_type"].astype(schema.TEXT).fillna(planned_type),
        "resultCode": found["code"],
        "message": found["message"],
        "requestNo": found["request_no"],
        "attempts": found["attempts"],
        "cause": found["cause"],
        "sentAt": found["sent_at"],
        "endedAt": found["ended_at"],
        **{name: message[name] for name in ("sender", "title", "text", "date")},
    }
    return pd.DataFrame({name: _typed(columns[name], fact.dtype) for name, fact in schema.REQUESTS.items()})


def _typed(column: pd.Series, dtype: Any) -> pd.Series:  # noqa: ANN401 - as schema has it
    if dtype == schema.TIME:
        column = pd.to_datetime(column, utc=True)
    elif dtype == schema.INT:
        column = column.astype("Int64")
    typed: pd.Series = column.astype(dtype)
    return typed


def _rows(recipients: Recipients, requests: pd.DataFrame) -> pd.DataFrame:
    """`schema.RESULT`: every row with its request's answer, or the reason why it has none."""
    table = recipients.table
    index = table["request"].fillna(0).to_numpy(dtype=np.int64) - 1

    def answered(name: str) -> pd.Series:
        return pd.Series(pd.array(requests[name].array).take(index, allow_fill=True), index=table.index)

    state = answered("state").map({str(key): str(value) for key, value in ROW_STATUS_OF.items()})
    status = table["status"].fillna(state.astype(schema.TEXT))
    rows = pd.DataFrame(
        {
            "status": status,
            "resultCode": answered("resultCode"),
            "message": answered("message"),
            "requestNo": answered("requestNo"),
            "msgType": answered("msgType").fillna(table["msgType"]),
            "reason": _reasons(table, status, answered("resultCode"), answered("cause")),
            **{name: table[name] for name in ("number", "text", "bytes")},
            "sentAt": answered("sentAt"),
            "row": table["row"],
        }
    )
    if len(recipients.sources) > 1:
        source = table["source"].to_numpy(dtype=int)
        rows["file"] = pd.array([one.file for one in recipients.sources], dtype=schema.TEXT).take(source)
        rows["sheet"] = pd.array([one.sheet for one in recipients.sources], dtype=schema.TEXT).take(source)
    if "column" in table:
        rows["phoneColumn"] = table["column"].map({one.name: one.heading for one in recipients.columns})
    return rows


def _reasons(table: pd.DataFrame, status: pd.Series, code: pd.Series, cause: pd.Series) -> pd.Series:
    """The check's reason; else why the gateway did not accept the row; else the row's note."""
    # By the few codes that occur, not by the rows.
    words = {int(number): meaning(describe(int(number))) for number in code.dropna().unique() if number != ACCEPTED}
    refused = code.map(words).astype(schema.TEXT)
    explained = cause.astype(schema.TEXT).where(status == str(Status.UNKNOWN), refused)
    explained = explained.fillna(
        cause.astype(schema.TEXT).where(status.isin([str(Status.PENDING), str(Status.CANCELLED)]))
    )
    found = cause.astype(schema.TEXT).where(code.isna())  # accepted without an answer: what shows that
    explained = explained.where(status != str(Status.ACCEPTED), found)
    return table["reason"].fillna(explained).fillna(table["note"])
