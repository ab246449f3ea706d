"""Renders templates row by row in a confined process."""
