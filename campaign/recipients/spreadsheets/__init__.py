"""Reads spreadsheets of every kind into columns."""
