"""The process that reads the journal for the pages: runs, schedules, results. It has no keys and writes nothing.

    python -m campaign.web.journal_process

It is apart from the process that sends, so that a page never waits for what is being sent, and the other way round.
"""

from __future__ import annotations

from campaign.config.environment import Environment
from campaign.web.pipes import Pipe
from campaign.web.run_questions import RunQuestions


def main() -> None:
    """Answer the server until it closes standard input."""
    Pipe().serve(RunQuestions(Environment().journal_url()).handlers())


if __name__ == "__main__":
    main()
