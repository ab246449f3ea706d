"""The process that sends. It is the only one of the page that opens the journal for writing, and the scheduler as well.

python -m campaign.web.engine_process HOME [--practice-only] [--no-schedule]

Its main thread carries out orders, starts what is due and sends; a second thread answers questions, and only reads.
"""

from __future__ import annotations

import argparse
import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from campaign import engine
from campaign.config.environment import Environment
from campaign.web.pipes import Pipe
from campaign.web.run_questions import RunQuestions
from campaign.web.sender import Sender, ToldOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOT_GIVEN: Final = frozenset({"id", "kind", "by", "approved_by", "language", "asked_at"})


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out orders and answer the server until it closes standard input."""
    options = _parser().parse_args(arguments)
    pipe, environment = Pipe(), Environment()
    sender = Sender(
        journal_url=environment.journal_url(),
        journal_file=environment.journal_file(),
        reports=environment.reports_folder,
        emit=pipe.emit,
        is_practice_only=options.practice_only,
        has_schedule=not options.no_schedule,
    )
    threading.Thread(target=_serve, args=(pipe, sender), name="questions", daemon=True).start()
    sender.run_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="engine process")
    parser.add_argument("home")
    parser.add_argument("--practice-only", action="store_true")
    parser.add_argument("--no-schedule", action="store_true")
    return parser


def _serve(pipe: Pipe, sender: Sender) -> None:
    is_practice = sender.is_practice_only or bool(Environment().missing_keys)
    questions = RunQuestions(sender.journal_url, sender.reports, sender.sending, is_practice=is_practice)
    try:
        pipe.serve({"orders": partial(take, sender), **questions.handlers()})
    finally:
        sender.end()


def take(sender: Sender, *, orders: list[dict[str, Any]]) -> None:
    """Accept orders. How each of them ends is told by the event `order`."""
    sender.take([read(one) for one in orders])


def read(order: dict[str, Any]) -> ToldOrder:
    """An order as the server writes it: `id`, `kind`, `by`, `language`, `asked_at` (ISO 8601), and what it is about."""
    return ToldOrder(
        order=engine.Order(id=order["id"], kind=order["kind"], by=order["by"], approved_by=order.get("approved_by")),
        language=order["language"],
        asked_at=datetime.fromisoformat(order["asked_at"]),
        given={name: value for name, value in order.items() if name not in _NOT_GIVEN},
    )


if __name__ == "__main__":
    main()
