"""Sends bulk text messages from a spreadsheet: checked first, sent once, with a result for every row."""

__version__ = "0.1.0"
