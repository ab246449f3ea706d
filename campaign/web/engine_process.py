"""The process that sends. It is the only one of the page that opens the journal for writing, and the scheduler as well.

python -m campaign.web.engine_process HOME [--practice-only] [--no-schedule]
"""

from __future__ import annotations

from campaign.web.pipes import Pipe


def main() -> None:
    """Answer the server until it closes standard input."""
    Pipe().serve({"overview": overview})


def overview(*, most: int) -> dict[str, object]:
    """What home shows of runs and schedules: at most `most` entries a list."""
    del most
    return {"sending": [], "scheduled": [], "past": []}


if __name__ == "__main__":
    main()
