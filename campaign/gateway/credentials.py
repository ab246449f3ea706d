"""The two keys of an account, and the header that shows them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import Final

from campaign.model.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of an account. They show nowhere, not in `repr` either."""

    api_key: str = field(repr=False)
    auth_key: str = field(repr=False)

    @classmethod
    def from_environment(cls) -> Keys:
        """The keys of `IWINV_API_KEY` and `IWINV_AUTH_KEY`.

        Raises:
            SettingsError: one is not set.
        """
        values = {name: os.environ.get(name, "").strip() for name in ("IWINV_API_KEY", "IWINV_AUTH_KEY")}
        lacking = [name for name, value in values.items() if not value]
        if lacking:
            raise SettingsError(
                f"{' and '.join(lacking)} not set: sending for real needs the two keys of the vendor's console in the "
                "environment. `--sandbox` practises without them."
            )
        return cls(*values.values())

    def secret(self) -> str:
        """The `Secret` header: base64 of API key, `&` and auth key. Source: api.ko.txt, HEADERS."""
        return base64.b64encode(f"{self.api_key}&{self.auth_key}".encode()).decode("ascii")


SANDBOX_KEYS: Final = Keys("sandbox", "sandbox")
"""What the sandbox is given: real keys have no business there."""
