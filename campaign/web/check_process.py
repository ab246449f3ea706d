"""The process that reads spreadsheets, checks campaigns and makes previews, one at a time.

python -m campaign.web.check_process HOME
"""

from __future__ import annotations

from campaign.web.pipes import Pipe


def main() -> None:
    """Answer the server until it closes standard input."""
    Pipe().serve({})


if __name__ == "__main__":
    main()
