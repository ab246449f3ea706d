"""Writes .xlsx workbooks: tables of Arrow columns and pages of cells. Knows nothing of campaigns."""
