"""RML and RML-Core documents: read into the plan, and written from it."""

RML = "http://w3id.org/rml/"
"""The vocabulary's namespace."""
