"""What programs ask for: SPARQL, feeds, harvesting, reconciliation."""
