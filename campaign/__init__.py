"""Bulk text messages from a spreadsheet: checked before, sent once, answered for on every row."""

__version__ = "0.1.0"
