"""The rows that a reader gets of a query of our own, as plain texts."""

import json
from collections.abc import Mapping

from parvis.governance import Reader
from parvis.pooling.ask import Host, Question

Row = Mapping[str, str]
"""What is bound in a row, by the name of the variable."""


def rows(host: Host, reader: Reader, query: str) -> list[Row]:
    """Ask what is served, as far as the reader may read it; raises as `Host.ask` does."""
    answer = host.ask(reader, Question(query))
    found = json.loads(b"".join(answer.chunks))["results"]["bindings"]
    return [{name: str(one["value"]) for name, one in row.items()} for row in found]
