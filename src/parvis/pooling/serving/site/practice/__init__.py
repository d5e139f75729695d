"""The practice pool, and the tables of releases that its queries ask for."""
