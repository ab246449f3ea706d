"""Proposes numbers for the house's own opt-out list, from what became of the messages of a run.

The codes were seen in public clients of the gateway, not in the vendor's document, so nothing is added unasked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign.engine import runs
from campaign.engine.opt_outs import Added
from campaign.engine.results import SANDBOX
from campaign.gateway.delivery_codes import DEAD, OPTED_OUT
from campaign.model import Delivery, Ground
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.reasons import encode
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.journal import Journal, Reader
    from campaign.model import Order

DEAD_RUNS: Final = 2
"""Runs in which a number has to fail as dead until it is proposed."""


class NothingToGoBy(CampaignError):
    """The run has no delivery results of real recipients, so nothing follows from it."""


class NoResults(NothingToGoBy):
    """No delivery results of the run were fetched."""

    def __init__(self, run: str) -> None:
        super().__init__(_("run {run} has no delivery results yet. Nothing is proposed.", run=run))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A number that is not on the list, and why it is proposed.

    Attributes:
        number: digits only.
        ground: why.
        code: its delivery code in the run, as it came.
        runs: the runs that show it; the one that was asked about first.
    """

    number: str
    ground: Ground
    code: str
    runs: tuple[str, ...]

    @property
    def origin(self) -> str:
        """Why it is on the list, as the journal stores it."""
        if self.ground == Ground.REFUSED:
            return encode(RunReason.REFUSED_IN_RUN, code=self.code, run=self.runs[0])
        return encode(RunReason.DEAD_IN_RUNS, runs=", ".join(self.runs))


def propose(journal: Reader, run: str) -> list[Proposal]:
    """The numbers of a run that its delivery results propose, each once.

    Args:
        journal: to read from.
        run: the run's id, or `last`.

    Raises:
        NoSuchRun: there is no such run.
        NothingToGoBy: it has no delivery results, was a rehearsal, or its numbers were removed.
    """
    record = journal.runs.get(run)
    if record.gateway == SANDBOX:
        raise NothingToGoBy(
            _(
                "run {run} was a rehearsal: the sandbox makes its delivery results up. Nothing is proposed.",
                run=record.id,
            )
        )
    if record.purged_at is not None:
        raise NothingToGoBy(_("run {run}: its numbers were removed. Nothing is proposed.", run=record.id))
    if not journal.deliveries.counts(record.id):
        raise NoResults(record.id)
    known = set(journal.opt_outs.numbers())
    refused = {number: code for number, code in _failed(journal, record.id, OPTED_OUT).items() if number not in known}
    dead = {number: code for number, code in _failed(journal, record.id, DEAD).items() if number not in known}
    return [
        *(
            Proposal(number=number, ground=Ground.REFUSED, code=code, runs=(record.id,))
            for number, code in refused.items()
        ),
        *(
            Proposal(number=number, ground=Ground.DEAD, code=dead[number], runs=(record.id, *others))
            for number, others in _dead_elsewhere(journal, record.id, dead.keys() - refused.keys()).items()
        ),
    ]


def accept(journal: Journal, proposals: Sequence[Proposal], *, order: Order | None = None) -> Added:
    """Put the proposed numbers of a run on the list, each with why.

    Raises:
        OrderDone: the order was carried out before.
    """
    by_origin: defaultdict[str, list[str]] = defaultdict(list)
    for one in proposals:
        by_origin[one.origin].append(one.number)
    now, count = runs.now(), sum(map(len, by_origin.values()))
    with journal.together():
        new = sum(journal.opt_outs.add(numbers, origin, now) for origin, numbers in by_origin.items())
        journal.orders.add(order, now, run=proposals[0].runs[0] if proposals else None)
    return Added(new=new, known=count - new)


def _dead_elsewhere(journal: Reader, run: str, numbers: Iterable[str]) -> dict[str, list[str]]:
    """Those of the numbers that failed as dead in enough other runs, with these runs."""
    found: dict[str, list[str]] = {number: [] for number in numbers}
    others = [one for one in journal.deliveries.runs_with(Delivery.FAILED, DEAD) if one != run] if found else []
    for other in sorted(others):
        record = journal.runs.get(other)
        if record.gateway != SANDBOX and record.purged_at is None:
            for number in _failed(journal, other, DEAD).keys() & found.keys():
                found[number].append(other)
    return {number: runs for number, runs in sorted(found.items()) if len(runs) >= DEAD_RUNS - 1}


def _failed(journal: Reader, run: str, codes: Iterable[str]) -> dict[str, str]:
    """The recipients of a run that failed with one of these codes, each with its code."""
    failed = journal.deliveries.with_codes(run, Delivery.FAILED, codes)
    if not failed:
        return {}
    going = journal.runs.columns(run, ("request", "number")).to_pandas()
    going = going[going["request"].notna() & going["number"].notna()].astype({"request": "int64"})
    going["place"] = going.groupby("request").cumcount()
    found = pd.DataFrame(failed, columns=["request", "place", "code"]).merge(going, on=["request", "place"])
    return dict(zip(found["number"].astype(str), found["code"].astype(str), strict=True))
