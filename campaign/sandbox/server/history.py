"""The endpoints `POST /api/history/` and `POST /api/charge/`, which answer only where the sandbox was told to."""

import json
from typing import Any

from campaign.sandbox import codes, history, rules
from campaign.sandbox.history_faults import HistoryFaults
from campaign.sandbox.ledger import Ledger
from campaign.sandbox.server.answers import BAD_GATEWAY, JSON, Call
from campaign.sandbox.server.protocol import header, read_body, wait_until_gone
from campaign.sandbox.settings import Settings

HISTORY, CHARGE = "/api/history/", "/api/charge/"


class HistoryGateway:
    """Serves history and balance requests, and counts them."""

    def __init__(self, settings: Settings, ledger: Ledger, faults: HistoryFaults) -> None:
        self.calls = {"history": 0, "charge": 0}
        self._settings = settings
        self._ledger = ledger
        self._faults = faults
        self._history = history.History(ledger, faults, settings.history or "")

    async def serve(self, call: Call) -> None:
        """Serve one request."""
        path = call.scope["path"]
        self.calls["history" if path == HISTORY else "charge"] += 1
        body = await read_body(call.receive)
        if body is None:
            return
        if "history_hang" in self._faults:
            await wait_until_gone(call.receive)
        elif "history_html_502" in self._faults:
            await call.answer(502, "text/html", BAD_GATEWAY)
        elif not self._settings.keys.match(header(call.scope, b"secret")):
            await self._answer(call, codes.SECRET, codes.message(codes.SECRET))
        elif path == CHARGE:
            await self._answer(call, 0, "", charge=history.balance(self._ledger))
        else:
            await self._give_page(call, body)

    async def _give_page(self, call: Call, body: bytes) -> None:
        try:
            asked = history.read(body, self._settings.history or "", self._faults)
        except history.RefusedError as refusal:
            await self._answer(call, codes.NOT_SENT, str(refusal))  # ours: which code is not known
            return
        await self._answer(call, 0, "데이터가 조회되었습니다.", **self._history.page(asked, rules.now_in_seoul()))

    async def _answer(self, call: Call, code: int, message: str, **more: Any) -> None:  # noqa: ANN401 - JSON
        key = "code" if "history_code_key" in self._faults else "resultCode"
        spelled = json.dumps({key: code, "message": message, **more}, ensure_ascii=False)
        await call.answer(200, JSON, spelled.encode())
