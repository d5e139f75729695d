"""Names of someone's list against the things of the pool (Reconciliation Service API)."""
