"""Claims planned requests, submits them to the gateway, and settles their outcomes."""
