"""The two keys of an account, and the header that shows them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of an account. They show nowhere, not in `repr` either."""

    api_key: str = field(repr=False)
    auth_key: str = field(repr=False)

    def secret(self) -> str:
        """The `Secret` header: base64 of API key, `&` and auth key. Source: api.ko.txt, HEADERS."""
        return base64.b64encode(f"{self.api_key}&{self.auth_key}".encode()).decode("ascii")


SANDBOX_KEYS: Final = Keys("sandbox", "sandbox")
"""What the sandbox is given: real keys have no business there."""
