"""Reads CSV and TSV files: encoding, layout, quotation marks, rows."""
