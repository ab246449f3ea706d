"""Changes one place at a time in the rule modules, and runs the tests of the changed module against each change.

    python -m tests.mutation [WORD ...]

cosmic-ray makes the changes (mutants); `mutation.toml` beside this file names the modules, the tests of each, and the
mutants without a difference. Nothing is written to disk: a forked process imports the mutant in the module's place.
Ends with 0 where no mutant survives but those that are named. It takes minutes, so it is not part of `make test`.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import gc
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT: Final = Path(__file__).parent.parent
LIST: Final = Path(__file__).with_suffix(".toml")

JOBS: Final = int(os.environ.get("JOBS", "2"))
CPU_S: Final = 5
"""Seconds of processor time, beyond three times what the tests take without a mutant, after which a mutant hangs."""

WALL_S: Final = 300.0
"""Seconds after which a mutant hangs that waits for something. A mutant that hangs is noticed."""

HANGS: Final = -1_000

MEMORY_BYTES: Final = 4 * 1024**3
_MEMORY: Final = "/dev/shm"  # noqa: S108 - only where to make a folder of our own
WANTED: Final = 0.93
"""The share of a module's mutants that its tests notice, at least."""

_REPLACEMENTS: Final = {
    "Comparison": "Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is",
    "Binary": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_Mul BitOr_BitAnd BitAnd_BitOr",
    "Unary": "Delete_Not Delete_Invert Delete_USub",
}
OPERATORS: Final = (
    *(f"Replace{kind}Operator_{name}" for kind, names in _REPLACEMENTS.items() for name in names.split()),
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
)
"""The operators of cosmic-ray that are used: one boundary and one opposite for a comparison, not all seven."""

_WARM: Final = (
    "hypothesis",
    "numpy",
    "pandas",
    "pyarrow.compute",
    "requests",
    "sqlalchemy",
    "pydantic",
    "jinja2",
    "typer",
)
_WARM_APART: Final = ("starlette.applications", "uvicorn", "httptools", "openpyxl", "tqdm", "cronsim", "typer")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A whole module with one change; `line` stands in the module where `mutant` stands in the mutant."""

    line: str
    mutant: str
    source: str

    @property
    def key(self) -> tuple[str, str]:
        """What `mutation.toml` names it by."""
        return self.line, self.mutant


@dataclass(slots=True)
class Score:
    """What became of a module's mutants."""

    file: str
    noticed: int = 0
    hung: int = 0
    named: int = 0
    stale: list[tuple[str, str]] = field(default_factory=list)
    survivors: list[tuple[int, Mutant]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All mutants of the module."""
        return self.noticed + self.named + len(self.survivors)

    @property
    def share(self) -> float:
        """The share of the mutants that was noticed, of all that make a difference."""
        return self.noticed / max(self.count - self.named, 1)


class _Bare(ast.NodeTransformer):
    """Takes out what no rule depends on: annotations, decorators, the kinds of parameters, imports for types."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list, node.returns = [], None
        inner = node.args
        inner.args = [*inner.posonlyargs, *inner.args, *inner.kwonlyargs]
        inner.defaults = [*inner.defaults, *filter(None, inner.kw_defaults)]
        inner.posonlyargs, inner.kwonlyargs, inner.kw_defaults = [], [], []
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)


