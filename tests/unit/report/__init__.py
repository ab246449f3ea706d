"""Tests of `campaign.report`."""
