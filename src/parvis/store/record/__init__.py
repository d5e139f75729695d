"""The record: one file per named graph and version, and what is staged for it."""
