"""What a partner’s own data say, as far as a reader may read them."""
