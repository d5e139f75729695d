"""Feeds as Linked Data Event Streams (LDES 1.0, TREE): of datasets, and of their entities.

That of datasets is an append-only log of those that everyone may discover, as SEMIC's DCAT-AP Feed
asks (https://semiceu.github.io/LDES-DCAT-AP-feeds/).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, XSD

from parvis.catalog.turtle import SubjectWriter
from parvis.i18n import N_, both
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.streams import AS, LDES, TREE

TITLE = N_("What happened to the datasets of the catalogue")

ACTIVITIES_PER_DATASET = 10
"""Activities of one dataset that the log keeps: the last ones (`ldes:LatestVersionSubset`)."""

PER_PAGE = 100
"""Activities of one page, which is full for ever once the next one has begun."""


@dataclass(frozen=True)
class Activity:
    """An entry of the log: `kind` is Create, Update or Delete.

    `number` is its unique place in the log, from 1. `digest` identifies the record as it was then;
    `lines` is that record in N-Triples if it was read, empty for a dataset deleted since.
    """

    number: int
    kind: str
    key: DatasetKey
    published: datetime
    digest: str
    lines: bytes = b""

    @property
    def page(self) -> int:
        """Return the number of its page, from 1."""
        return 1 + (self.number - 1) // PER_PAGE

    def iri(self, iris: Iris) -> str:
        text = f"{self.kind} {self.key} {self.published.isoformat()}"
        return f"{iris.base}feed#{sha256(text.encode()).hexdigest()[:16]}"


def extend_log(
    log: Sequence[Activity], records: Mapping[DatasetKey, str], now: datetime
) -> list[Activity]:
    """Return the log completed with what happened until now, without descriptions.

    `records` are the digests of those that everyone may know of.
    """
    last = {activity.key: activity for activity in log}
    # An instant never precedes the last one of the log, whatever the clock says.
    at = max([now, *(activity.published for activity in log[-1:])])
    changes = [
        ("Delete", key, sha256(b"").hexdigest())
        for key, activity in sorted(last.items())
        if activity.kind != "Delete" and key not in records
    ]
    for key, digest in sorted(records.items()):
        previous = last.get(key)
        if previous is None or previous.kind == "Delete":
            changes.append(("Create", key, digest))
        elif previous.digest != digest:
            changes.append(("Update", key, digest))
    number = 1 + max((activity.number for activity in log), default=0)
    new = [
        Activity(number + place, kind, key, at, digest)
        for place, (kind, key, digest) in enumerate(changes)
    ]
    # The log keeps the last activities of each dataset only.
    activities = [*log, *new]
    counts: Counter[DatasetKey] = Counter()
    latest = []
    for activity in reversed(activities):
        counts[activity.key] += 1
        if counts[activity.key] <= ACTIVITIES_PER_DATASET:
            latest.append(activity)
    return latest[::-1]


def deleted_datasets(log: Iterable[Activity]) -> set[DatasetKey]:
    return {
        key
        for key, activity in {activity.key: activity for activity in log}.items()
        if activity.kind == "Delete"
    }


def stream_graph(log: Sequence[Activity], iris: Iris) -> Graph:
    """Describe the feed and its pages, each with the instants that it spans (TREE)."""
    graph = Graph()
    feed = SubjectWriter(graph, _stream_iri(iris), LDES.EventStream)
    view = SubjectWriter(graph, f"{iris.base}feed", TREE.Node)
    description = SubjectWriter(graph, f"{view.subject}#view")
    retention = SubjectWriter(graph, f"{view.subject}#retention", LDES.LatestVersionSubset)
    feed.texts(DCTERMS.title, both(TITLE))
    feed(LDES.timestampPath, AS.published)
    feed(LDES.versionOfPath, AS.object)
    feed(TREE.view, view.subject)
    view(TREE.viewDescription, description.subject)
    description(LDES.retentionPolicy, retention.subject)
    retention(LDES.amount, ACTIVITIES_PER_DATASET)
    for page, activities in groupby(log, lambda activity: activity.page):
        instants = [activity.published for activity in activities]
        span = (instants[0], instants[-1])
        kinds = (TREE.GreaterThanOrEqualToRelation, TREE.LessThanOrEqualToRelation)
        for name, kind, at in zip(("from", "until"), kinds, span, strict=True):
            relation = SubjectWriter(graph, f"{view.subject}#page-{page}-{name}", kind)
            view(TREE.relation, relation.subject)
            relation(TREE.path, AS.published)
            relation(TREE.value, at)
            relation.iris(TREE.node, f"{view.subject}?page={page}")
    return graph


def members_graph(activities: Iterable[Activity], iris: Iris) -> Graph:
    """Describe activities as members of the feed; their records are in named graphs."""
    graph = Graph()
    for activity in activities:
        member = SubjectWriter(graph, activity.iri(iris), AS[activity.kind])
        graph.add((_stream_iri(iris), TREE.member, member.subject))
        member.iris(AS.object, iris.dataset(activity.key))
        member(AS.published, activity.published)
    return graph


def _stream_iri(iris: Iris) -> URIRef:
    return URIRef(f"{iris.base}feed#stream")


# The feed of entities: a chain of pages for each dataset, which the first node leads to.

ENTITIES = N_("What happened to the events, places, organisations and works of the datasets")
KINDS_OF_CHANGE = {
    LDES.versionCreateObject: AS.Create,
    LDES.versionUpdateObject: AS.Update,
    LDES.versionDeleteObject: AS.Delete,
}


@dataclass(frozen=True)
class EntityActivity:
    """A change of an entity: Create, Update or Delete, by its id and that of its entity.

    `iri` and `licence` are empty for a deletion, which does not name what is gone.
    """

    kind: str
    id: str
    entity: str
    published: datetime
    iri: str = ""
    licence: str = ""

    def name(self, iris: Iris) -> str:
        return f"{iris.base}feed/entities#{self.id}"


def entity_page(iris: Iris, key: DatasetKey, after: str = "") -> str:
    """Return the address of a page of a dataset's entities."""
    return f"{iris.base}feed/entities/{key}" + (f"?after={after}" if after else "")


