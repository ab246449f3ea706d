"""Values in a URL."""

import re

from starlette.requests import Request

_WHOLE = re.compile(r"[0-9]{1,15}")


def whole(request: Request, name: str) -> int | None:
    """Give a whole number of at least 0, or none where it is absent or empty.

    Raises:
        ValueError: it is something else.
    """
    written = request.query_params.get(name, "")
    if written == "":
        return None
    if not _WHOLE.fullmatch(written):
        raise ValueError(f'"{name}" is a whole number of at least 0, not {written!r}')
    return int(written)
