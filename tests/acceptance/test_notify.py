"""Who is told of a scheduled run: a command, and a mail that a real SMTP server takes. Its failures touch no run."""

from __future__ import annotations

import io
import json
import sys
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.support.scheduling_desk import Shift

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator
    from email.message import EmailMessage

    from tests.support.desk import Desk

VARIABLE = "CAMPAIGN_SMTP_PASSWORD"
ONCE = "start_at = 2026-12-01T10:00:00+09:00"


class Postbox:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.passwords: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.to.append(list(envelope.rcpt_tos))
        return "250 OK"

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _how: str, login: Any) -> AuthResult:
        self.passwords.append(login.password)
        return AuthResult(success=login.password == b"secret")


class AnyPort(Controller):
    """A server at whichever port is free."""

    server: asyncio.Server

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    server = AnyPort(box, hostname="127.0.0.1", port=0, authenticator=box, auth_require_tls=False)
    server.start()
    try:
        yield box, server.port
    finally:
        server.stop()


@pytest.fixture
def shift(desk: Desk) -> Shift:
    desk.people(3)
    return Shift(desk)


def by_mail(port: int, more: str = "") -> str:
    addresses = 'mail_to = ["me@example.kr", "you@example.kr"]\nmail_from = "c@example.kr"'
    return f'{addresses}\nsmtp = "127.0.0.1:{port}"\n{more}'


def due(shift: Shift, notify: str, **more: str) -> dict[str, Any]:
    shift.desk.campaign("{{ 이름 }}", schedule=ONCE, notify=notify, **more)
    assert shift.schedule().status == 0
    shift.it_is("2026-12-01 10:00:00")
    happened = shift.run_due()
    [happening] = happened.json["happened"]
    return {"err": happened.err, **happening}


def test_a_mail_has_the_summary_and_the_workbook(shift: Shift, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    happening = due(shift, by_mail(port))
    [letter] = box.letters
    assert box.to == [["me@example.kr", "you@example.kr"]]
    assert letter["Subject"] == "[campaign] test: finished"
    body = letter.get_body()
    assert body is not None
    assert "accepted 3" in body.get_content()
    [workbook] = letter.iter_attachments()
    assert workbook.get_filename() == "test-20261201-100000.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(workbook.get_payload(decode=True)))  # type: ignore[arg-type]
    assert book["results"].max_row == 4
    assert "[notify]" not in happening["err"]


def test_the_password_comes_from_the_environment(shift: Shift, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    shift.env[VARIABLE] = "secret"
    due(shift, by_mail(port, 'smtp_user = "me"'))
    assert box.passwords == [b"secret"]
    assert len(box.letters) == 1


def test_without_the_password_the_run_is_as_it_is(shift: Shift, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    happening = due(shift, by_mail(port, 'smtp_user = "me"'))
    assert "CAMPAIGN_SMTP_PASSWORD is not set. The run is not affected." in happening["err"]
    assert box.letters == []
    assert (happening["state"], happening["run"]["rows"]["accepted"]) == ("ended", 3)


def test_a_mail_server_that_is_not_there_touches_nothing(shift: Shift) -> None:
    happening = due(shift, by_mail(1))
    assert "[notify] mail through 127.0.0.1:1 failed" in happening["err"]
    assert (happening["state"], happening["run"]["rows"]["accepted"]) == ("ended", 3)
    assert shift.run_due().json == {"happened": []}


def test_a_campaign_that_could_not_start_is_told_of_too(shift: Shift, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    shift.desk.campaign(schedule=ONCE, notify=by_mail(port))
    shift.schedule()
    shift.it_is("2026-12-01 12:00:01")
    shift.run_due()
    [letter] = box.letters
    assert letter["Subject"] == "[campaign] test: expired"
    assert list(letter.iter_attachments()) == []


def test_a_mail_goes_to_another_machine_over_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    import smtplib

    from campaign.config.sections import NotifySection
    from campaign.scheduler import notify

    said: list[str] = []

    class Plain:
        def __init__(self, *_: object, **__: object) -> None:
            said.append("connected")

        def ehlo(self) -> None: ...

        def has_extn(self, _: str) -> bool:
            return False

        def starttls(self, **_: object) -> None:
            raise smtplib.SMTPNotSupportedError("no STARTTLS here")

    monkeypatch.setattr(smtplib, "SMTP", Plain)
    settings = NotifySection(mail_to=("a@b.kr",), mail_from="c@d.kr", smtp="mail.example.kr:587")
    [trouble] = notify.send(notify.Notice(subject="s", words="w", facts={}), settings)
    assert "no STARTTLS here" in trouble
    assert said == ["connected"]


SCRIPT = """
import json, os, sys
json.dump({"facts": json.load(sys.stdin), "environment": dict(os.environ)}, open("told", "w"))
"""


def test_a_command_gets_the_summary_and_no_key(shift: Shift) -> None:
    shift.env[VARIABLE] = "secret"
    due(shift, f"command = {json.dumps([sys.executable, '-c', SCRIPT])}")
    told = json.loads((shift.desk.folder / "told").read_text(encoding="utf-8"))
    assert told["facts"]["run"]["rows"] == {"total": 3, "accepted": 3}
    assert told["environment"]["CAMPAIGN_SUBJECT"] == "[campaign] test: finished"
    assert told["environment"]["CAMPAIGN_WORKBOOK"].endswith(".xlsx")
    assert not [name for name in told["environment"] if "KEY" in name or "PASSWORD" in name]


@pytest.mark.parametrize("command", ['["/nowhere/at/all"]', f'["{sys.executable}", "-c", "raise SystemExit(3)"]'])
def test_a_command_that_fails_touches_nothing(shift: Shift, command: str) -> None:
    happening = due(shift, f"command = {command}")
    assert "[notify] command" in happening["err"]
    assert (happening["state"], happening["run"]["rows"]["accepted"]) == ("ended", 3)
    assert shift.run_due().json == {"happened": []}
