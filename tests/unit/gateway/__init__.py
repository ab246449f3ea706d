"""Tests of `campaign.gateway`."""
