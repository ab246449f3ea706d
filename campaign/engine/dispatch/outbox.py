"""What a dispatch needs of a journal: the whole journal in its one writer, or a slice of a run in a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.journal import Claim, Settlement
    from campaign.model import Request, RunState, State


class RequestOutbox(Protocol):
    """The requests; see `journal.requests.Requests`."""

    def planned(self, run: str, /) -> list[int]:
        """The numbers of the requests that are still to send, in the plan's order."""

    def counts(self, run: str, /) -> dict[State, int]:
        """The number of requests in each state."""

    def outcomes(self, run: str, since: datetime | None, /) -> dict[State, int]:
        """Recipients by the state of their requests, of those that were sent from `since` on."""

    def advance(
        self, run: str, owner: str, settlements: Sequence[Settlement], wanted: Sequence[int], now: datetime, /
    ) -> list[Claim]:
        """Settle the answers that arrived and claim the next requests."""


class RunOutbox(Protocol):
    """The runs; see `journal.runs.Runs`."""

    def start(self, run: str, now: datetime, /) -> None:
        """Record that the run is dispatched from now on."""

    def stop(
        self, run: str, state: RunState, why: str | None, now: datetime, /, *, resume_at: datetime | None = None
    ) -> None:
        """Record that the run is not dispatched any more."""

    def image(self, run: str, digest: str, /) -> bytes:
        """An image of the run."""


class Feed(Protocol):
    """Gives a dispatch more to send while it sends, so that what is in flight never drains in between."""

    def take(self) -> Sequence[int]:
        """The numbers of further requests to send; empty if there are none now."""

    def is_over(self) -> bool:
        """Whether there are none now. Then there are none later either: the dispatch ends."""


class RequestSource(Protocol):
    """The requests of a run; see `planning.Plan`."""

    def size(self, no: int, /) -> int:
        """The recipients of the request of that number."""

    def request(self, no: int, /) -> Request:
        """The request of that number."""


class Outbox(Protocol):
    """The journal of a dispatch."""

    @property
    def runs(self) -> RunOutbox:
        """The runs."""

    @property
    def requests(self) -> RequestOutbox:
        """The requests."""
