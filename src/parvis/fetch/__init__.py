"""The only part that calls out: files from other servers' addresses, within walls.

`Address` is one that may be written down, `guard` decides which machines may be reached,
`deadline` ends what takes too long, `session` holds both around `requests`, `download` brings a
file, `exchange` lends a session for one call of an API, `endpoint` speaks to the one SPARQL store
that the settings name. No request of a reader leads here, that store's queries excepted, and no
process that reads strangers' files.
"""
