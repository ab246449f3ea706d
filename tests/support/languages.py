"""The languages of the command line, for tests that hold in each of them."""

from __future__ import annotations

import pytest

in_both_languages = pytest.mark.parametrize("language", ["en", "ko"], indirect=True)
"""Runs a test of a desk in English and in Korean."""

on_each_database_and_in_both_languages = pytest.mark.parametrize(
    ("journal_url", "language"), [(None, "en"), (None, "ko"), ("postgresql", "ko")], indirect=True
)
"""As `on_each_database`, and in both languages."""
