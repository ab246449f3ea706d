"""The two endpoints of the gateway: `POST /api/v2/send/` and `POST /api/send/`."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from random import Random

from starlette.types import Scope

from campaign.sandbox import codes, rules, submission
from campaign.sandbox.faults import Fault, Faults
from campaign.sandbox.ledger import Ledger, Receipt
from campaign.sandbox.rules import Message, Verdict
from campaign.sandbox.server.answers import Call, Reply, give
from campaign.sandbox.server.protocol import BODY_BYTES, header, read_body
from campaign.sandbox.settings import Settings
from campaign.sandbox.submission import Edition, Submission, UnreadableError

PATHS: dict[str, Edition] = {"/api/v2/send/": "v2", "/api/send/": "v1"}

_STEP = 9  # each requestNo is 1 to this many above the last


class Rate:
    """Rate limiter: a token bucket that holds one second's requests and refills at that rate.

    Ours: the document states no rate. `limit` requests may come at once, and then `limit` a second.

    Args:
        limit: requests a second; None for no limit.
        clock: returns seconds.
    """

    def __init__(self, limit: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._left = max(1.0, limit or 0.0)
        self._filled = clock()

    def take(self) -> bool:
        """Take a token for one request; return whether there was one."""
        if self._limit is None:
            return True
        now = self._clock()
        self._left = min(max(1.0, self._limit), self._left + (now - self._filled) * self._limit)
        self._filled = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Gateway:
    """Serves send requests: reads, judges, records and answers them."""

    def __init__(self, settings: Settings, ledger: Ledger, faults: Faults, random: Random) -> None:
        self._settings = settings
        self._ledger = ledger
        self._faults = faults
        self._random = random
        self._rate = Rate(settings.rate)
        self._request_no = ledger.last_request_no() or random.randrange(100_000, 900_000)

    async def serve(self, call: Call, edition: Edition) -> None:
        """Serve one send request, with the fault that affects it."""
        arrived_at = time.monotonic()
        fault = self._faults.draw()
        name = fault.kind.name if fault else None
        if name == "hang_up_before_read":
            await give(call, Reply(codes.NOT_SENT), name)
            return
        body = await read_body(call.receive)
        if body is None:
            return
        if len(body) > BODY_BYTES:
            await call.answer(413, "text/plain", b"Request Entity Too Large", (b"connection", b"close"))
            return
        reply = await self._take(call.scope, edition, body, fault)
        if (left := arrived_at + self._settings.latency - time.monotonic()) > 0:
            await asyncio.sleep(left)
        await give(call, reply, name)

    async def _take(self, scope: Scope, edition: Edition, body: bytes, fault: Fault | None) -> Reply:
        """Judge and record a request; when this returns, it is in the ledger."""
        now = rules.now_in_seoul()
        message, verdict = self._judge(scope, edition, body, now)
        if fault and fault.code:
            verdict = Verdict(fault.code, "a fault is set")
        accepted = verdict.code == codes.ACCEPTED and (fault is None or fault.kind.accepts)
        reply = Reply(verdict.code, self._next_request_no(), message.msg_type) if accepted else Reply(verdict.code)
        receipt = Receipt(
            received_at=now.isoformat(timespec="milliseconds"),
            edition=edition,
            accepted=accepted,
            code=reply.code if fault is None or fault.kind.tells else None,
            request_no=reply.request_no,
            fault=fault.kind.name if fault else None,
            why=verdict.why,
        )
        await self._ledger.record(message, receipt)
        return reply

    def _next_request_no(self) -> str:
        self._request_no += self._random.randint(1, _STEP)
        return str(self._request_no)

    def _judge(self, scope: Scope, edition: Edition, body: bytes, now: datetime) -> tuple[Message, Verdict]:
        """Ours: the order is the rate (code 1), the secret, a magic recipient, and the rules."""
        given, unreadable = _read(scope, edition, body)
        message = rules.understand(given)
        return message, (
            self._check_rate_and_secret(scope)
            or unreadable
            or _check_magic(message)
            or rules.judge(given, message, senders=self._settings.senders, now=now)
        )

    def _check_rate_and_secret(self, scope: Scope) -> Verdict | None:
        if not self._rate.take():
            return Verdict(codes.NOT_SENT, f"more than {self._settings.rate:g} requests a second")
        if not self._settings.keys.match(header(scope, b"secret")):
            return Verdict(codes.SECRET, "the Secret header is missing, malformed, or has other keys")
        return None


def _read(scope: Scope, edition: Edition, body: bytes) -> tuple[Submission, Verdict | None]:
    """Ours: an unreadable body gets 1 and is recorded as an empty request."""
    try:
        return submission.read(edition, header(scope, b"content-type").decode("latin-1"), body), None
    except UnreadableError as error:
        return Submission(edition=edition, multipart=False), Verdict(codes.NOT_SENT, str(error))


def _check_magic(message: Message) -> Verdict | None:
    code = rules.magic_code(message.to)
    return Verdict(code, f"a recipient asks for code {code}") if code else None
