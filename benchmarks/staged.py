"""Runs `campaign` and times its stages: the functions of the stages are wrapped when their modules are imported.

python benchmarks/staged.py check FILE ...
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any, Final

from stages import note, note_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

STAGES: Final = {
    ("campaign.recipients.spreadsheets.reader", "read_files"): "read",
    ("campaign.engine.checking.check", "check"): "check",
    ("campaign.messages.compose", "compose"): "messages",
    ("campaign.engine.results", "of_check"): "result",
    ("campaign.engine.runs", "plan"): "plan",
    ("campaign.engine.runs", "dispatch"): "send",
    ("campaign.engine.results", "of_run"): "result",
    ("campaign.report.result_workbook", "write"): "write",
}
"""The function of each stage, and the stage's name in the chart. `read` runs in a thread during the loading."""


class Wrapping(Loader):
    """Loads a module, then wraps its functions that are stages."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Create the module with the original loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Load the module with the original loader, then wrap its stages."""
        self._loader.exec_module(module)
        for (name, function), stage in STAGES.items():
            if name == module.__name__:
                setattr(module, function, timed(stage, getattr(module, function)))


class Finder(MetaPathFinder):
    """Finds the modules with stages."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of the module, with its loader wrapped."""
        if name not in {module for module, _ in STAGES}:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = Wrapping(spec.loader)
        return spec


def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, each call of which is recorded as a stage."""

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - wraps any function
        begin, cpu = time.time(), time.process_time()
        try:
            return function(*given, **named)
        finally:
            note(stage, begin, time.time(), time.process_time() - cpu)

    return call


if __name__ == "__main__":
    sys.meta_path.insert(0, Finder())
    from campaign.__main__ import main

    note_start()
    main()
