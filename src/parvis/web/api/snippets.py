"""A query as a program: for curl, Python and R."""

import json
import shlex


def snippets(endpoint: str, query: str) -> dict[str, str]:
    """Return programs that download a query's complete result as CSV, by language."""
    # The query is a literal of each language: no part of it can be read as code.
    text, address = json.dumps(query, ensure_ascii=False), json.dumps(endpoint)
    return {
        "curl": f"curl {shlex.quote(endpoint)} -H 'Accept: text/csv' \\\n"
        f"  --data-urlencode {shlex.quote(f'query={query}')}",
        "Python": "import pandas\nfrom urllib.parse import urlencode\n\n"
        f"query = {query!r}\n"
        f"asked = urlencode({{'query': query, 'format': 'csv'}})\n"
        f"print(pandas.read_csv({address} + '?' + asked))",
        "R": f"query <- {text}\n"
        f"asked <- paste0({address}, '?format=csv&query=', URLencode(query, reserved = TRUE))\n"
        "print(read.csv(asked, fileEncoding = 'UTF-8'))",
    }
