"""The verbs: what one can do with a pool, each in the module of its name.

Nothing is imported here, so that a command loads what it needs and no more.
"""
