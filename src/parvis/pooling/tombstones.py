"""What stays of a dataset that was withdrawn: its name, since when, and why."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDFS, XSD

from parvis.pooling.cards import Texts
from parvis.store.generation import Generation
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import ADMS

TOMBSTONES = "tombstones.json"
"""Where a generation lists them, under ``site/``; each is for everyone."""

WITHDRAWN = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")


@dataclass(frozen=True)
class Tombstone:
    """A dataset that is no longer given; `reason` is a text per language, "" for any."""

    key: DatasetKey
    iri: str
    title: Texts
    withdrawn: datetime
    reason: Texts

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Self:
        """Read one from plain data: ``key``, ``iri``, ``title``, ``withdrawn``, ``reason``."""
        partner, _, dataset = found["key"].partition("/")
        reason = found.get("reason") or {}
        return cls(
            key=DatasetKey(partner, dataset),
            iri=found["iri"],
            title=found["title"],
            withdrawn=datetime.fromisoformat(found["withdrawn"]),
            reason={"": reason} if isinstance(reason, str) else reason,
        )

    def to_graph(self) -> Graph:
        """Describe it as a record; it has no class, so that nobody harvests it as a dataset."""
        graph, this = Graph(), URIRef(self.iri)
        graph.add((this, DCTERMS.identifier, Literal(self.iri)))
        graph.add((this, ADMS.status, WITHDRAWN))
        ended = Literal(self.withdrawn.isoformat(), datatype=XSD.dateTime)
        graph.add((this, PROV.invalidatedAtTime, ended))
        for step, texts in ((DCTERMS.title, self.title), (RDFS.comment, self.reason)):
            for lang, text in texts.items():
                graph.add((this, step, Literal(text, lang=lang or None)))
        return graph


def tombstones(generation: Generation) -> Iterable[Tombstone]:
    """Read those that a generation lists, if it lists any."""
    file = generation.site / TOMBSTONES
    return map(Tombstone.from_json, json.loads(file.read_bytes())) if file.is_file() else ()
