"""Where a graph's content comes from: one submission as PROV-O."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, VOID, XSD

from parvis.catalog.entries import Dataset
from parvis.catalog.turtle import Described
from parvis.config.documents import SHA256, Document
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import DPV, PARVIS, SPDX

NAIVE = N_("the instant {at} lacks its offset from UTC")
SUBMISSION = N_("Submission of {file}")
REPORT = N_("Report on {file}: {findings} findings")
MAPPING = N_("Mapping of {key}")
VERSION = N_("Content of {key}")
FILE_NAME = re.compile(r"[^/\x00]{1,1000}", re.DOTALL)


@dataclass(frozen=True)
class Submission:
    """One accepted submission: which file, read when and how, and what was found in it.

    Digests are SHA-256 in lowercase hexadecimal; `mapping_digest` is None for a file that was
    RDF already. `agent` is the IRI of who submitted, None for the partner itself. `graph_digest`
    and `triples` are of the content that came of it: known once it is in the record.
    """

    key: DatasetKey
    began: datetime
    ended: datetime
    file_name: str
    file_digest: str
    mapping_digest: str | None
    report_digest: str
    rows: int
    row_errors: int
    findings: int
    agent: str | None = None
    graph_digest: str | None = None
    triples: int | None = None

    def __post_init__(self) -> None:
        """Refuse instants without offset."""
        for at in (self.began, self.ended):
            if at.tzinfo is None:
                raise UsageError(NAIVE, at=at)

    def iri(self, iris: Iris) -> str:
        """Name the submission: it stays the same when its content becomes known."""
        parts = (self.ended.isoformat(), self.file_digest, self.mapping_digest, self.report_digest)
        return iris.thing(
            "submission", f"{self.key}/{sha256(repr(parts).encode()).hexdigest()[:12]}"
        )

    def with_content(self, digest: str, triples: int) -> Self:
        """Give the submission with the content that came of it."""
        return replace(self, graph_digest=digest, triples=triples)

    def to_json(self) -> dict[str, Any]:
        """Give the submission as plain data."""
        instants = {"began": self.began.isoformat(), "ended": self.ended.isoformat()}
        return asdict(self) | instants | {"key": str(self.key)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; a digest and a name become parts of paths (`StoreError`)."""
        told = Document(found, "submission")
        member = told.member
        graph_digest, triples = member("graph_digest"), member("triples")
        mapping_digest, agent = member("mapping_digest"), member("agent")
        return cls(
            key=DatasetKey.parse(member("key").text()),
            began=member("began").instant(),
            ended=member("ended").instant(),
            file_name=member("file_name").text(FILE_NAME),
            file_digest=member("file_digest").text(SHA256),
            mapping_digest=mapping_digest.optional(lambda: mapping_digest.text(SHA256)),
            report_digest=member("report_digest").text(SHA256),
            rows=member("rows").whole(),
            row_errors=member("row_errors").whole(),
            findings=member("findings").whole(),
            agent=agent.optional(agent.text),
            graph_digest=graph_digest.optional(lambda: graph_digest.text(SHA256)),
            triples=triples.optional(triples.whole),
        )


def by_dataset(submissions: Iterable[Submission]) -> Mapping[DatasetKey, Sequence[Submission]]:
    """Gather submissions by their dataset."""
    found: defaultdict[DatasetKey, list[Submission]] = defaultdict(list)
    for one in submissions:
        found[one.key].append(one)
    return found


def instant(at: datetime) -> Literal:
    """Write an instant with its offset."""
    return Literal(at.isoformat(), datatype=XSD.dateTime)


def provenance(submission: Submission, iris: Iris, *, public: bool) -> Graph:
    """Describe a submission: the activity, what it used, what it generated.

    If not `public`, no more than that there was one, by whom and when: the name of a file, digests
    and counts tell of a content that not everyone may read.
    """
    writing = _Writing(submission, iris)
    writing.began()
    if public:
        writing.whole()
    return writing.graph