def _bare(source: str) -> str | None:
    """The meaning of a module, to compare; None where it is not Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            return None
        return ast.dump(_Bare().visit(ast.parse(source)))


def mutants_of(source: str) -> Iterator[tuple[int, Mutant]]:
    """Every mutant of a module with the number of the line that it changes, always in the same order."""
    meanings = {None, _bare(source)}
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        place = 0
        while (mutated := mutate_code(source, operator, place)) is not None:
            place += 1
            if (meaning := _bare(mutated)) in meanings:
                continue
            meanings.add(meaning)
            yield _named(source, mutated)


def _named(source: str, mutated: str) -> tuple[int, Mutant]:
    before, after = source.splitlines(), mutated.splitlines()
    changes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    first = next(one for one in changes if one[0] != "equal")
    old, new = (
        " ".join(" ".join(lines).split()) for lines in (before[first[1] : first[2]], after[first[3] : first[4]])
    )
    return first[1] + 1, Mutant(old, new, mutated)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in the place of its module."""

    def __init__(self, file: str, source: str) -> None:
        self._path, self._source = ROOT / file, source
        self._name = file.removesuffix(".py").replace("/", ".")

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        del path, target
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(self._source, str(self._path), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - that is what importing does


def _start(file: str, source: str, tests: Sequence[str], cpu_s: int) -> int:
    """Run the tests against a source in a process of its own, and return the process's id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 3
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
        quiet = os.open(os.devnull, os.O_RDWR)
        if not os.environ.get("SHOW"):
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
        sys.meta_path.insert(0, _Finder(file, source))
        with tempfile.TemporaryDirectory() as folder:
            options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin"]
            options += [f"--basetemp={folder}/tests", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
            options += ["--hypothesis-profile=mutation"]
            status = int(pytest.main([*options, *tests]))
    except BaseException:  # noqa: BLE001 - a mutant may raise anything
        traceback.print_exc()
    finally:
        os._exit(status)


def _outcome(child: int, deadline: float) -> int | None:
    """The exit status of the tests, `HANGS` where they hung; None where they are still running."""
    done, status = os.waitpid(child, os.WNOHANG)
    if not done and time.monotonic() < deadline:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if not done:
        os.waitpid(child, 0)
        return HANGS
    code = os.waitstatus_to_exitcode(status)
    return HANGS if code == -signal.SIGXCPU else code


def score(file: str, tests: Sequence[str], named: set[tuple[str, str]]) -> Score:
    """Run the tests against every mutant of a module, but for those that are named as without a difference.

    Raises:
        SystemExit: the tests do not pass without a mutant.
    """
    source = (ROOT / file).read_text(encoding="utf-8")
    before_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    child = _start(file, source, tests, 600)
    while (status := _outcome(child, time.monotonic() + WALL_S)) is None:
        time.sleep(0.02)
    if status:
        sys.exit(f"{file}: without any mutant, its tests end with {status}: {' '.join(tests)}")
    cpu_s = CPU_S + 3 * int(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before_s)
    mutants = list(mutants_of(source))
    waiting = [one for one in mutants if one[1].key not in named]
    found, running = Score(file, named=len(mutants) - len(waiting)), dict[int, tuple[float, int, Mutant]]()
    found.stale = sorted(named - {mutant.key for _, mutant in mutants})
    while waiting or running:
        while waiting and len(running) < JOBS:
            number, mutant = waiting.pop(0)
            child = _start(file, mutant.source, tests, cpu_s)
            running[child] = (time.monotonic() + WALL_S, number, mutant)
        time.sleep(0.01)
        for child, (deadline, number, mutant) in list(running.items()):
            if (status := _outcome(child, deadline)) is None:
                continue
            del running[child]
            if status:
                found.noticed += 1
                found.hung += status == HANGS
            else:
                found.survivors.append((number, mutant))
    return found


def _tell(found: Score) -> None:
    words = f"{found.share:7.1%}  {found.noticed:4} of {found.count:4} noticed"
    words += f", {found.named} named as without a difference" if found.named else ""
    words += f", {found.hung} by a time limit" if found.hung else ""
    sys.stdout.write(f"{found.file:<44}{words}\n")
    for number, mutant in sorted(found.survivors, key=lambda one: one[0]):
        sys.stdout.write(f"    {found.file}:{number}\n      - {mutant.line}\n      + {mutant.mutant}\n")
    sys.stdout.flush()


def main() -> None:
    """Score all modules, or those whose files contain one of the given words."""
    given: dict[str, Any] = tomllib.loads(LIST.read_text(encoding="utf-8"))
    named: dict[str, set[tuple[str, str]]] = {}
    for one in given.get("same", []):
        named.setdefault(one["file"], set()).update((one["line"], mutant) for mutant in one["mutants"])
    os.chdir(ROOT)
    for name in (*_WARM, *_WARM_APART):
        importlib.import_module(name)
    gc.freeze()  # or each process would look through what was imported here
    began, scores, faults = time.monotonic(), [], []
    # Journals in memory: no test of a rule is about a disk.
    with tempfile.TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as folder:
        tempfile.tempdir = os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        for module in given["module"]:
            file = module["file"]
            if sys.argv[1:] and not any(word in file for word in sys.argv[1:]):
                continue
            scores.append(score(file, module["tests"], named.get(file, set())))
            _tell(scores[-1])
            faults += [f"{file}: mutation.toml names a mutant that there is not: {new}" for _, new in scores[-1].stale]
    noticed, count = sum(one.noticed for one in scores), sum(one.count for one in scores)
    sys.stdout.write(f"{noticed} of {count} mutants were noticed, in {time.monotonic() - began:,.0f} s\n")
    faults += [f"{one.file}: under {WANTED:.0%} were noticed" for one in scores if one.share < WANTED]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    sys.exit(1 if faults or any(one.survivors for one in scores) else 0)


if __name__ == "__main__":
    main()
