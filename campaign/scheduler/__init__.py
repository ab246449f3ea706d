"""Starts campaigns when they are due and reports what became of them."""
