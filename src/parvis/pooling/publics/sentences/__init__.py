"""Sentences on released figures, in both languages, with what a reader needs to quote them."""
