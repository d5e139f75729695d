"""Reads untrusted pages: ``python -I -m parvis.catalog.portals.page_process``.

A request has ``kind``, ``lang``, ``file`` and its ``address``; the answer is ``{"offered": […],
"next": …}``.
"""

import json
from pathlib import Path
from typing import Any

from parvis.catalog.portals import datapackage, dcat
from parvis.config.json_data import to_json
from parvis.errors import SourceError
from parvis.rdf.files import to_graph
from parvis.sandbox.serving import serve

DATAPACKAGE = "datapackage"


def read_page(request: dict[str, Any]) -> dict[str, Any]:
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
                to_json(datapackage.read_dataset(package, request["address"], request["lang"]))
            ],
            "next": None,
        }
    graph = to_graph(Path(request["file"]), request["address"])
    datasets = to_json([*dcat.read_datasets(graph, request["lang"])])
    return {"offered": datasets, "next": dcat.next_page(graph)}


if __name__ == "__main__":
    serve(read_page, about="address", walled=False)
