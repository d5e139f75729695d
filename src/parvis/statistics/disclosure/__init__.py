"""Disclosure control: what of the pool is published, so that nothing suppressed can be found."""
