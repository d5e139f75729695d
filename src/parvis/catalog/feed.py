"""What happened to the datasets that everyone may know of, as a log that only grows.

It is told as a Linked Data Event Stream, as SEMIC's DCAT-AP Feed asks
(https://semiceu.github.io/LDES-DCAT-AP-feeds/).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, XSD

from parvis.i18n import N_, both
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import AS, LDES, TREE

TITLE = N_("What happened to the datasets of the catalogue")

KEPT = 10
"""Activities of one dataset that the log keeps: the last ones (`ldes:LatestVersionSubset`)."""

PER_PAGE = 100
"""Activities of one page, which is full for ever once the next one has begun."""


@dataclass(frozen=True)
class Activity:
    """One thing that happened: `kind` is Create, Update or Delete.

    `number` is its place in the log, from 1, which no other ever has. `digest` tells the record as
    it was then; `lines` is that record in N-Triples if it was read, nothing for a dataset that is
    gone since.
    """

    number: int
    kind: str
    key: DatasetKey
    published: datetime
    digest: str
    lines: bytes = b""

    @property
    def page(self) -> int:
        """Tell on which page it stands, from 1."""
        return 1 + (self.number - 1) // PER_PAGE

    def iri(self, iris: Iris) -> str:
        """Name it: the same for ever."""
        told = f"{self.kind} {self.key} {self.published.isoformat()}"
        return f"{iris.base}feed#{sha256(told.encode()).hexdigest()[:16]}"


def continued(
    log: Sequence[Activity], records: Mapping[DatasetKey, str], now: datetime
) -> list[Activity]:
    """Give the log after what happened until now, without descriptions.

    `records` are those that everyone may know of, by their digests. Nothing that stays in the log
    changes.
    """
    last = {one.key: one for one in log}
    at = max([now, *(one.published for one in log[-1:])])
    found = [
        ("Delete", key, sha256(b"").hexdigest())
        for key, one in sorted(last.items())
        if one.kind != "Delete" and key not in records
    ]
    for key, digest in sorted(records.items()):
        before = last.get(key)
        if before is None or before.kind == "Delete":
            found.append(("Create", key, digest))
        elif before.digest != digest:
            found.append(("Update", key, digest))
    number = 1 + max((one.number for one in log), default=0)
    new = [
        Activity(number + place, kind, key, at, digest)
        for place, (kind, key, digest) in enumerate(found)
    ]
    return _kept([*log, *new])


def gone(log: Iterable[Activity]) -> set[DatasetKey]:
    """Tell which datasets are no longer there: their descriptions are gone too."""
    return {key for key, one in {one.key: one for one in log}.items() if one.kind == "Delete"}


def _kept(log: Sequence[Activity]) -> list[Activity]:
    """Leave out what the log no longer keeps."""
    later: Counter[DatasetKey] = Counter()
    kept = []
    for one in reversed(log):
        later[one.key] += 1
        if later[one.key] <= KEPT:
            kept.append(one)
    return kept[::-1]


def stream(log: Sequence[Activity], iris: Iris) -> Graph:
    """Describe the feed and lead to its pages, each with the instants that it spans (TREE)."""
    graph, view, this = Graph(), URIRef(f"{iris.base}feed"), _stream(iris)
    retention = URIRef(f"{view}#retention")
    for lang, title in both(TITLE).items():
        graph.add((this, DCTERMS.title, Literal(title, lang)))
    for triple in (
        (this, RDF.type, LDES.EventStream),
        (this, LDES.timestampPath, AS.published),
        (this, LDES.versionOfPath, AS.object),
        (this, TREE.view, view),
        (view, RDF.type, TREE.Node),
        (view, TREE.viewDescription, URIRef(f"{view}#view")),
        (URIRef(f"{view}#view"), LDES.retentionPolicy, retention),
        (retention, RDF.type, LDES.LatestVersionSubset),
        (retention, LDES.amount, Literal(KEPT)),
    ):
        graph.add(triple)
    for page, activities in groupby(log, lambda one: one.page):
        instants = [one.published for one in activities]
        _relate(graph, view, page, (instants[0], instants[-1]))
    return graph


def _relate(graph: Graph, view: URIRef, page: int, span: tuple[datetime, datetime]) -> None:
    """Lead to a page from the instants of its first and last activity."""
    kinds = (TREE.GreaterThanOrEqualToRelation, TREE.LessThanOrEqualToRelation)
    for name, kind, instant in zip(("from", "until"), kinds, span, strict=True):
        relation = URIRef(f"{view}#page-{page}-{name}")
        graph.add((view, TREE.relation, relation))
        graph.add((relation, RDF.type, kind))
        graph.add((relation, TREE.path, AS.published))
        graph.add((relation, TREE.value, _instant(instant)))
        graph.add((relation, TREE.node, URIRef(f"{view}?page={page}")))


def members(activities: Iterable[Activity], iris: Iris) -> Graph:
    """Describe activities as members of the feed; their records stand in graphs of their names."""
    graph = Graph()
    for one in activities:
        this = URIRef(one.iri(iris))
        graph.add((_stream(iris), TREE.member, this))
        graph.add((this, RDF.type, AS[one.kind]))
        graph.add((this, AS.object, URIRef(iris.dataset(one.key))))
        graph.add((this, AS.published, _instant(one.published)))
    return graph


def _stream(iris: Iris) -> URIRef:
    return URIRef(f"{iris.base}feed#stream")


def _instant(at: datetime) -> Literal:
    return Literal(at.isoformat(), datatype=XSD.dateTime)
