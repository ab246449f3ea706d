"""`campaign web`: pages for people who do not use a terminal.

The server answers browsers and loads neither the engine nor pandas. Two processes of its own do the work: the engine
process sends, the check process reads and checks.
"""
