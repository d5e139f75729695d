"""What holds for every request: access, limits, caching, errors, security headers."""

THREADS = 512
"""Requests that are open at a time: a slow client costs a sleeping thread, and no query.

Threads are begun when they are needed; queries wait for one another in `Turns`.
"""
