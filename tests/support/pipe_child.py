"""A child process for the tests of pipes."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from campaign.model.errors import RecipientsError
from campaign.model.i18n import _, language
from campaign.web.pipes import ENDED_IDLE, Pipe

if TYPE_CHECKING:
    from collections.abc import Mapping


class OddFile(RecipientsError):
    def __init__(self, file: str, row: int) -> None:
        super().__init__(_("campaign: interrupted"))
        self.file = file
        self.row = row


def main() -> None:
    pipe = Pipe()
    later: Future[Mapping[str, object]] = Future()

    def add(*, one: int, other: int) -> dict[str, object]:
        print("a library prints")  # noqa: T201 - what a library may do
        return {"sum": one + other, "lang": language(), "pid": os.getpid()}

    def refuse(*, file: str) -> None:
        raise OddFile(file, 7)

    def wait() -> Future[Mapping[str, object]]:
        return later

    def release() -> None:
        later.set_result({"released": True})

    def tell() -> None:
        threading.Thread(target=lambda: pipe.emit("progress", accepted=3)).start()

    def sleep() -> None:
        time.sleep(60)

    def end() -> None:
        os._exit(3)

    def end_idle_once(*, mark: str) -> dict[str, object]:
        try:
            Path(mark).touch(exist_ok=False)
        except FileExistsError:
            return {"pid": os.getpid()}
        os.closerange(1, 64)  # the output ends before the process does, as it may on a busy machine
        time.sleep(0.3)
        os._exit(ENDED_IDLE)

    answers = (add, refuse, wait, release, tell, sleep, end, end_idle_once)
    pipe.serve({answer.__name__: answer for answer in answers})


if __name__ == "__main__":
    main()
