"""Sources: files of every supported kind, read as rows."""

from parvis.mapping.sources.read import read

__all__ = ["read"]
