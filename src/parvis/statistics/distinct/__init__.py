"""Count distinct people across partners by masked linear counting, without any list leaving them.

Pure, and all but `estimating` needs Python's own library alone: a partner's browser runs it too.
The decision page `docs/developers/decisions/distinct-people.md` has the protocol and its proof.
"""
