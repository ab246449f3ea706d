"""From a host's name to a socket, within the time that is left.

The system's name look-up cannot be interrupted, so it runs in a thread of its
own: an attempt waits for it only as long as it may.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from campaign.gateway.attempt import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Address: TypeAlias = tuple[Any, ...]
"""What `socket.getaddrinfo` gives: family, type, protocol, canonical name, address."""


class Unreachable(OSError):
    """There is no address to connect to."""


class _Lookup:
    """One look-up under way, which any number of attempts may await."""

    def __init__(self, find: Callable[[], list[Address]]) -> None:
        self._find = find
        self._done = threading.Event()
        self._addresses: list[Address] = []
        self._problem: Exception | None = None

    def run(self, forget: Callable[[], None]) -> None:
        try:
            self._addresses = self._find()
        except Exception as problem:  # noqa: BLE001 - an odd name raises UnicodeError; every attempt is told
            self._problem = problem
        finally:
            # Forgotten before anybody is told: whoever asks after that asks anew.
            forget()
            self._done.set()

    def addresses(self, name: str, seconds: float) -> list[Address]:
        if not self._done.wait(seconds):
            raise TimeoutError
        if self._problem is not None:
            raise Unreachable(f"{name}: no address found for this name: {self._problem}")
        return self._addresses


class Names:
    """Finds the addresses of names; a name is looked up once for all attempts that ask at the same time.

    Args:
        find: the system's look-up: of a host and a port.
    """

    def __init__(self, find: Callable[[str, int], list[Address]]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int], _Lookup] = {}

    def addresses(self, host: str, port: int, seconds: float) -> list[Address]:
        """The addresses of `host`.

        Raises:
            TimeoutError: they were not found within `seconds`.
            Unreachable: there are none.
        """
        with suppress(OSError, UnicodeError):  # it is a name, then
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return self._look_up(host, port).addresses(host, seconds)

    def _look_up(self, host: str, port: int) -> _Lookup:
        key = (host, port)
        with self._lock:
            lookup = self._under_way.get(key)
            if lookup is None:
                lookup = self._under_way[key] = _Lookup(lambda: self._find(host, port))
                threading.Thread(target=self._run, args=(key, lookup), name=f"look-up {host}", daemon=True).start()
            return lookup

    def _run(self, key: tuple[str, int], lookup: _Lookup) -> None:
        lookup.run(lambda: self._forget(key))

    def _forget(self, key: tuple[str, int]) -> None:
        with self._lock:
            del self._under_way[key]


def _ask_the_system(host: str, port: int) -> list[Address]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


_NAMES: Final = Names(_ask_the_system)


def dial(host: str, port: int, options: Iterable[tuple[int, int, int | bytes]], names: Names = _NAMES) -> socket.socket:
    """A connected socket, with what is left of the time to connect as its timeout.

    A host's addresses are tried in turn, each with its share of the time that
    is left, so that a dead one does not use it all up.

    Raises:
        OSError: the name cannot be found, or none of its addresses takes the connection; TimeoutError if in time.
    """
    attempt = current()
    addresses = names.addresses(host, port, attempt.left())
    problem: OSError = Unreachable(f"{host}: no address found for this name")
    for place, address in enumerate(addresses):
        try:
            sock = _connect(address, options, attempt.left() / (len(addresses) - place))
        except OSError as failure:
            problem = failure
        else:
            sock.settimeout(attempt.left())
            return sock
    raise problem


def _connect(address: Address, options: Iterable[tuple[int, int, int | bytes]], seconds: float) -> socket.socket:
    family, kind, protocol, _, place = address
    sock = socket.socket(family, kind, protocol)
    try:
        for option in options:
            sock.setsockopt(*option)
        sock.settimeout(seconds)
        sock.connect(place)
    except BaseException:
        sock.close()
        raise
    return sock
