"""The gateway's stand-in: an HTTP server that answers as the vendor's document says, and sends nothing.

It knows the gateway from the document alone and imports nothing of `campaign` outside itself, so that a misreading on
the sender's side is found here instead of shared. It runs as a process of its own: `python -m campaign.sandbox`, or
`start()` from Python.
"""

from campaign.sandbox.process import RunningSandbox, SandboxError, start

__all__ = ["RunningSandbox", "SandboxError", "start"]
