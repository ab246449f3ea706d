"""Tests of `campaign.timing`."""