class _Writing:
    """The graph of one submission, being written."""

    def __init__(self, submission: Submission, iris: Iris) -> None:
        self.graph = Graph()
        self.given, self.iris = submission, iris
        self.activity = URIRef(submission.iri(iris))

    def began(self) -> None:
        """Say that something was submitted, by whom and when."""
        given = self.given
        agent = given.agent or self.iris.partner(given.key.partner)
        for step, value in (
            (RDF.type, PROV.Activity),
            (PROV.startedAtTime, instant(given.began)),
            (PROV.endedAtTime, instant(given.ended)),
            (PROV.wasAssociatedWith, URIRef(agent)),
        ):
            self.graph.add((self.activity, step, value))

    def whole(self) -> None:
        """Say what was submitted, what was found in it, and what came of it."""
        given = self.given
        self._label(self.activity, SUBMISSION, file=given.file_name)
        self.graph.add((self.activity, RDF.type, PARVIS.Submission))
        self.graph.add((self.activity, PARVIS.rowsRead, Literal(given.rows)))
        self.graph.add((self.activity, PARVIS.rowErrors, Literal(given.row_errors)))
        source = self._entity("source", given.file_digest)
        self.graph.add((source, RDFS.label, Literal(given.file_name)))
        used = [source, *self._mapping()]
        for entity in used:
            self.graph.add((self.activity, PROV.used, entity))
        self._report()
        self._version(used)

    def _mapping(self) -> list[URIRef]:
        if self.given.mapping_digest is None:
            return []
        mapping = self._entity("mapping", self.given.mapping_digest)
        self._label(mapping, MAPPING, key=self.given.key)
        return [mapping]

    def _report(self) -> None:
        report = self._entity("report", self.given.report_digest)
        self._label(report, REPORT, file=self.given.file_name, findings=self.given.findings)
        self._generated(report)

    def _version(self, used: list[URIRef]) -> None:
        """Describe this content of the named graph, which will have others."""
        if self.given.graph_digest is None or self.given.triples is None:
            return
        version = self._entity("version", self.given.graph_digest)
        self._label(version, VERSION, key=self.given.key)
        self._generated(version)
        for entity in used:
            self.graph.add((version, PROV.wasDerivedFrom, entity))
        named = URIRef(self.iris.graph(self.given.key))
        self.graph.add((version, PROV.specializationOf, named))
        self.graph.add((version, VOID.triples, Literal(self.given.triples)))

    def _generated(self, entity: URIRef) -> None:
        self.graph.add((self.activity, PROV.generated, entity))
        self.graph.add((entity, PROV.wasGeneratedBy, self.activity))

    def _entity(self, kind: str, digest: str) -> URIRef:
        """Describe a thing that is known by its digest, and named by it within its dataset."""
        entity = URIRef(self.iris.thing(kind, f"{self.given.key}/{digest[:12]}"))
        checksum = URIRef(f"{entity}#checksum")
        for triple in (
            (entity, RDF.type, PROV.Entity),
            (entity, DCTERMS.isPartOf, URIRef(self.iris.dataset(self.given.key))),
            (entity, SPDX.checksum, checksum),
            (checksum, RDF.type, SPDX.Checksum),
            (checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256),
            (checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary)),
            (SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm),
        ):
            self.graph.add(triple)
        return entity

    def _label(self, subject: URIRef, template: str, **fields: object) -> None:
        for lang, text in both(template, **fields).items():
            self.graph.add((subject, RDFS.label, Literal(text, lang)))


# Records of anonymisation: what the law asks to keep of each release of pooled publics.
#
# They stand in the release's own reviewed text, as activities (PROV-O) that generated it.

PARAMETERS = (
    PARVIS.release,
    PARVIS.minContributors,
    PARVIS.minPersons,
    PARVIS.roundingBase,
)
"""The public parameters of the techniques; neither the p of the p% rule nor keys are among them."""


@dataclass(frozen=True)
class Anonymisation:
    """One entry of the register (Québec, regulation on anonymisation, s. 9).

    `purposes`, `responsible` and `techniques` are IRIs, `parameters` are by the property's IRI;
    `contributors` and `persons` are the smallest numbers behind a published value. `ended` is when
    the analysis of risks was completed, `review` the day by which it is done again.
    """

    iri: str
    dataset: DatasetKey
    title: dict[str, str]
    description: dict[str, str]
    purposes: tuple[str, ...]
    responsible: str
    techniques: tuple[str, ...]
    parameters: dict[str, int]
    contributors: int
    persons: int
    audit: dict[str, str]
    ended: datetime
    review: date


def anonymisations(dataset: Dataset, also: Graph | None = None) -> list[Anonymisation]:
    """Read the records of a release, the oldest first; raises `CatalogError` for a partial one.

    `also` are those of releases that parvis made itself.
    """
    found = [*_read(dataset, dataset.described), *_read(dataset, Graph() if also is None else also)]
    return sorted(found, key=lambda one: (one.ended, one.iri))


def _read(dataset: Dataset, graph: Graph) -> Iterator[Anonymisation]:
    for node in graph.subjects(RDF.type, PARVIS.Anonymisation):
        about = Described(graph, node, dataset.folder / "dataset.ttl")
        if about.iri(PROV.generated) != dataset.iri:
            raise about.lacks(PROV.generated)
        yield Anonymisation(
            iri=str(node),
            dataset=dataset.key,
            title=dataset.title,
            description=about.texts(DCTERMS.description),
            purposes=_iris(about, DPV.hasPurpose),
            responsible=about.iri(DPV.hasResponsibleEntity),
            techniques=_iris(about, PARVIS.technique),
            parameters={
                str(step): _number(about, step)
                for step in PARAMETERS
                if about.maybe(step) is not None
            },
            contributors=_number(about, PARVIS.fewestContributors),
            persons=_number(about, PARVIS.fewestPersons),
            audit=about.texts(PARVIS.auditResult),
            ended=_instant(about, PROV.endedAtTime),
            review=_day(about, PARVIS.nextReview),
        )


def _iris(about: Described, step: URIRef) -> tuple[str, ...]:
    found = {one for one in about.graph.objects(about.subject, step) if isinstance(one, URIRef)}
    if not found:
        raise about.lacks(step)
    return tuple(sorted(map(str, found)))


def _number(about: Described, step: URIRef) -> int:
    found = about.maybe(step)
    if not isinstance(found, int):
        raise about.lacks(step)
    return found


def _instant(about: Described, step: URIRef) -> datetime:
    found = about.maybe(step)
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise about.lacks(step)
    return found


def _day(about: Described, step: URIRef) -> date:
    found = about.maybe(step)
    if not isinstance(found, date) or isinstance(found, datetime):
        raise about.lacks(step)
    return found
