"""Pages on requests for access, notifications and what became of data."""
