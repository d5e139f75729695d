"""Shows as Datascène describes them: Québec's standard, in JSON."""
