"""Pages of a partner who checks and gives files."""
