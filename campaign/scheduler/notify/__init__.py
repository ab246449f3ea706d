"""Telling somebody what became of a scheduled run: a command, a mail, or both. Whatever fails here touches no run."""

from __future__ import annotations

import smtplib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.scheduler.notify import command, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campaign.config.schedule_sections import NotifySection


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told: in a line, in words, and as the JSON object that scripts read; `workbook` where there is one."""

    subject: str
    words: str
    facts: Mapping[str, object]
    workbook: Path | None = None


def send(notice: Notice, settings: NotifySection) -> list[str]:
    """Tell everybody that the settings name; what went wrong, in a sentence each."""
    ways: list[tuple[str, Callable[[], None]]] = []
    if settings.command is not None:
        ways.append((f"command {settings.command[0]}", lambda: command.run(notice, settings.command or ())))
    if settings.smtp is not None:
        ways.append((f"mail through {settings.smtp}", lambda: mail.send(notice, settings)))
    return [words for way, tell in ways if (words := _trouble(way, tell))]


def _trouble(way: str, tell: Callable[[], None]) -> str | None:
    try:
        tell()
    except (OSError, ValueError, smtplib.SMTPException, subprocess.SubprocessError) as problem:
        return f"[notify] {way} failed: {type(problem).__name__}: {problem}. The run is as it is."
    return None
