"""The W3C's SPARQL 1.1 Protocol cases: each request as it must be sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rdflib import Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import Node
from w3c_sparql import MF, manifest

from parvis.rdf.formats import GRAPH_TYPES, RESULT_TYPES

HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")


@dataclass(frozen=True)
class Exchange:
    """A request of a protocol case, and the expected response."""

    case: str
    method: str
    query: str
    body: bytes | None
    headers: dict[str, str]
    status: str
    format: str | None
    truth: bool | None

    @property
    def updates(self) -> bool:
        """Return whether it is an update for another endpoint."""
        form = self.body is not None and self.body.startswith(b"update=")
        return self.case.startswith("update_") and (form or "update" in str(self.headers))

    def wrong(self, status: int, kind: str, body: bytes) -> str:
        """Describe the error in a response; empty if it is correct."""
        if str(status)[0] not in self.status:
            return f"{self.case}: {status} {body!r}"
        if self.format and kind not in KINDS[self.format]:
            return f"{self.case}: {self.format} expected, {kind} given"
        if self.truth is not None and json.loads(body)["boolean"] is not self.truth:
            return f"{self.case}: {self.truth} expected"
        return ""


KINDS = {
    "boolean": {RESULT_TYPES["json"], RESULT_TYPES["xml"]},
    "tabular": set(RESULT_TYPES.values()),
    "RDF": set(GRAPH_TYPES.values()),
}
"""The manifest's names of formats."""


def exchanges(suite: Path) -> Iterator[Exchange]:
    """Read every request of the protocol cases."""
    graph = manifest(suite / "protocol" / "manifest.ttl")
    for case, action in graph.subject_objects(MF.action):
        requests = graph.value(action, HT.requests)
        for request in Collection(graph, cast("Node", requests)):
            yield exchange(graph, str(case).rpartition("#")[2], request)


def exchange(graph: Graph, case: str, request: Node) -> Exchange:
    """Read one request, in the W3C's HTTP vocabulary."""
    response, body = (cast("Node", graph.value(request, name)) for name in (HT.resp, HT.body))
    headers = graph.value(request, HT.headers)
    truth = graph.value(response, MF.expectedBoolean)
    kind = graph.value(response, MF.expectedFormat)
    return Exchange(
        case=case,
        method=str(graph.value(request, HT.methodName)),
        query=str(graph.value(request, HT.absolutePath)).removeprefix("/sparql/"),
        body=None if body is None else encode_body(graph, body),
        headers={
            str(graph.value(node, HT.fieldName)): str(graph.value(node, HT.fieldValue))
            for node in (Collection(graph, headers) if headers else ())
        },
        status="".join(str(node)[-3] for node in graph.objects(response, MF.expectedStatus)),
        format=None if kind is None else str(kind),
        truth=None if truth is None else str(truth) == "true",
    )


def encode_body(graph: Graph, body: Node) -> bytes:
    """Encode a body."""
    text = str(graph.value(body, CNT.chars))
    return text.encode(str(graph.value(body, CNT.characterEncoding)))
