"""`campaign web` whose server kills itself at a named point. For the tests alone: the product knows none of it.

python -m tests.acceptance.web.dying_server POINT SIDE web --port 0 ...
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Final

from campaign.__main__ import main
from campaign.web.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Callable

POINTS: Final[dict[str, tuple[str, Callable[[tuple[Any, ...]], bool]]]] = {
    "noting the order": ("ask", lambda _: True),
    "telling it": ("tell", lambda _: True),
    "noting that it began": ("_note", lambda given: given[0]["state"] == "begun"),
    "noting that it is done": ("_note", lambda given: given[0]["state"] == "done"),
}
"""The method of `Orders` that is the point, and which of its calls count."""


def arm(point: str, side: str) -> None:
    """From now on the process dies right before or right after the point."""
    name, counts = POINTS[point]
    whole = getattr(Orders, name)

    async def wrapped(self: Orders, *args: Any, **kwargs: Any) -> Any:
        # The server tells what is open when it starts: that is not the order that the test is about.
        if not counts(args) or (name == "tell" and not await self.open()):
            return await whole(self, *args, **kwargs)
        if side == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await whole(self, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(Orders, name, wrapped)


if __name__ == "__main__":
    arm(*sys.argv[1:3])
    sys.argv = ["campaign", *sys.argv[3:]]
    main()
