"""Read strangers’ pages: ``python -I -m parvis.catalog.portals.worker``, spoken to in frames.

The first frame gives ``{"memory": bytes}``; each other asks ``{"file", "kind", "address", "lang"}``
and is answered ``{"offered": […], "next": …}`` or ``{"error": KIND, "template", "fields"}``.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from parvis.catalog.portals import datapackage, dcat
from parvis.catalog.portals.offered import Offered
from parvis.errors import SourceError
from parvis.rdf.files import to_graph
from parvis.sandbox.child import Channel, encode_outcome, limit_memory

DATAPACKAGE = "datapackage"


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Read one file."""
    if asked["kind"] == DATAPACKAGE:
        return {"offered": [_package(asked).to_json()], "next": None}
    graph = to_graph(Path(asked["file"]), asked["address"])
    found = [one.to_json() for one in dcat.offered(graph, asked["lang"])]
    return {"offered": found, "next": dcat.next_page(graph)}


def _package(asked: dict[str, Any]) -> Offered:
    """Read a Data Package."""
    try:
        found = json.loads(Path(asked["file"]).read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceError(
            "{file} is not JSON: {reason}", file=asked["address"], reason=error
        ) from error
    if not isinstance(found, dict):
        raise SourceError("{file} is no Data Package", file=asked["address"])
    return datapackage.offered(found, asked["address"], asked["lang"])


def main() -> None:
    """Read what is asked for until the parent goes."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    try:
        while (body := channel.receive()) is not None:
            asked = json.loads(body)
            job = partial(answer, asked)
            channel.send(encode_outcome(Path(asked["address"]), job))
            channel.end()
    except MemoryError:
        sys.exit(1)  # the parent says so in words


if __name__ == "__main__":
    main()
