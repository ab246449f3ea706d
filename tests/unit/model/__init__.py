"""Tests of `campaign.model`."""
