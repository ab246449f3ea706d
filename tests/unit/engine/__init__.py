"""Tests of `campaign.engine`."""
