"""The portrait as a story: chapters of figures, of rates, of the trend, and of regions."""
