"""The record: one file per named graph and version, and submissions staged for it."""
