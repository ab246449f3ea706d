"""Telling by mail, over TLS, with the workbook. The password comes from the environment and from nowhere else."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Final

from campaign.config.environment import SMTP_PASSWORD, Environment
from campaign.model.escaping import escape

if TYPE_CHECKING:
    from campaign.config.schedule_sections import NotifySection
    from campaign.scheduler.notify import Notice

PATIENCE: Final = 30
"""Seconds to wait for the mail server at each step."""

LARGEST: Final = 15_000_000
"""Bytes of a workbook that is sent along; beyond it the mail says where it is. Many servers refuse 20 MB and more."""

_TLS_AT_ONCE: Final = 465
_SHEET: Final = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def send(notice: Notice, settings: NotifySection) -> None:
    """Send the mail.

    Raises:
        OSError: the server cannot be reached, or is not who it says it is.
        smtplib.SMTPException: it does not take the mail.
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
        return smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
    server = smtplib.SMTP(host, port, timeout=PATIENCE)
    server.ehlo()
    # Without TLS a mail goes to this very machine only: numbers and the password do not cross a network in the clear.
    if server.has_extn("starttls") or not settings.is_local:
        server.starttls(context=context)
    return server


def _password() -> str:
    password = Environment().smtp_password
    if not password:
        raise ValueError(f"{SMTP_PASSWORD} is not set")
    return password


def _letter(notice: Notice, settings: NotifySection) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = notice.subject
    letter["From"] = settings.mail_from
    letter["To"] = ", ".join(settings.mail_to or ())
    letter["Date"] = formatdate(localtime=False)
    letter["Message-ID"] = make_msgid(domain=(settings.mail_from or "").rpartition("@")[2] or None)
    workbook = notice.workbook
    fits = workbook is not None and workbook.stat().st_size <= LARGEST
    left = f"\nThe workbook is too large for a mail; it is at {workbook}.\n" if workbook and not fits else ""
    letter.set_content(f"{notice.words}\n{left}")
    if workbook is not None and fits:
        main, sub = _SHEET
        letter.add_attachment(workbook.read_bytes(), maintype=main, subtype=sub, filename=escape(workbook.name))
    return letter
