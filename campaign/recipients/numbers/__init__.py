"""The rules for phone numbers."""
