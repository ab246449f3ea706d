"""Breaks one rule at a time, in a copy of the project, and sees the tests of never-twice-never-lost go red.

    python -m tests.mutants [NAME ...]

Ends with 0 where every mutant was caught. It takes minutes, so it is `make mutants` and no part of `make test`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.desk import ROOT

SUITE: Final = (
    "tests/unit/gateway/test_outcome.py",
    "tests/unit/engine/test_planning.py",
    "tests/unit/journal",
    "tests/unit/engine/test_lease.py",
    "tests/integration/test_dispatch_faults.py",
    "tests/integration/test_client_failures.py",
    "tests/integration/test_dispatch_model.py",
    "tests/acceptance/test_answers.py",
    "tests/acceptance/test_trouble.py",
    "tests/acceptance/crash",
    "tests/acceptance/cluster",
)
"""The tests that have to notice, the quickest first."""

_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) \S+::(\S+)", re.MULTILINE)
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule, the lines that keep it, and what stands there instead in the mutant.

    Attributes:
        also: further changes that the mutant needs: file, lines, and what stands there instead.
    """

    name: str
    file: str
    kept: str
    broken: str
    also: tuple[tuple[str, str, str], ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """All changes of the mutant."""
        return ((self.file, self.kept, self.broken), *self.also)


MUTANTS: Final = (
    Mutant(
        "resend after a crash: what a dead process had in flight is planned again",
        "campaign/journal/requests.py",
        "_move(connection, run, State.IN_FLIGHT, State.UNKNOWN, cause=cause, now=now)",
        "_move(connection, run, State.IN_FLIGHT, State.PLANNED, cause=cause, now=now)",
    ),
    Mutant(
        "settle before the answer: a request counts as accepted when it goes on the wire",
        "campaign/engine/dispatch/dispatcher.py",
        "            self._claimed.put(one)\n",
        "            self._claimed.put(one)\n"
        "            self._unsettled.append(_settlement(one, State.ACCEPTED))\n"
        "            del self._in_flight[claim.no]\n",
    ),
    Mutant(
        "claim after the submit: a request goes on the wire before its claim is on disk",
        "campaign/engine/dispatch/dispatcher.py",
        "        claims = self._journal.requests.advance("
        "self._run.id, self._owner, settled, list(wanted), self._clock.now())\n",
        "        from campaign.journal import Claim\n"
        "        for no in wanted:\n"
        "            self._claimed.put(_InFlight(Claim(no=no, attempt=1), wanted[no], began))\n"
        "        claims = self._journal.requests.advance("
        "self._run.id, self._owner, settled, list(wanted), self._clock.now())\n"
        "        self._in_flight |= {one.no: _InFlight(one, wanted[one.no], began) for one in claims}\n"
        "        claims = []\n",
    ),
    Mutant(
        "the claim's commit is not awaited: synchronous=NORMAL",
        "campaign/journal/sqlite.py",
        "PRAGMA synchronous=FULL",
        "PRAGMA synchronous=NORMAL",
    ),
    Mutant(
        "a claim takes what is not planned",
        "campaign/journal/statements.py",
        "        REQUESTS.c.state == str(State.PLANNED),\n",
        "",
    ),
    Mutant(
        "an answer that was lost counts as not sent",
        "campaign/gateway/client.py",
        "fate=Fate.UNKNOWN if this.handed_over else Fate.NOT_SENT",
        "fate=Fate.NOT_SENT",
    ),
    Mutant(
        "what is unknown is planned again by itself",
        "campaign/engine/dispatch/policy.py",
        "return Decision(state=State.UNKNOWN, cause=cause, pause=pause)",
        "return Decision(state=State.PLANNED, cause=cause, pause=pause)",
    ),
    Mutant(
        "a claim leaves what an older attempt was answered",
        "campaign/journal/statements.py",
        "            **dict.fromkeys(ATTEMPT_COLUMNS),\n",
        "",
    ),
    Mutant(
        "one settlement that cannot be written takes the others with it",
        "campaign/engine/dispatch/dispatcher.py",
        "            self._settle_one_by_one()\n",
        "            pass\n",
    ),
    Mutant(
        "of a code that stands twice in an answer, the last one counts",
        "campaign/gateway/outcome.py",
        "        if len(found) == len(pairs):\n",
        "        if found:\n",
    ),
    Mutant(
        "texts of the gateway are written down as they come",
        "campaign/gateway/outcome.py",
        "object.__setattr__(self, name, sanitize(text))",
        "pass",
    ),
    Mutant(
        "a run with unknown requests is purged",
        "campaign/model/states.py",
        "MAY_STILL_GO: Final = (State.PLANNED, State.IN_FLIGHT, State.UNKNOWN)",
        "MAY_STILL_GO: Final = (State.PLANNED, State.IN_FLIGHT)",
    ),
    Mutant(
        "what was not sent of a cancelled run is planned again",
        "campaign/journal/requests.py",
        "target = State.PLANNED if reason is None else State.CANCELLED",
        "target = State.PLANNED",
    ),
    Mutant(
        "an upgrade records its last number before its steps",
        "campaign/journal/migrations.py",
        "connection.execute(sa.update(LAYOUT).values(version=migration.number))",
        "connection.execute(sa.update(LAYOUT).values(version=NEWEST))",
    ),
    Mutant(
        "a request without numbers or text is built",
        "campaign/model/entities.py",
        "if lacking := [name for name, there in needed.items() if not there]:",
        "if lacking := [name for name in needed if not name]:",
    ),
    Mutant(
        "no fence: a worker sends what it claimed, whatever its lease says",
        "campaign/engine/cluster/slices.py",
        "may_send=lease.is_valid,",
        "may_send=None,",
    ),
    Mutant(
        "the fence is bound to the process, not to the claim",
        "campaign/engine/cluster/slices.py",
        "may_send=lease.is_valid,",
        "may_send=lambda: self.lease().is_valid(),",
    ),
    Mutant(
        "the reaper compares with the database's clock",
        "campaign/engine/cluster/lease.py",
        "lost = [owner for owner, (_count, since) in self._seen.items() if began - since > LEASE_S + 1]",
        "lost = [owner for owner, at in beats.items() if self.workers.server_time() - at > (LEASE_S + 1) * 1e6]",
        also=(
            (
                "campaign/journal/workers.py",
                "values(beats=OWNERS.c.beats + 1)",
                "values(beats=SERVER_TIME)",
            ),
            (
                "campaign/journal/workers.py",
                '"account": account, "beats": 0}',
                '"account": account, "beats": SERVER_TIME}',
            ),
            (
                "campaign/journal/workers.py",
                "    def beats(self)",
                """    def server_time(self):
        with self._database.reading() as connection:
            return connection.execute(sa.select(SERVER_TIME)).scalar_one()

    def beats(self)""",
            ),
        ),
    ),
    Mutant(
        "an answer to an earlier attempt is taken for a later one",
        "campaign/journal/one_statement.py",
        "r.owner = %(owner)s AND r.attempts = a.attempt\n",
        "r.owner = %(owner)s\n",
    ),
    Mutant(
        "a worker settles and claims in several statements",
        "campaign/journal/one_statement.py",
        "        cursor.execute(_ADVANCE_LEASED, given | _columns(step.settlements))\n"
        "    except psycopg.Error as problem:\n"
        "        raise sa.exc.DBAPIError(_ADVANCE_LEASED, None, problem) from problem\n"
        "    return list(cursor.fetchall())\n",
        "        cursor.execute('BEGIN')\n"
        "        cursor.execute(_ADVANCE_LEASED, given | _columns(step.settlements) | {'wanted': []})\n"
        "        settled = list(cursor.fetchall())\n"
        "        cursor.execute(_ADVANCE_LEASED, given | _columns([]))\n"
        "        claimed = list(cursor.fetchall())\n"
        "        cursor.execute('COMMIT')\n"
        "    except psycopg.Error as problem:\n"
        "        raise sa.exc.DBAPIError(_ADVANCE_LEASED, None, problem) from problem\n"
        "    return list(dict.fromkeys(settled + claimed))\n",
    ),
)


def copy_project(folder: Path) -> None:
    """All files that the repository knows, as they stand."""
    known = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, known.stdout.decode().split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)


