"""The `campaign` command, and what becomes of its errors."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Run the command line and end the process with its exit status.

    Every error that a person can cause is one message on standard error, without a traceback.
    """
    # Loading modules makes half a million objects that stay; looking for rubbish among them costs a tenth of a second.
    gc.set_threshold(50_000)
    # Nor need they be looked through once more at the very end, when all that matters has been closed.
    atexit.register(gc.freeze)
    from campaign.cli import signals
    from campaign.cli.app import app
    from campaign.model.errors import CampaignError

    signals.install()
    try:
        app()
    except CampaignError as problem:
        sys.stdout.flush()
        sys.stderr.write(f"campaign: {problem}\n")
        sys.exit(problem.exit_status)
    except signals.Interrupted:
        sys.stderr.write("\ncampaign: interrupted\n")
        sys.exit(signals.INTERRUPTED)


if __name__ == "__main__":
    main()
