"""Tests of `campaign.cli`."""
