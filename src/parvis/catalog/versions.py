"""The versions of a dataset: each content that it had, with what changed (DCAT 3 §11)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV, SKOS

from parvis.catalog.turtle import SubjectWriter
from parvis.i18n import N_, both
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import ADMS, DCAT3
from parvis.vocab.streams import AS

FIRST = N_("first version")
CHANGED = N_("entities: {added} added, {changed} changed, {gone} gone")
RETURNED = N_("given again after its withdrawal of {day}")
STALE = N_("to be made anew: what it was derived from was deleted on {day}")


@dataclass(frozen=True)
class DatasetVersion:
    """A content of a dataset, under a permanent label: its day, numbered from the second on.

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
        if self.stale:
            return both(STALE, day=self.stale[:10])
        if self.returned:
            return both(RETURNED, day=self.returned[:10])
        return both(FIRST) if self.changes is None else both(CHANGED, **self.changes)


def describe_versions(
    graph: Graph, key: DatasetKey, versions: Sequence[DatasetVersion], iris: Iris, *, public: bool
) -> None:
    """Describe a dataset's version, and those before it, the oldest first in `versions`."""
    # No version is typed as a dataset, which harvesters would take it for. Changes are left out
    # unless `public`: a reader without access to a dataset may not read its counts.
    if not versions:
        return
    dataset, former = SubjectWriter(graph, iris.dataset(key)), None
    for version in versions:
        add = SubjectWriter(graph, iris.thing("version", f"{key}/{version.label}"), PROV.Entity)
        add(DCAT3.isVersionOf, dataset.subject)
        add(DCTERMS.issued, version.issued)
        _add_version(add, version, former, public=public)
        before, former = former, add.subject
    _add_version(dataset, versions[-1], before, public=public)


def _add_version(
    add: SubjectWriter, version: DatasetVersion, former: URIRef | None, *, public: bool
) -> None:
    add.graph.set((add.subject, DCAT3.version, Literal(version.label)))
    add(DCAT3.previousVersion, former)
    if version.stale:
        add(PROV.invalidatedAtTime, datetime.fromisoformat(version.stale))
    if public:
        add.texts(ADMS.versionNotes, version.notes)


# The tombstone of a withdrawn dataset: that it existed, until when, and why it was withdrawn.

WITHDRAWN = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")


@dataclass(frozen=True)
class Tombstone:
    """A dataset that was withdrawn, at an instant with its offset; texts are by language.

    `public` says whether everyone could discover it then: else its existence stays hidden.
    """

    key: DatasetKey
    iri: str
    title: dict[str, str]
    withdrawn: datetime
    reason: dict[str, str] = field(default_factory=dict)
    public: bool = False

    def to_graph(self) -> Graph:
        # It is not a `dcat:Dataset`: harvesters would take it for one.
        add = SubjectWriter(Graph(), self.iri, AS.Tombstone)
        add(AS.formerType, DCAT.Dataset)
        add(AS.deleted, self.withdrawn)
        add(PROV.invalidatedAtTime, self.withdrawn)
        add(ADMS.status, WITHDRAWN)
        add(DCTERMS.identifier, self.iri)
        add.texts(DCTERMS.title, self.title)
        add.texts(SKOS.changeNote, self.reason)
        return add.graph
