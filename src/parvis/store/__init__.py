"""The record, the generations built from it, and the workers that query them.

The only users of pyoxigraph's ``Store``. The record is files (`record`); a generation
(`generation`) is two stores built from them and never written to again; queries run in killable
workers (`query`), confined to the graphs that their reader may read (`query.confinement`).
"""
