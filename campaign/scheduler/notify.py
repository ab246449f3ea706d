"""Notifies of a scheduled run: runs a command, sends a mail, or both. A failure here does not affect the run.

The mail goes over TLS, with the workbook attached; its password comes from the environment only.
"""

from __future__ import annotations

import json
import os
import smtplib
import ssl
import subprocess
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Final

from campaign.config.environment import SMTP_PASSWORD, Environment
from campaign.model.i18n import N_, _
from campaign.model.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from campaign.config.sections import NotifySection

COMMAND_TIMEOUT_S: Final = 60
"""Seconds after which a command is stopped."""

MAIL_TIMEOUT_S: Final = 30
"""Seconds to wait for the mail server at each step."""

LARGEST_ATTACHMENT_BYTES: Final = 15_000_000
"""Bytes of an attached workbook, at most; for a larger one the mail names its path. Many servers refuse 20 MB."""

_SECRET: Final = ("IWINV_", "CAMPAIGN_SMTP_")
"""Prefixes of the variables that a command does not get."""

_TLS_AT_ONCE: Final = 465
_SHEET: Final = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice: its subject, its text, and the JSON object that scripts read; `workbook`, if there is one."""

    subject: str
    words: str
    facts: Mapping[str, object]
    workbook: Path | None = None


def send(notice: Notice, settings: NotifySection) -> list[str]:
    """Send the notice to everybody that the settings name; returns a sentence for each failure."""
    ways: list[tuple[str, str, Callable[[], None]]] = []
    if settings.command is not None:
        ways.append((_COMMAND, settings.command[0], lambda: _run_command(notice, settings.command or ())))
    if settings.smtp is not None:
        ways.append((_MAIL, settings.smtp, lambda: _send_mail(notice, settings)))
    return [words for failed, name, tell in ways if (words := _trouble(failed, name, tell))]


_COMMAND: Final = N_("[notify] command {name} failed: {kind}: {problem}. The run is not affected.")
_MAIL: Final = N_("[notify] mail through {name} failed: {kind}: {problem}. The run is not affected.")


def _trouble(failed: str, name: str, tell: Callable[[], None]) -> str | None:
    try:
        tell()
    except (OSError, ValueError, smtplib.SMTPException, subprocess.SubprocessError) as problem:
        return _(failed, name=name, kind=type(problem).__name__, problem=problem)
    return None


def _run_command(notice: Notice, words: Sequence[str]) -> None:
    """Run the command, without a shell.

    Raises:
        OSError: it cannot be started.
        subprocess.SubprocessError: it failed, or was stopped after `COMMAND_TIMEOUT_S`.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}
    told = {
        "CAMPAIGN_SUBJECT": notice.subject,
        "CAMPAIGN_WORDS": notice.words,
        "CAMPAIGN_WORKBOOK": str(notice.workbook or ""),
    }
    subprocess.run(  # noqa: S603 - the user's own command, from the campaign file
        list(words),
        input=json.dumps(notice.facts, ensure_ascii=False, default=str).encode(),
        env=kept | told,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=COMMAND_TIMEOUT_S,
        check=True,
    )


def _send_mail(notice: Notice, settings: NotifySection) -> None:
    """Send the mail.

    Raises:
        OSError: the server cannot be reached, or its certificate is wrong.
        smtplib.SMTPException: the server refuses the mail.
        ValueError: there is no password for `smtp_user`.
    """
    with _connect(settings) as server:
        if settings.smtp_user is not None:
            server.login(settings.smtp_user, _password())
        server.send_message(_letter(notice, settings))


def _connect(settings: NotifySection) -> smtplib.SMTP:
    host, port = settings.server
    context = ssl.create_default_context(cafile=Environment().ca_file)
    if port == _TLS_AT_ONCE:
        return smtplib.SMTP_SSL(host, port, timeout=MAIL_TIMEOUT_S, context=context)
    server = smtplib.SMTP(host, port, timeout=MAIL_TIMEOUT_S)
    server.ehlo()
    # Without TLS only to this machine: numbers and the password must not cross a network unencrypted.
    if server.has_extn("starttls") or not settings.is_local:
        server.starttls(context=context)
    return server


def _password() -> str:
    password = Environment().smtp_password
    if not password:
        raise ValueError(_("{variable} is not set", variable=SMTP_PASSWORD))
    return password


def _letter(notice: Notice, settings: NotifySection) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = notice.subject
    letter["From"] = settings.mail_from
    letter["To"] = ", ".join(settings.mail_to or ())
    letter["Date"] = formatdate(localtime=False)
    letter["Message-ID"] = make_msgid(domain=(settings.mail_from or "").rpartition("@")[2] or None)
    workbook = notice.workbook
    fits = workbook is not None and workbook.stat().st_size <= LARGEST_ATTACHMENT_BYTES
    left = _("The workbook is too large to attach; its path is {path}.", path=workbook) if workbook and not fits else ""
    letter.set_content(f"{notice.words}\n\n{left}\n" if left else f"{notice.words}\n")
    if workbook is not None and fits:
        main, sub = _SHEET
        letter.add_attachment(workbook.read_bytes(), maintype=main, subtype=sub, filename=escape(workbook.name))
    return letter
