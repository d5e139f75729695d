"""Serve readers: queries, page data and the catalogue, each confined to what they may read."""
