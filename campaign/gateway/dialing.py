"""Connects to a host by name, within the time that is left for connecting.

The system's name look-up cannot be interrupted. It runs in a thread of its own, and an attempt waits for it only as
long as its deadline allows.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from campaign.gateway.attempt import current
from campaign.model.errors import Reasoned
from campaign.model.reasons import encode, fault_parameter
from campaign.model.run_reasons import RunReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Address: TypeAlias = tuple[Any, ...]
"""What `socket.getaddrinfo` returns: family, type, protocol, canonical name, address."""


class Unreachable(Reasoned, OSError):
    """There is no address to connect to."""


class Resolver:
    """Finds the addresses of host names; attempts that ask for the same name at the same time share one look-up.

    Args:
        find: the system's look-up of a host and a port.
    """

    def __init__(self, find: Callable[[str, int], list[Address]]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int], Future[list[Address]]] = {}

    def addresses(self, host: str, port: int, timeout_s: float) -> list[Address]:
        """The addresses of `host`.

        Raises:
            TimeoutError: they were not found within `timeout_s` seconds.
            Unreachable: the host has none.
        """
        with suppress(OSError, UnicodeError):  # then it is a name
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        lookup = self._look_up(host, port)
        if problem := lookup.exception(timeout_s):
            raise Unreachable(encode(RunReason.ADDRESS_LOOKUP_FAILED, host=host, error=fault_parameter(problem)))
        return lookup.result()

    def _look_up(self, host: str, port: int) -> Future[list[Address]]:
        with self._lock:
            lookup = self._under_way.get((host, port))
            if lookup is None:
                lookup = self._under_way[host, port] = Future()
                # A daemon, not an executor's thread: a look-up that hangs must not hold up the end of the program.
                threading.Thread(target=self._run, args=(host, port, lookup), name="look-up", daemon=True).start()
            return lookup

    def _run(self, host: str, port: int, lookup: Future[list[Address]]) -> None:
        try:
            settle = partial(lookup.set_result, self._find(host, port))
        except Exception as problem:  # noqa: BLE001 - an odd name raises UnicodeError; every attempt is told
            settle = partial(lookup.set_exception, problem)
        # Forgotten before the result is set: an attempt that starts after that looks the name up again.
        with self._lock:
            del self._under_way[host, port]
        settle()


def _ask_the_system(host: str, port: int) -> list[Address]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


RESOLVER: Final = Resolver(_ask_the_system)


def dial(
    host: str, port: int, options: Iterable[tuple[int, int, int | bytes]], resolver: Resolver = RESOLVER
) -> socket.socket:
    """A connected socket; its timeout is what is left of the time to connect.

    The addresses of a host are tried in turn, each with its share of the time that is left, so that a dead address
    does not use it up.

    Raises:
        OSError: the name has no address, or no address accepts the connection; TimeoutError if the time is up.
    """
    attempt = current()
    addresses = resolver.addresses(host, port, attempt.time_left_s())
    problem: OSError | None = None
    for place, address in enumerate(addresses):
        try:
            sock = _connect(address, options, attempt.time_left_s() / (len(addresses) - place))
        except OSError as failure:
            problem = failure
        else:
            sock.settimeout(attempt.time_left_s())
            return sock
    raise problem or Unreachable(encode(RunReason.ADDRESS_NOT_FOUND, host=host))


def _connect(address: Address, options: Iterable[tuple[int, int, int | bytes]], timeout_s: float) -> socket.socket:
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(timeout_s)
        sock.connect(place)
    except BaseException:
        sock.close()
        raise
    return sock
