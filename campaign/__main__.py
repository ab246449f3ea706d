"""The `campaign` command, and what becomes of its errors."""

from __future__ import annotations

import atexit
import gc
import sys
from io import StringIO


def main() -> None:
    """Run the command line and end the process with its exit status.

    Every error that a person can cause is one message on standard error, without a traceback.
    """
    # Loading modules makes half a million objects that stay; looking for rubbish among them costs a tenth of a second.
    gc.set_threshold(50_000)
    # Nor need they be looked through once more at the very end, when all that matters has been closed.
    atexit.register(gc.freeze)
    from campaign.cli import exit_status, remedies, signals, terminal
    from campaign.cli.app import app
    from campaign.model.errors import CampaignError

    signals.install()
    try:
        sys.exit(app(standalone_mode=False))
    except CampaignError as problem:
        sys.stdout.flush()
        terminal.note(f"campaign: {remedies.in_words(problem)}")
        sys.exit(exit_status.of_error(problem))
    except signals.Interrupted:
        terminal.note("\ncampaign: interrupted")
        sys.exit(exit_status.INTERRUPTED)
    except Exception as problem:
        # Typer's errors of usage, whose class has another home in each of its versions, show themselves.
        if (show := getattr(problem, "show", None)) is None:
            raise
        words = StringIO()
        show(file=words)
        terminal.note(words.getvalue().rstrip("\n"))
        sys.exit(getattr(problem, "exit_code", exit_status.NOT_STARTED))


if __name__ == "__main__":
    main()
