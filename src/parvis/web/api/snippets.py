"""The same question from a program: as a command, in Python and in R."""

import json
import shlex


def snippets(endpoint: str, query: str) -> dict[str, str]:
    """Write what asks an endpoint for a query's whole answer as CSV, by the name of the language.

    Each holds the query as a literal of its language: nothing of it can be read as anything else.
    """
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
