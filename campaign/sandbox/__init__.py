"""The gateway's stand-in: an HTTP server that answers as the vendor's document says, and sends nothing.

It follows the vendor's document only and imports nothing else of `campaign`, so that a misreading of the document in
the client shows up as a disagreement. It runs as a process of its own: `python -m campaign.sandbox`, or `start()` from
Python.
"""

from campaign.sandbox.process import RunningSandbox, SandboxError, start

__all__ = ["RunningSandbox", "SandboxError", "start"]
