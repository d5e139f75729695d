"""What stays of a dataset that was withdrawn: that it was here, until when, and why it went."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF, SKOS

from parvis.catalog.provenance import instant
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import ADMS, AS

WITHDRAWN = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")


@dataclass(frozen=True)
class Tombstone:
    """A dataset that was withdrawn, at an instant with its offset; texts are by language.

    `public` says whether everyone could know of it then: else nobody learns that it was there.
    """

    key: DatasetKey
    iri: str
    title: dict[str, str]
    withdrawn: datetime
    reason: dict[str, str] = field(default_factory=dict)
    public: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the tombstone as plain data."""
        return asdict(self) | {"key": str(self.key), "withdrawn": self.withdrawn.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        told = {
            "key": DatasetKey.parse(found["key"]),
            "withdrawn": datetime.fromisoformat(found["withdrawn"]),
        }
        return cls(**{**found, **told})

    def to_graph(self) -> Graph:
        """Give the tombstone as RDF: no `dcat:Dataset`, which harvesters would take for one."""
        graph, this = Graph(), URIRef(self.iri)
        for step, value in (
            (RDF.type, AS.Tombstone),
            (AS.formerType, DCAT.Dataset),
            (AS.deleted, instant(self.withdrawn)),
            (PROV.invalidatedAtTime, instant(self.withdrawn)),
            (ADMS.status, WITHDRAWN),
            (DCTERMS.identifier, Literal(self.iri)),
            *((DCTERMS.title, _text(*one)) for one in self.title.items()),
            *((SKOS.changeNote, _text(*one)) for one in self.reason.items()),
        ):
            graph.add((this, step, value))
        return graph


def _text(lang: str, text: str) -> Literal:
    """Write a text in its language, if it has one."""
    return Literal(text, lang or None)
