"""The gateway: its limits and codes, what its answers mean, and the one client that speaks to it."""
