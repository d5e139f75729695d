"""The record, the generations built from it, and the workers that query them.

The door of pyoxigraph's ``Store``. The record is files (`record`); a generation (`generation`)
is two stores built from them, which nothing ever writes to again; queries run in killable
workers (`pool`, `worker`), confined to the graphs that their reader may read (`confine`).
"""
