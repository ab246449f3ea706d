"""Tests of `campaign.recipients`."""
