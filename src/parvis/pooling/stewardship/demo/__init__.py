"""The invented pool: what it is built from, and its dates, moved to the present."""
