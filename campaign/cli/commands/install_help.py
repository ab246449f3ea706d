"""Files for cron, systemd and Windows that start what is due, with the real paths in them."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from campaign.config.environment import Environment
from campaign.model.i18n import _

KEYS_FILE: Final = ".config/campaign/environment"
"""The file with the scheduler's keys, in the user's home folder; one NAME=value per line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and how the command runs: interpreter, folder, and the journal if it is not the default one."""

    python: Path
    folder: Path
    journal: str | None = None

    def words(self, command: str) -> list[str]:
        """The command line."""
        return [str(self.python), "-m", "campaign", command, *(("--journal", self.journal) if self.journal else ())]


def here(journal: str | None) -> Place:
    """This interpreter and the current folder."""
    return Place(
        python=Path(sys.executable),
        folder=Path.cwd(),
        journal=journal or Environment().variables.get("CAMPAIGN_JOURNAL"),
    )


def help_text(place: Place) -> str:
    """The whole help, each part under a line that begins with `###`."""
    parts = [
        (_("First: the keys go into ~/{file}, readable by you alone (chmod 600)", file=KEYS_FILE), _ENVIRONMENT),
        (_("cron: add this line with `crontab -e`"), crontab(place)),
        ("systemd: ~/.config/systemd/user/campaign.service", service(place)),
        ("systemd: ~/.config/systemd/user/campaign.timer", timer()),
        (
            _("systemd, instead of those two: {file}", file="~/.config/systemd/user/campaign-scheduler.service"),
            stay(place),
        ),
        (
            _(
                "Windows: save as campaign.xml, then: {command}",
                command="schtasks /Create /TN campaign /XML campaign.xml",
            ),
            task(place),
        ),
    ]
    parts.append((_("Then, for systemd"), _after()))
    ways = _("One of these is enough; even two together start nothing twice.")
    return f"{ways}\n" + "".join(f"\n### {title}\n{text}" for title, text in parts)


_ENVIRONMENT: Final = """IWINV_API_KEY=...
IWINV_AUTH_KEY=...
"""


def _after() -> str:
    steps = (
        ("systemctl --user daemon-reload", ""),
        ("systemctl --user enable --now campaign.timer", _("(or {unit})", unit="campaign-scheduler.service")),
        ("loginctl enable-linger", _("(so that it runs while you are not logged in)")),
    )
    return "".join(f"# {command:<52}{remark}".rstrip() + "\n" for command, remark in steps)


def crontab(place: Place) -> str:
    """A line for cron: every minute. Cron ends a command at a percent sign, so it is escaped."""
    folder, command = shlex.quote(str(place.folder)), shlex.join(place.words("run-due"))
    keys = f'set -a && . "$HOME/{KEYS_FILE}" && set +a'
    line = f"cd {folder} && {keys} && {command} >> campaign-run-due.log 2>&1"
    return "* * * * * " + line.replace("%", "\\%") + "\n"


def service(place: Place) -> str:
    """A systemd unit that runs `campaign run-due` once."""
    return f"""[Unit]
Description=Start the campaigns that are due

[Service]
Type=oneshot
{_surroundings(place)}
ExecStart={_unit_words(place.words("run-due"))}
"""


def timer() -> str:
    """A systemd timer that starts the unit every minute."""
    return """[Unit]
Description=Look every minute for campaigns that are due

[Timer]
OnCalendar=minutely
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def stay(place: Place) -> str:
    """A systemd unit that keeps running. When it is stopped, it waits for outstanding answers and exits with 130."""
    return f"""[Unit]
Description=Start campaigns when they are due

[Service]
Type=simple
{_surroundings(place)}
ExecStart={_unit_words(place.words("scheduler"))}
Restart=on-failure
RestartSec=10
SuccessExitStatus=130
KillMode=mixed
TimeoutStopSec=120

[Install]
WantedBy=default.target
"""


def task(place: Place) -> str:
    """A task for the Windows Task Scheduler: every minute, one at a time, without a time limit."""
    program, *words = place.words("run-due")
    arguments = " ".join(f'"{word}"' if " " in word else word for word in words)
    return f"""<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Start the campaigns that are due</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>2026-01-01T00:00:00</StartBoundary>
      <Repetition><Interval>PT1M</Interval></Repetition>
    </TimeTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
      <WorkingDirectory>{escape(str(place.folder))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""


def _surroundings(place: Place) -> str:
    folder = str(place.folder).replace("%", "%%")
    return f"WorkingDirectory={folder}\nEnvironmentFile=-%h/{KEYS_FILE}"


def _unit_words(words: list[str]) -> str:
    """Words as systemd splits them: in double quotes, with its special characters escaped."""
    escaped = (word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") for word in words)
    return " ".join(f'"{word}"' for word in escaped)
