"""From a template and a row to what a recipient reads: rendering, bytes, message type."""
