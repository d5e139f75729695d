"""Calls to other servers: the only part of the package that makes any, within limits.

`Address` is an address that may be written down, `guard` decides which machines may be reached,
and ends what takes too long, `session` puts it around `requests`, `download` fetches a file or
lends a session for one call of an API, `mirror` copies what another site serves, `endpoint` calls
the one SPARQL store that the settings name, `service` the SPARQL endpoints of other sites that they
name. No request of a reader leads here, queries of these excepted, and no process that reads files
from outside.
"""
