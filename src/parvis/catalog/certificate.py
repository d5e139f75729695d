"""A certificate of destruction: what the ledger's proof of a deletion says, as RDF and in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, VOID, XSD
from rdflib.term import Node

from parvis.catalog.provenance import instant
from parvis.i18n import LANGUAGES, N_, both, number, say
from parvis.ledger import Link
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import SPDX

TITLE = N_("Certificate of destruction: {title}")
ACTIVITY = N_("Destruction of the data of {dataset}")
SEARCH = N_("Search for what only these data held")
EXPIRED = N_("The agreement obliged the trusted third party to delete them.")
WITHDRAWN = N_("The dataset was withdrawn from the pool.")
SEARCHED = N_(
    "Searched: {files} files ({bytes} bytes), unpacked where they are packed, and {quads} facts of"
    " the stores that are served; texts looked for, which only these data held: {texts}."
)
NOTHING_LEFT = N_("Nothing was found.")
LEFT = N_("Something was found in {count} places: it is for the trusted third party to remove.")
BACKUPS = N_("Backups that hold them are to be removed within {days} days: {count} were known.")
LABELS = {
    "dataset": N_("Dataset"),
    "by": N_("Trusted third party"),
    "why": N_("Why"),
    "agreement": N_("Agreement"),
    "received": N_("Held since"),
    "due": N_("Due"),
    "begun": N_("Begun"),
    "done": N_("Done"),
    "triples": N_("Facts"),
    "sha256": N_("SHA-256 of the sorted N-Quads"),
    "search": N_("Verification"),
    "backups": N_("Backups"),
    "stale": N_("Derived from them, to be made anew"),
    "hash": N_("Hash of this entry of the ledger"),
    "previous": N_("Hash of the entry before it"),
}
"""What each line of a certificate is called, in the order of the page."""
SHORT = 16
"""Digits of the hash by which a certificate is named."""


@dataclass(frozen=True)
class Certificate:
    """One deletion, proved; `names` are those of the trusted third party by language."""

    link: Link
    iris: Iris
    host: str
    names: dict[str, str]

    @property
    def entry(self) -> dict[str, Any]:
        """Give what the ledger keeps of it."""
        return self.link.entry

    @property
    def id(self) -> str:
        """Name it: the beginning of its hash, which tells nothing of other deletions."""
        return self.link.hash[:SHORT]

    @property
    def iri(self) -> str:
        """Name it as a thing."""
        return self.iris.thing("certificate", self.id)

    @property
    def key(self) -> DatasetKey:
        """Give the key of the dataset that was deleted."""
        return self.iris.key(self.entry["graph"])

    @property
    def public(self) -> bool:
        """Say whether everyone could know of the dataset."""
        return bool(self.entry["public"])

    def title(self, lang: str) -> str:
        """Give its title in a language."""
        return say(lang, TITLE, title=_in(self.entry["title"], lang))

    def lines(self, lang: str) -> list[tuple[str, str]]:
        """Give what it says in a language, a label and a text each."""
        return [(say(lang, LABELS[name]), text) for name, text in self._texts(lang).items() if text]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data: the entry as it stands in the chain."""
        return {"id": self.id, "iri": self.iri, **self.link.to_json()}

    def to_graph(self) -> Graph:
        """Give it as RDF (PROV-O): an activity that invalidated a content, and what tells of it."""
        graph, this = Graph(), URIRef(self.iri)
        for lang in LANGUAGES:
            graph.add((this, DCTERMS.title, Literal(self.title(lang), lang)))
        for subject, step, value in self._triples(this):
            graph.add((subject, step, value))
        for subject, template in ((_part(this, "destruction"), ACTIVITY), (_search(this), SEARCH)):
            for lang, text in both(template, dataset=self.key).items():
                graph.add((subject, RDFS.label, Literal(text, lang)))
        for lang in LANGUAGES:
            found = Literal(self._searched(lang), lang)
            graph.add((_search(this), DCTERMS.description, found))
        return graph

    def _triples(self, this: URIRef) -> Iterator[tuple[URIRef, URIRef, Node]]:
        """Say who deleted what, when, by which agreement."""
        told, host = self.entry, URIRef(self.host)
        activity, content = _part(this, "destruction"), _part(this, "content")
        began, ended = (instant(datetime.fromisoformat(told[one])) for one in ("begun", "done"))
        yield from (
            (this, RDF.type, PROV.Entity),
            (this, PROV.wasGeneratedBy, activity),
            (this, DCTERMS.issued, ended),
            (this, DCTERMS.publisher, host),
            (this, DCTERMS.identifier, Literal(self.link.hash)),
            (activity, RDF.type, PROV.Activity),
            (activity, PROV.startedAtTime, began),
            (activity, PROV.endedAtTime, ended),
            (activity, PROV.wasAssociatedWith, host),
            (activity, PROV.invalidated, content),
            (_search(this), RDF.type, PROV.Activity),
            (_search(this), PROV.wasInformedBy, activity),
            (content, RDF.type, PROV.Entity),
            (content, PROV.wasInvalidatedBy, activity),
            (content, PROV.invalidatedAtTime, ended),
            (content, PROV.specializationOf, URIRef(told["graph"])),
            (content, DCTERMS.isPartOf, URIRef(told["iri"])),
            (content, VOID.triples, Literal(told["triples"])),
        )
        yield from _checksum(content, told["sha256"])
        if told["received"]:
            yield content, PROV.generatedAtTime, instant(datetime.fromisoformat(told["received"]))
        if told["due"]:
            yield content, DCTERMS.valid, instant(datetime.fromisoformat(told["due"]))
        if told["agreement"]:
            association = _part(this, "association")
            yield activity, PROV.qualifiedAssociation, association
            yield association, RDF.type, PROV.Association
            yield association, PROV.agent, host
            yield association, PROV.hadPlan, URIRef(told["agreement"])

    def _texts(self, lang: str) -> dict[str, str]:
        """Give the text of each line."""
        told = self.entry
        cause = EXPIRED if told["cause"] == "expired" else WITHDRAWN
        why = say(lang, cause)
        days, count = told["backup_days"], told["backups"]
        return {
            "dataset": f"{_in(told['title'], lang)} ({told['iri']})",
            "by": _in(self.names, lang),
            "why": " ".join(filter(None, (why, _in(told["reason"], lang)))),
            "agreement": told["agreement"] or "",
            **{name: told[name] or "" for name in ("received", "due", "begun", "done")},
            "triples": number(lang, told["triples"]),
            "sha256": told["sha256"],
            "search": self._searched(lang),
            "backups": say(lang, BACKUPS, days=days, count=count),
            "stale": ", ".join(told["stale"]),
            "hash": self.link.hash,
            "previous": self.link.previous,
        }

    def _searched(self, lang: str) -> str:
        """Say what was searched, and what was found."""
        found = self.entry["search"]
        counted = {name: number(lang, found[name]) for name in ("files", "bytes", "quads", "texts")}
        left = len(found["remains"])
        result = say(lang, LEFT, count=left) if left else say(lang, NOTHING_LEFT)
        return f"{say(lang, SEARCHED, **counted)} {result}"


def _checksum(content: URIRef, digest: str) -> Iterator[tuple[URIRef, URIRef, Node]]:
    """Say the digest of a content."""
    checksum = URIRef(f"{content}-checksum")
    yield from (
        (content, SPDX.checksum, checksum),
        (checksum, RDF.type, SPDX.Checksum),
        (checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
        (checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary)),
    )


def _part(this: URIRef, name: str) -> URIRef:
    return URIRef(f"{this}#{name}")


def _search(this: URIRef) -> URIRef:
    return _part(this, "search")


def _in(texts: dict[str, str], lang: str) -> str:
    """Give a text in a language, else in the first that there is."""
    return texts.get(lang) or next(iter(texts.values()), "")
