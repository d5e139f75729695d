"""Calls to other servers: the only part of the package that makes any, within limits.

`Address` is an address that may be written down, `guard` decides which machines may be reached,
`deadline` ends what takes too long, `session` puts both around `requests`, `download` fetches a
file, `exchange` lends a session for one call of an API, `endpoint` calls the one SPARQL store
that the settings name. No request of a reader leads here, queries of that store excepted, and no
process that reads files from outside.
"""
