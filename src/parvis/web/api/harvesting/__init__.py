"""What other sites and programs harvest: the catalogue, its feeds, and other protocols."""
