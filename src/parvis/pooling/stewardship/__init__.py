"""What the steward does: agreements, projects, retention, backups, portals."""
