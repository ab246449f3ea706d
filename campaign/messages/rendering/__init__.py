"""Renders templates row by row in a renderer process."""
