"""The process that sends. It is the only one of the page that opens the journal for writing, and the scheduler as well.

python -m campaign.web.engine_process HOME [--practice-only] [--no-schedule] [--queue]

Its main thread carries out orders, starts what is due and sends; a second thread takes the orders in.
"""

from __future__ import annotations

import argparse
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign import engine
from campaign.config.environment import Environment
from campaign.journal import open_for_reading
from campaign.model.errors import CampaignError
from campaign.model.i18n import _
from campaign.model.origin import VENDOR_URL
from campaign.web.drafts import rules_of_house
from campaign.web.pipes import Pipe
from campaign.web.sender import Sender, ToldOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OF_ORDER: Final = ("id", "kind", "by", "approved_by", "reason")
_NOT_GIVEN: Final = frozenset({*_OF_ORDER, "language", "asked_at"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out orders until the server closes standard input."""
    options = _parser().parse_args(arguments)
    pipe, environment = Pipe(), Environment()
    sender = Sender(
        journal_url=environment.journal_url(),
        journal_file=environment.journal_file(),
        reports=environment.reports_folder,
        emit=pipe.emit,
        is_practice_only=options.practice_only,
        has_schedule=not options.no_schedule,
        house=partial(rules_of_house, Path(options.home)),
        queue=options.queue,
    )
    threading.Thread(target=_serve, args=(pipe, sender), name="orders", daemon=True).start()
    sender.run_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine process")
    parser.add_argument("home")
    parser.add_argument("--practice-only", action="store_true")
    parser.add_argument("--no-schedule", action="store_true")
    parser.add_argument("--queue", action="store_true")
    return parser


def _serve(pipe: Pipe, sender: Sender) -> None:
    is_practice = sender.is_practice_only or bool(Environment().missing_keys)
    gateway = GatewayQuestions(sender.journal_url, is_practice=is_practice)
    try:
        pipe.serve({"orders": partial(take, sender), "doctor": gateway.doctor, "balance": gateway.balance})
    finally:
        sender.end()


class GatewayQuestions:
    """Questions for which the gateway is asked: here, where the keys are. Orders are taken in meanwhile.

    Args:
        journal_url: the journal's URL.
        is_practice: nothing is really sent, so the doctor asks the gateway nothing.
    """

    def __init__(self, journal_url: str, *, is_practice: bool) -> None:
        self._journal_url = journal_url
        self._is_practice = is_practice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway")

    def doctor(self) -> Future[Mapping[str, object]]:
        """What would go wrong with a send."""
        return self._thread.submit(copy_context().run, self._doctor)

    def _doctor(self) -> Mapping[str, object]:
        from campaign.engine import doctor

        gateway = None if self._is_practice else Environment().gateway_url() or VENDOR_URL
        found = doctor.examine(self._journal_url, gateway)
        return {"findings": [{"what": _(one.what), "good": one.good, "words": one.words} for one in found]}

    def balance(self, *, run: str) -> Future[Mapping[str, object]]:
        """The won left at the gateway of a run, or why they are not known."""
        return self._thread.submit(copy_context().run, self._balance, run)

    def _balance(self, run: str) -> Mapping[str, object]:
        from campaign.engine import balance, history_access

        try:
            with open_for_reading(self._journal_url) as journal:
                record = journal.runs.get(run)
            section = history_access.section_of(record)
            return {"won": balance.ask(record.gateway, section, deadlines=balance.SHORT), "problem": None}
        except CampaignError as problem:
            return {"won": None, "problem": str(problem)}


def take(sender: Sender, *, orders: list[dict[str, Any]]) -> None:
    """Accept orders. How each of them ends is told by the event `order`."""
    sender.take([read(one) for one in orders])


def read(order: dict[str, Any]) -> ToldOrder:
    """An order as the server writes it: `id`, `kind`, `by`, `language`, `asked_at` (ISO 8601), and what it is about."""
    return ToldOrder(
        order=engine.Order(**{name: order[name] for name in _OF_ORDER if name in order}),
        language=order["language"],
        asked_at=datetime.fromisoformat(order["asked_at"]),
        given={name: value for name, value in order.items() if name not in _NOT_GIVEN},
    )


if __name__ == "__main__":
    main()
