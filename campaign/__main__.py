"""The `campaign` command: runs the command line and shows its errors."""

from __future__ import annotations

import atexit
import gc
import sys


def main() -> None:
    """Run the command line and end the process with its exit status.

    Every error that the user can cause is one message on standard error, without a traceback.
    """
    # Half a million objects of loaded modules stay until the end. Collecting among them, now and at the end, took a
    # sixth of the CPU time of a small `campaign check` (1.38 s without these two lines, 1.13 s with them).
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    from campaign.cli import exit_status, language, remedies, signals, style, terminal
    from campaign.model.errors import CampaignError
    from campaign.model.i18n import _

    signals.install()
    try:
        arguments = language.choose(sys.argv[1:])
        # Only now: the commands' help is translated while their module is loaded.
        from campaign.cli.app import run

        sys.exit(run(arguments))
    except CampaignError as problem:
        sys.stdout.flush()
        with style.colouring(sys.stderr, style.Colour.ERROR):
            terminal.note(f"campaign: {remedies.in_words(problem)}")
        sys.exit(exit_status.of_error(problem))
    except signals.Interrupted:
        with style.colouring(sys.stderr, style.Colour.WARNING):
            terminal.note("\n" + _("campaign: interrupted"))
        sys.exit(exit_status.INTERRUPTED)
    except Exception as problem:
        # Typer's usage errors can show themselves; the module of their class differs between its versions.
        if not hasattr(problem, "show"):
            raise
        from campaign.cli import usage_errors

        usage_errors.show(problem)
        sys.exit(getattr(problem, "exit_code", exit_status.NOT_STARTED))


if __name__ == "__main__":
    main()
