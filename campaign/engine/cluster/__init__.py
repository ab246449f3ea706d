"""Sends a run with the workers of a cluster: the journal says what is to send, jobs only wake workers up."""
