"""The gateway's client: connections, requests, answers and result codes."""
