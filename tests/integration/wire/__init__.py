"""The wire: listeners of the tests' own, on bare sockets, and what they do to a client."""
