"""Tests of `campaign.config`."""
