"""Finds what would go wrong with a journal in PostgreSQL and with its workers. A part of `doctor`."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign.engine.cluster import queued, setup
from campaign.engine.cluster.lease import BEAT_S, describe_host, new_owner
from campaign.engine.finding import Finding
from campaign.journal import Jobs, open_for_worker, server_facts
from campaign.model.errors import CampaignError, JournalError, MissingKeys
from campaign.model.i18n import N_, _, ngettext
from campaign.model.sentences import sentence
from campaign.model.text import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign.journal import Worker, Workers
    from campaign.journal.server_check import ServerFacts

CLOCK_OFF: Final = timedelta(seconds=5)
"""How far this machine's clock may be from the server's before the user is warned."""

SILENT_AFTER_S: Final = 2.5 * BEAT_S
"""Seconds without a beat after which a worker seems to be gone."""

DATABASE: Final = N_("database")
CONNECTION: Final = N_("connection")
SESSIONS: Final = N_("sessions")
SERVER_CLOCK: Final = N_("server clock")
QUEUE: Final = N_("queue")
WORKERS: Final = N_("workers")
WORKER_KEYS: Final = N_("worker keys")
HOSTS: Final = N_("hosts")


def examine(url: str) -> Iterator[Finding]:
    """Examine the server of a journal that was opened before, and its workers; nothing for a journal in a file."""
    try:
        facts = server_facts(url)
        if facts is None:
            return
        yield from _server(facts)
        reader, workers = open_for_worker(url, new_owner())
        with reader:
            yield from _cluster(workers)
    except JournalError as problem:
        yield Finding(DATABASE, False, str(problem))


def _server(facts: ServerFacts) -> Iterator[Finding]:
    if facts.is_too_old:
        words = _("PostgreSQL {version}: {oldest} or newer is needed", version=facts.version, oldest=facts.oldest)
        yield Finding(DATABASE, False, words)
    else:
        yield Finding(DATABASE, True, _("PostgreSQL {version}", version=facts.version))
    yield _connection(facts.pooler)
    yield _sessions(facts.differing)
    off = facts.clock_ahead.total_seconds()
    words = _("{seconds:+.1f} s from this machine's", seconds=off)
    if abs(facts.clock_ahead) > CLOCK_OFF:
        words = _("{seconds:+.1f} s from this machine's: set both clocks by NTP", seconds=off)
    yield Finding(SERVER_CLOCK, True if abs(facts.clock_ahead) <= CLOCK_OFF else None, words)


def _connection(pooler: str | None) -> Finding:
    if pooler is None:
        return Finding(CONNECTION, True, _("to the server itself"))
    if pooler == "session":
        return Finding(CONNECTION, True, _("through a connection pooler in session mode"))
    return Finding(
        CONNECTION,
        False,
        _(
            "through a connection pooler in transaction mode, with which a second process could write to the journal: "
            "connect to the server itself, or set the pooler to session mode"
        ),
    )


def _sessions(differing: Sequence[tuple[str, str, str]]) -> Finding:
    if not differing:
        return Finding(SESSIONS, True, _("commits are on disk when they return; frozen transactions end by themselves"))
    names = listed(
        [
            _("{name} is {found}, not {wanted}", name=name, found=found, wanted=wanted)
            for name, found, wanted in differing
        ]
    )
    words = _(
        "{settings}: connect to the server itself, and leave these settings out of the URL's options", settings=names
    )
    return Finding(SESSIONS, None, words)


def _cluster(workers: Workers) -> Iterator[Finding]:
    """Who sends queued runs, and whether somebody does."""
    tables, waiting = Jobs(workers.database), len(workers.sent_by_workers(and_waiting=True))
    if tables.version() is None:
        yield Finding(QUEUE, True, _("not made: one process sends each run"))
        return
    try:
        setup.require_ready(tables)
        yield Finding(QUEUE, True, _("ready for workers ({version})", version=tables.version()))
    except CampaignError as problem:
        yield Finding(QUEUE, False, str(problem))
    known = workers.living()
    silent = _silent(workers)
    living = [one for one in known if one.id not in silent]
    yield _workers(living, waiting)
    if silent:
        hosts = listed(sorted({one.host for one in known if one.id in silent}))
        words = _(
            "no sign of the workers on {hosts}: their requests on the wire become unknown when another worker runs",
            hosts=hosts,
        )
        yield Finding(WORKERS, None, words)
    if living:
        yield _keys(living)
    for stopped in workers.stopped_hosts().values():
        words = _(
            "the gateway refuses the address of {host} ({why}): register it, and start the worker again",
            host=sentence(describe_host(stopped)),
            why=sentence(stopped.why),
        )
        yield Finding(HOSTS, None, words)


def _silent(workers: Workers) -> set[str]:
    """The workers that show no sign of life for some seconds."""
    before, began = workers.beats(), time.monotonic()
    silent = set(before)
    while silent and time.monotonic() - began < SILENT_AFTER_S:
        time.sleep(0.1)
        now = workers.beats()
        silent = {owner for owner in silent if now.get(owner) == before[owner]}
    return silent


def _workers(living: Sequence[Worker], waiting: int) -> Finding:
    if living:
        hosts = listed(sorted({one.host for one in living}))
        words = ngettext("1 worker, on {hosts}", "{count:,} workers, on {hosts}", len(living), hosts=hosts)
        return Finding(WORKERS, True, words)
    if waiting:
        words = ngettext(
            "no worker is running, and 1 run waits for one: start a worker",
            "no worker is running, and {count:,} runs wait for one: start a worker",
            waiting,
        )
        return Finding(WORKERS, False, words)
    return Finding(WORKERS, None, _("no worker is running: what is queued waits until one is started"))


def _keys(living: Sequence[Worker]) -> Finding:
    """Whether the workers, and this host if it has keys, have the same gateway keys."""
    by_account: dict[str, set[str]] = {}
    for one in living:
        by_account.setdefault(one.account, set()).add(one.host)
    with suppress(MissingKeys):  # only workers need them
        by_account.setdefault(queued.account_digest(), set()).add(_("this host"))
    if len(by_account) == 1:
        return Finding(WORKER_KEYS, True, _("the same on all hosts"))
    groups = "; ".join(listed(sorted(hosts)) for hosts in by_account.values())
    words = _("different gateway keys: {groups}. Give all hosts the same ones", groups=groups)
    return Finding(WORKER_KEYS, False, words)
