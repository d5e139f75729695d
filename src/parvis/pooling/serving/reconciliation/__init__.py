"""Match the names of a list with entities of the pool (Reconciliation Service API)."""
