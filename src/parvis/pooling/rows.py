"""The rows that a reader gets of a query of our own, as plain texts."""

import csv
import io
from collections.abc import Mapping

from parvis.governance import Reader
from parvis.pooling.ask import Host, Question

Row = Mapping[str, str]
"""What is bound in a row, by the name of the variable; an empty text is as good as nothing."""


def rows(host: Host, reader: Reader, query: str, **values: str) -> list[Row]:
    """Ask what is served, as far as the reader may read it; raises as `Host.ask` does.

    `values` are IRIs that stand in for the variables they name.
    """
    answer = host.ask(reader, Question(query, results_format="csv", values=values))
    text = b"".join(answer.chunks).decode()
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: one for name, one in row.items() if one} for row in found]
