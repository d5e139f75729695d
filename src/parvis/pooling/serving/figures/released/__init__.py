"""Releases as they are served: what each says of itself, and the receipts of its figures."""
