"""The rules and the small machines of the sandbox, each by itself."""
