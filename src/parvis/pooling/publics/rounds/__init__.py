"""The third party's side of counting distinct people: rounds, masked messages, what is released.

The protocol is in `parvis.statistics.distinct`; `docs/developers/decisions/distinct-people.md`
says why it is so.
"""
