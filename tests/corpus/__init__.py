"""The corpus: small dirty spreadsheets by real programs, and what should be read from each, row by row."""
