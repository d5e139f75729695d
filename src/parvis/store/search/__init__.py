"""The text index of a generation, and searches in it."""