def catchers(folder: Path) -> tuple[list[str], str]:
    """The first few tests that fail in that copy, and what they said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", f"--maxfail={_SHOWN}", *SUITE],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    caught = _FAILED.findall(done.stdout)
    # 2: stopped after the first few failures.
    if done.returncode not in {0, 1, 2} or bool(caught) != bool(done.returncode):
        sys.exit(f"the tests did not run:\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}")
    return caught, done.stdout


def survives(mutant: Mutant, folder: Path) -> bool:
    """Put the mutant into the copy, run the tests, say what they found, and take it out again."""
    whole = {name: (folder / name).read_text(encoding="utf-8") for name, _kept, _broken in mutant.changes}
    for name, kept, broken in mutant.changes:
        text = (folder / name).read_text(encoding="utf-8")
        if text.count(kept) != 1:
            sys.exit(f"{name} has {text.count(kept)} places that read\n{kept}")
        (folder / name).write_text(text.replace(kept, broken), encoding="utf-8")
    caught, _ = catchers(folder)
    for name, text in whole.items():
        (folder / name).write_text(text, encoding="utf-8")
    words = "caught by" if caught else "SURVIVED"
    sys.stdout.write("\n  ".join([f"{mutant.name}: {words}", *caught[:_SHOWN]]) + "\n")
    sys.stdout.flush()
    return not caught


def main() -> None:
    """Run all of them, or those whose names contain one of the given words."""
    chosen = [one for one in MUTANTS if not sys.argv[1:] or any(word in one.name for word in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        caught, words = catchers(Path(folder))
        if caught:
            sys.exit(f"{words}\nwithout any mutant, these fail already: {caught}")
        survivors = [one.name for one in chosen if survives(one, Path(folder))]
    sys.stdout.write(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants were caught\n")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
