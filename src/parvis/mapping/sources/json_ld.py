"""JSON-LD as partners and sites send it: the context that all name is here, none is fetched."""

import json
from pathlib import Path
from typing import Any

from rdflib import Graph

from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.mapping.sources.json import load_tree
from parvis.rdf.files import graph_of_json_ld
from parvis.report import Report
from parvis.vocab.namespaces import PREFIXES

SCHEMA_CONTEXT = {"@vocab": PREFIXES["schema"]}
"""What schema.org's own context comes to here: its other lines say which values are addresses, and
references are read the same way whether they are addresses or texts."""
CONTEXTS = {
    f"{scheme}://{host}schema.org{path}": SCHEMA_CONTEXT
    for scheme in ("http", "https")
    for host in ("", "www.")
    for path in ("", "/", "/docs/jsonldcontext.json", "/docs/jsonldcontext.jsonld")
}
"""The contexts that are bundled, by address."""
ELSEWHERE = N_(
    "{file} names a context at {address}, which is not fetched: put the context itself into the"
    " file, in place of its address"
)


def read_json_ld(file: Path) -> Graph:
    """Read a file of JSON-LD as one graph. Raises `SourceError`."""
    return graph_of_document(file, load_tree(file, None, Report()))


def graph_of_document(file: Path, document: object) -> Graph:
    """Return the graph of a parsed document, which is changed. Raises `SourceError`."""
    parts = [document]
    while parts:  # without recursion, since a file may be deep
        part = parts.pop()
        if isinstance(part, dict):
            if "@context" in part:
                part["@context"] = _embed(file, part["@context"])
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return graph_of_json_ld(json.dumps(document, default=float), file)


def _embed(file: Path, context: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a context with those that it names by their addresses put in."""
    if isinstance(context, list):
        return [_embed(file, part) for part in context]
    if isinstance(context, str):
        if context not in CONTEXTS:
            raise SourceError(ELSEWHERE, file=file.name, address=context[:200])
        return CONTEXTS[context]
    return context
