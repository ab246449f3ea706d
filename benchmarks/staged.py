"""`campaign`, with its stages timed: the few functions that begin and end them are wrapped as they are imported.

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
"""Where each stage is, under the name that the plot has for it. `read` is in a thread beside the loading."""


class Wrapping(Loader):
    """Loads a module as it would be, then wraps the functions that are stages."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As it would be."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As it would be, with its stages wrapped."""
        self._loader.exec_module(module)
        for (name, function), stage in STAGES.items():
            if name == module.__name__:
                setattr(module, function, timed(stage, getattr(module, function)))


class Finder(MetaPathFinder):
    """Finds the modules that hold stages."""

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's own spec, with its loader wrapped."""
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
    """The function, noted as a stage each time it is called."""

    @functools.wraps(function)
    def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
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
