"""The types of messages, and the states of rows, requests, runs and schedules."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MsgType(StrEnum):
    """The type of a message; the values are those of the gateway's `msgType`."""

    SMS = "SMS"  # up to 90 bytes
    LMS = "LMS"  # up to 2,000 bytes, may carry a title
    MMS = "MMS"  # as LMS, with one image
    GSMS = "GSMS"  # to a number outside Korea, up to 90 bytes


class Status(StrEnum):
    """The status of a row; every row of a result workbook has exactly one."""

    ACCEPTED = "accepted"  # the gateway accepted it; delivery to the handset is reported later
    REJECTED = "rejected"  # the gateway rejected it for good
    UNKNOWN = "unknown"  # sent without an answer: the user has to decide
    PENDING = "pending"  # not sent yet: paused, interrupted or scheduled
    CANCELLED = "cancelled"  # the user cancelled it
    INVALID = "invalid"  # the check refused it
    DUPLICATE = "duplicate"  # an earlier row has the same number and message
    OPTED_OUT = "opted_out"  # the number is on a suppression list
    HIDDEN = "hidden"  # the row is hidden in the spreadsheet, or `recipients.where` leaves it out


class Ground(StrEnum):
    """Why a number is proposed for the house's own opt-out list."""

    REFUSED = "refused"  # a delivery code says that it is on the refusal list
    DEAD = "dead"  # it failed as not in service or wrong, in two runs or more


class State(StrEnum):
    """The state of a request; design.md, States, draws the transitions."""

    PLANNED = "planned"  # in the journal, not sent
    IN_FLIGHT = "in_flight"  # claimed: it may be on the wire now
    ACCEPTED = "accepted"  # the gateway answered 0
    REJECTED = "rejected"  # the gateway rejected it for good
    UNKNOWN = "unknown"  # sent without an answer: not sent again unless the user says so
    CANCELLED = "cancelled"  # the user cancelled it


MAY_STILL_GO: Final = (State.PLANNED, State.IN_FLIGHT, State.UNKNOWN)
"""Requests in these states may still be sent: by `resume`, by an attempt under way, or after `resolve --not-sent`."""


class Delivery(StrEnum):
    """What became of an accepted message. Seen in public clients of the gateway, not in the vendor's document."""

    DELIVERED = "delivered"  # the phone got it
    FAILED = "failed"  # the phone did not get it; the code says why
    WAITING = "waiting"  # no final result yet
    UNCLEAR = "unclear"  # the code is not known, or results contradict each other
    NO_RESULT = "no_result"  # still waiting when results were asked for the last time


class RunState(StrEnum):
    """The state of a run; the values are those of the `--json` object."""

    CHECKED = "checked"  # checked only; nothing was to be sent
    RUNNING = "running"  # being dispatched, or its process died
    FINISHED = "finished"  # nothing is left to send
    PAUSED = "paused"  # stopped by itself, for a reason that the user has to fix
    INTERRUPTED = "interrupted"  # stopped by the user or a signal
    CANCELLED = "cancelled"  # the rest will not be sent


class ScheduleState(StrEnum):
    """The state of a schedule."""

    ACTIVE = "active"  # it starts its campaign when due
    ENDED = "ended"  # its only time has passed
    REMOVED = "removed"  # the user removed or replaced it


class OccurrenceState(StrEnum):
    """The state of an occurrence: one time at which a campaign was due."""

    CLAIMED = "claimed"  # claimed by a scheduler; no run is planned yet
    STARTED = "started"  # its run is being sent, waits, or lost its process
    ENDED = "ended"  # its run ended, or needs the user: see the run's state
    EXPIRED = "expired"  # too late to start or to continue: the user decides
    STOPPED = "stopped"  # refused by the check before the start: nothing was sent


ROW_STATUS_OF: dict[State, Status] = {
    State.PLANNED: Status.PENDING,
    State.IN_FLIGHT: Status.UNKNOWN,
    State.ACCEPTED: Status.ACCEPTED,
    State.REJECTED: Status.REJECTED,
    State.UNKNOWN: Status.UNKNOWN,
    State.CANCELLED: Status.CANCELLED,
}
"""The status of a row by the state of its request."""
