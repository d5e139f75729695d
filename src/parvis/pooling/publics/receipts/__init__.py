"""Receipts of released figures: a figure, its release, and the third party's signature."""
