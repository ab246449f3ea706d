"""The form of a campaign's limits: ceilings, stages, and how many advertisements a number may get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

_WHOLE_NUMBERS: Final = ("max_recipients", "max_cost", "first")
_LONGEST: Final = 30  # characters

LIMITS: Final = frozenset({*_WHOLE_NUMBERS, "stop_above", "frequency"})
"""The keys of [sending] that the form sets."""


def limits_of(form: FormData) -> dict[str, object]:
    """The keys of [sending] that the form sets; None removes a key. The engine refuses what is no number."""
    written = {name: str(value).strip()[:_LONGEST] for name, value in form.items()}
    found: dict[str, object] = {}
    for name in _WHOLE_NUMBERS:
        words = written.get(name, "").replace(",", "")
        found[name] = int(words) if words.isascii() and words.isdecimal() else words or None
    share = written.get("stop_above", "").removesuffix("%").strip()
    found["stop_above"] = f"{share}%" if share else None
    count, days = written.get("frequency", ""), written.get("days", "")
    found["frequency"] = f"{count} every {days or 7} days" if count else None
    return found


def limits_shown(sending: Mapping[str, object]) -> dict[str, object]:
    """The fields of the form."""
    count, _every, period = str(sending.get("frequency") or "").partition(" every ")
    return {
        **{name: sending.get(name) for name in _WHOLE_NUMBERS},
        "stop_above": str(sending.get("stop_above") or "").removesuffix("%").strip(),
        "frequency": count,
        "days": period.removesuffix("s").removesuffix("day").strip() or (1 if period else 7),
    }
