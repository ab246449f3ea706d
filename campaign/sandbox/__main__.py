"""The sandbox's own command line: `python -m campaign.sandbox`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from campaign.sandbox.faults import KINDS
from campaign.sandbox.settings import DEFAULT_PORT, Keys, Settings, read_fault, read_latency, read_rate, read_sender

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until it is stopped; return the exit status: 0, or 2 if it could not start."""
    # Imported here: --help and a wrong flag need no web server.
    from campaign.sandbox.schema import LedgerError
    from campaign.sandbox.server.run import run

    settings = read_settings(arguments)
    try:
        run(settings)
    except (LedgerError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    return 0


def read_settings(arguments: Sequence[str] | None) -> Settings:
    """Read the command line, and the keys from the environment; invalid values end the process with status 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        keys = Keys.from_environment(os.environ)
    except ValueError as error:
        parser.error(str(error))
    return Settings(
        host=given.host,
        port=given.port,
        latency=given.latency,
        seed=given.seed,
        ledger=given.ledger,
        rate=given.rate,
        senders=frozenset(given.sender),
        faults=tuple(given.fault),
        keys=keys,
        until_stdin_closes=given.until_stdin_closes,
        history=given.history,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m campaign.sandbox",
        description="The gateway's stand-in: accepts send requests, answers as the vendor does, and sends nothing.",
        epilog="Requests must carry the keys in SANDBOX_API_KEY and SANDBOX_AUTH_KEY; if these are not set, any keys "
        f"will do. Faults: {', '.join(KINDS)}.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=DEFAULT_PORT, help="port to listen on; 0 for any free port (default: %(default)s)")
    add("--latency", type=_checked(read_latency), default=0.0, help="time before each answer, such as 50ms")
    add("--seed", type=int, help="makes the request numbers and the probabilities of faults repeatable")
    add(
        "--ledger",
        type=Path,
        metavar="FILE",
        help="SQLite file for the received requests; without it, they are kept in memory",
    )
    add(
        "--rate",
        type=_checked(read_rate),
        metavar="N",
        help="maximum number of requests a second; more are refused with code 1",
    )
    add(
        "--sender",
        type=_checked(read_sender),
        action="append",
        default=[],
        help="a registered sender; may be repeated; without it, any sender is accepted",
    )
    add("--fault", type=_checked(read_fault), action="append", default=[], metavar="NAME[:code=13][,times=n][,after=n]")
    add(
        "--history",
        metavar="COMPANY",
        help="serve the history and the balance of this organisation, as public clients of the gateway show them; the "
        "vendor's document does not describe them",
    )
    add("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    return parser


def _checked(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse show the message of a ValueError instead of its own."""

    def checked(written: str) -> T:
        try:
            return read(written)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


if __name__ == "__main__":
    sys.exit(main())
