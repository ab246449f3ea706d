"""Annotations of sheets, by file format: hidden rows, error values, number formats and limits."""
