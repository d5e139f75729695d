"""A certificate of destruction: the ledger's proof of a deletion, as RDF and in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdflib import Graph
from rdflib.namespace import DCTERMS, PROV, RDFS, VOID

from parvis.catalog.turtle import SubjectWriter
from parvis.config.json_data import to_object
from parvis.i18n import LANGUAGES, N_, both, choose_text, number, say
from parvis.ledger import ChainLink
from parvis.vocab.iris import DatasetKey, Iris

TITLE = N_("Certificate of destruction: {title}")
ACTIVITY = N_("Destruction of the data of {dataset}")
SEARCH = N_("Search for what only these data held")
EXPIRED = N_("The agreement obliged the trusted third party to delete them.")
WITHDRAWN = N_("The dataset was withdrawn from the pool.")
SEARCHED = N_(
    "Searched: {files} files ({bytes} bytes), unpacked where they are packed, and {quads} triples"
    " of the stores that are served; texts looked for, which only these data held: {texts}."
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
    "triples": N_("Triples"),
    "sha256": N_("SHA-256 of the sorted N-Quads"),
    "search": N_("Verification"),
    "backups": N_("Backups"),
    "stale": N_("Derived from them, to be made anew"),
    "hash": N_("Hash of this entry of the ledger"),
    "previous": N_("Hash of the entry before it"),
}
"""The label of each line of a certificate, in the order of the page."""
SHORT = 16
"""Digits of the hash in the identifier of a certificate."""


@dataclass(frozen=True)
class Certificate:
    """A proven deletion; `names` are those of the trusted third party by language."""

    link: ChainLink
    iris: Iris
    third_party: str
    names: dict[str, str]

    @property
    def entry(self) -> dict[str, Any]:
        return self.link.entry

    @property
    def id(self) -> str:
        """Return the beginning of its hash, which reveals nothing of other deletions."""
        return self.link.hash[:SHORT]

    @property
    def iri(self) -> str:
        return self.iris.thing("certificate", self.id)

    @property
    def key(self) -> DatasetKey:
        return self.iris.key(self.entry["graph"])

    @property
    def public(self) -> bool:
        """Return whether everyone could know of the dataset."""
        return bool(self.entry["public"])

    def title(self, lang: str) -> str:
        return say(lang, TITLE, title=choose_text(lang, self.entry["title"]))

    def lines(self, lang: str) -> list[tuple[str, str]]:
        """Return its lines in a language: a label and a text each."""
        entry = self.entry
        cause = EXPIRED if entry["cause"] == "expired" else WITHDRAWN
        why = say(lang, cause)
        days, count = entry["backup_days"], entry["backups"]
        texts = {
            "dataset": f"{choose_text(lang, entry['title'])} ({entry['iri']})",
            "by": choose_text(lang, self.names),
            "why": " ".join(filter(None, (why, choose_text(lang, entry["reason"])))),
            "agreement": entry["agreement"] or "",
            **{name: entry[name] or "" for name in ("received", "due", "begun", "done")},
            "triples": number(lang, entry["triples"]),
            "sha256": entry["sha256"],
            "search": self._describe_search(lang),
            "backups": say(lang, BACKUPS, days=days, count=count),
            "stale": ", ".join(entry["stale"]),
            "hash": self.link.hash,
            "previous": self.link.previous,
        }
        return [(say(lang, LABELS[name]), text) for name, text in texts.items() if text]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "iri": self.iri, **to_object(self.link)}

    def to_graph(self) -> Graph:
        """Return it as RDF (PROV-O): an activity that invalidated a content."""
        entry, graph = self.entry, Graph()
        began, ended, received, due = (
            datetime.fromisoformat(entry[name]) if entry[name] else None
            for name in ("begun", "done", "received", "due")
        )
        add = SubjectWriter(graph, self.iri, PROV.Entity)
        activity = SubjectWriter(graph, f"{self.iri}#destruction", PROV.Activity)
        search = SubjectWriter(graph, f"{self.iri}#search", PROV.Activity)
        content = SubjectWriter(graph, f"{self.iri}#content", PROV.Entity)
        add.texts(DCTERMS.title, {lang: self.title(lang) for lang in LANGUAGES})
        add(PROV.wasGeneratedBy, activity.subject)
        add(DCTERMS.issued, ended)
        add.iris(DCTERMS.publisher, self.third_party)
        add(DCTERMS.identifier, self.link.hash)
        activity.texts(RDFS.label, both(ACTIVITY, dataset=self.key))
        activity(PROV.startedAtTime, began)
        activity(PROV.endedAtTime, ended)
        activity.iris(PROV.wasAssociatedWith, self.third_party)
        activity(PROV.invalidated, content.subject)
        search.texts(RDFS.label, both(SEARCH, dataset=self.key))
        search.texts(DCTERMS.description, {lang: self._describe_search(lang) for lang in LANGUAGES})
        search(PROV.wasInformedBy, activity.subject)
        content(PROV.wasInvalidatedBy, activity.subject)
        content(PROV.invalidatedAtTime, ended)
        content.iris(PROV.specializationOf, entry["graph"])
        content.iris(DCTERMS.isPartOf, entry["iri"])
        content(VOID.triples, entry["triples"])
        content.checksum(f"{content.subject}-checksum", entry["sha256"])
        content(PROV.generatedAtTime, received)
        content(DCTERMS.valid, due)
        if entry["agreement"]:
            association = SubjectWriter(graph, f"{self.iri}#association", PROV.Association)
            activity(PROV.qualifiedAssociation, association.subject)
            association.iris(PROV.agent, self.third_party)
            association.iris(PROV.hadPlan, entry["agreement"])
        return graph

    def _describe_search(self, lang: str) -> str:
        search = self.entry["search"]
        counts = {name: number(lang, search[name]) for name in ("files", "bytes", "quads", "texts")}
        left = len(search["remains"])
        result = say(lang, LEFT, count=left) if left else say(lang, NOTHING_LEFT)
        return f"{say(lang, SEARCHED, **counts)} {result}"
