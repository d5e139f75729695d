"""The operations on a pool, each in the module of its name.

Nothing is imported here, so that a command loads only what it needs.
"""
