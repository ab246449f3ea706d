"""Renders templates for all rows, in separate processes with limits."""