def entity_stream_graph(iris: Iris, keys: Iterable[DatasetKey], days: int) -> Graph:
    """Describe the feed of entities, how long it keeps what, and where each dataset begins."""
    graph = Graph()
    stream = SubjectWriter(graph, _entity_stream(iris), LDES.EventStream)
    view = SubjectWriter(graph, f"{iris.base}feed/entities", TREE.Node)
    view(RDF.type, LDES.EventSource)
    stream.texts(DCTERMS.title, both(ENTITIES))
    stream(LDES.timestampPath, AS.published)
    stream(LDES.versionOfPath, DCTERMS.isVersionOf)
    for term, kind in KINDS_OF_CHANGE.items():
        stream(term, kind)
    stream(TREE.view, view.subject)
    retention = SubjectWriter(graph, f"{view.subject}#retention", LDES.RetentionPolicy)
    # Older clients read the second class and its amount.
    retention(RDF.type, LDES.LatestVersionSubset)
    view(LDES.retentionPolicy, retention.subject)
    retention(LDES.versionAmount, 1)
    retention(LDES.amount, 1)
    retention(LDES.versionDeleteDuration, Literal(f"P{days}D", datatype=XSD.duration))
    for key in keys:
        relation = SubjectWriter(graph, f"{view.subject}#{key}", TREE.Relation)
        view(TREE.relation, relation.subject)
        relation.iris(TREE.node, entity_page(iris, key))
    return graph


def entity_page_graph(
    iris: Iris,
    key: DatasetKey,
    after: str,
    following: str | None,
    activities: Sequence[EntityActivity],
) -> Graph:
    """Describe a page of a dataset's entities: its activities, and the page that follows."""
    graph = Graph()
    stream = SubjectWriter(graph, _entity_stream(iris))
    node = SubjectWriter(graph, entity_page(iris, key, after), TREE.Node)
    if following is not None:
        # Nothing is added to a page that leads on: who has read it need not read it again.
        node(LDES.immutable, Literal(True))  # noqa: FBT003 - a value of RDF
        relation = SubjectWriter(graph, f"{node.subject}#next", TREE.Relation)
        node(TREE.relation, relation.subject)
        relation.iris(TREE.node, entity_page(iris, key, following))
        if activities:
            relation(RDF.type, TREE.GreaterThanOrEqualToRelation)
            relation(TREE.path, AS.published)
            relation(TREE.value, activities[-1].published)
    for activity in activities:
        member = SubjectWriter(graph, activity.name(iris), AS[activity.kind])
        stream(TREE.member, member.subject)
        entity = f"{iris.base}feed/entities#{activity.entity}"
        member.iris(DCTERMS.isVersionOf, entity)
        member(AS.published, activity.published)
        member.iris(DCTERMS.source, iris.dataset(key))
        member.iris(AS.object, activity.iri or entity)
        member.iris(DCTERMS.license, activity.licence)
    return graph


def _entity_stream(iris: Iris) -> str:
    return f"{iris.base}feed/entities#stream"
