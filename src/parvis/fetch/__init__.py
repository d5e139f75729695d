"""The only part that calls out: files from other servers' addresses, within walls.

`Address` is one that may be written down, `guard` decides which machines may be reached,
`deadline` ends what takes too long, `session` holds both around `requests`, `download` brings a
file, and `exchange` lends a session for one call of an API. No request of a reader leads here, and
no process that reads strangers' files.
"""
