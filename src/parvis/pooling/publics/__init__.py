"""Pooled figures on audiences: what partners contribute, and what is released of it."""
