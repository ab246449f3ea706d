"""The `Secret` header: base64 of the API key, `&` and the auth key."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys a request has to show; where there are none, any header of the right form will do."""

    expected: bytes | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Keys":
        """Take the keys from SANDBOX_API_KEY and SANDBOX_AUTH_KEY.

        Raises:
            ValueError: only one of the two is set.
        """
        api, auth = environment.get("SANDBOX_API_KEY", ""), environment.get("SANDBOX_AUTH_KEY", "")
        if bool(api) != bool(auth):
            raise ValueError("SANDBOX_API_KEY and SANDBOX_AUTH_KEY go together: one is set, the other is not")
        return cls(f"{api}&{auth}".encode() if api else None)

    def match(self, secret: bytes | None) -> bool:
        """Whether a `Secret` header, or its absence, opens the door."""
        shown = _decode(secret or b"")
        if self.expected is not None:
            return compare_digest(shown, self.expected)
        api, separator, auth = shown.partition(b"&")
        return bool(api and separator and auth) and b"&" not in auth


def _decode(secret: bytes) -> bytes:
    try:
        return b64decode(secret, validate=True)
    except (NotBase64Error, ValueError):
        return b""
