"""Records pushed to portals or harvested from them, and copies of what another site serves."""
