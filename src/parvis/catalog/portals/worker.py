"""Read untrusted pages: ``python -I -m parvis.catalog.portals.worker``, spoken to in frames.

The first frame is ``{"memory": bytes}``; each other one is ``{"file", "kind", "address",
"lang"}``, answered by ``{"offered": […], "next": …}`` or ``{"error": KIND, "template",
"fields"}``.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from parvis.catalog.portals import datapackage, dcat
from parvis.errors import SourceError
from parvis.rdf.files import to_graph
from parvis.sandbox.child import Channel, encode_outcome, limit_memory

DATAPACKAGE = "datapackage"


def answer(request: dict[str, Any]) -> dict[str, Any]:
    if request["kind"] == DATAPACKAGE:
        try:
            package = json.loads(Path(request["file"]).read_bytes())
        except (ValueError, RecursionError) as error:
            raise SourceError(
                "{file} is not JSON: {reason}", file=request["address"], reason=error
            ) from error
        if not isinstance(package, dict):
            raise SourceError("{file} is no Data Package", file=request["address"])
        return {
            "offered": [
                datapackage.read_dataset(package, request["address"], request["lang"]).to_json()
            ],
            "next": None,
        }
    graph = to_graph(Path(request["file"]), request["address"])
    datasets = [dataset.to_json() for dataset in dcat.read_datasets(graph, request["lang"])]
    return {"offered": datasets, "next": dcat.next_page(graph)}


def main() -> None:
    """Answer requests until the parent process ends."""
    channel = Channel()
    opening = json.loads(channel.receive() or b"{}")
    if not opening:
        return
    limit_memory(opening["memory"])
    try:
        while (body := channel.receive()) is not None:
            request = json.loads(body)
            job = partial(answer, request)
            channel.send(encode_outcome(Path(request["address"]), job))
            channel.end()
    except MemoryError:
        sys.exit(1)  # the parent says so in words


if __name__ == "__main__":
    main()
