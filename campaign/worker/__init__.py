"""A worker of a cluster: sends slices of runs that were queued."""
