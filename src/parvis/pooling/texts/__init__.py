"""The texts of the catalogue folder: written in one step, and read where they are valid."""
