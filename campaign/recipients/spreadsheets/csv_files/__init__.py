"""Reads CSV files: encoding, delimiter, quotes."""
