"""Pages about audiences: the portrait, rates, programming, intermediaries."""
