"""RML and RML-Core documents: read into the plan, and written from it."""
