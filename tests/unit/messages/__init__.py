"""Tests of `campaign.messages`."""
