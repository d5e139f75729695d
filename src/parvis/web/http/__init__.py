"""What holds for every request: access, limits, caching, errors, security headers."""
