"""The gateway's codes, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.cli import terminal

if TYPE_CHECKING:
    from campaign.cli.context import CommandContext


def codes(context: CommandContext) -> None:
    """List the gateway's codes."""
    from campaign.gateway.result_codes import CODES

    if context.json:
        words = [
            {"code": one.number, "korean": one.korean, "english": one.english, "policy": str(one.policy)}
            for one in CODES.values()
        ]
        terminal.show_json({"codes": words})
        return
    rows = [(str(one.number), one.english, str(one.policy), one.todo, one.korean) for one in CODES.values()]
    terminal.show_table(("code", "meaning", "what is done", "what you do", "the vendor's words"), rows)
