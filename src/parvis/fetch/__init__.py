"""The only part that calls out: files from other servers' addresses, within walls.

`Address` is one that may be written down, `guard` decides which machines may be reached,
`deadline` ends what takes too long, `session` holds both around `requests`, and `download`
brings a file. No request of a reader leads here, and no process that reads strangers' files.
"""
