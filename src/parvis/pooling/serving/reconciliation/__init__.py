"""Names of a list matched with the entities of the pool (Reconciliation Service API)."""
