"""Publish a generation from the record: catalogue records, statistics, downloads and feed."""
