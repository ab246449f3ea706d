"""Tests of `campaign.journal`."""
