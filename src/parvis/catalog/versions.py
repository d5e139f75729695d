"""The versions of a dataset: each content that it had, with what changed (DCAT 3 §11)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF

from parvis.catalog.provenance import instant
from parvis.i18n import N_, both
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import ADMS, DCAT3

FIRST = N_("first version")
CHANGED = N_("entities: {added} added, {changed} changed, {gone} gone")
RETURNED = N_("given again after its withdrawal of {day}")
STALE = N_("to be made anew: what it was derived from was deleted on {day}")


@dataclass(frozen=True)
class DatasetVersion:
    """One content of a dataset, under a label that stays: its day, numbered from the second on.

    `changes` counts the entities ``added``, ``changed`` and ``gone`` since the version before;
    `returned` is the day until which the dataset had been withdrawn, `stale` the instant since
    which it is to be made anew, for what it was derived from was deleted.
    """

    label: str
    issued: datetime
    changes: dict[str, int] | None = None
    returned: str | None = None
    stale: str | None = None

    @property
    def notes(self) -> dict[str, str]:
        """Say what is new, by language."""
        if self.stale:
            return both(STALE, day=self.stale[:10])
        if self.returned:
            return both(RETURNED, day=self.returned[:10])
        return both(FIRST) if self.changes is None else both(CHANGED, **self.changes)

    def to_json(self) -> dict[str, Any]:
        """Give the version as plain data."""
        return asdict(self) | {"issued": self.issued.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**found, "issued": datetime.fromisoformat(found["issued"])})


def describe_versions(
    graph: Graph, key: DatasetKey, versions: Sequence[DatasetVersion], iris: Iris, *, public: bool
) -> None:
    """Add a dataset's version, and those before it, the oldest first in `versions`.

    None is typed a dataset, for which harvesters would take it. What changed is told if `public`:
    who may not read a dataset may not read its counts.
    """
    if not versions:
        return
    this, former = URIRef(iris.dataset(key)), None
    for one in versions:
        version = URIRef(iris.thing("version", f"{key}/{one.label}"))
        graph.add((version, RDF.type, PROV.Entity))
        graph.add((version, DCAT3.isVersionOf, this))
        graph.add((version, DCTERMS.issued, instant(one.issued)))
        _tell(graph, version, one, former, public=public)
        before, former = former, version
    _tell(graph, this, versions[-1], before, public=public)


def _tell(
    graph: Graph, this: URIRef, version: DatasetVersion, former: URIRef | None, *, public: bool
) -> None:
    """Say of a dataset, or of its version, what the version is."""
    graph.set((this, DCAT3.version, Literal(version.label)))
    if former is not None:
        graph.add((this, DCAT3.previousVersion, former))
    if version.stale:
        graph.add((this, PROV.invalidatedAtTime, instant(datetime.fromisoformat(version.stale))))
    for lang, text in version.notes.items() if public else ():
        graph.add((this, ADMS.versionNotes, Literal(text, lang)))
