"""The provenance of graphs: submissions as PROV-O, and the register of anonymisation."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, VOID, XSD

from parvis.catalog.entries import Dataset
from parvis.catalog.turtle import SubjectReader
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
    """An accepted submission: which file, read when and how, and the findings about it.

    Digests are SHA-256 in lowercase hexadecimal; `mapping_digest` is None for a file that was
    RDF already. `agent` is the IRI of the submitter, None for the partner itself. `graph_digest`
    and `triples` are those of the resulting content, known once it is in the record.
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
        for at in (self.began, self.ended):
            if at.tzinfo is None:
                raise UsageError(NAIVE, at=at)

    def iri(self, iris: Iris) -> str:
        """Return the submission's IRI, which stays the same when its content becomes known."""
        parts = (self.ended.isoformat(), self.file_digest, self.mapping_digest, self.report_digest)
        return iris.thing(
            "submission", f"{self.key}/{sha256(repr(parts).encode()).hexdigest()[:12]}"
        )

    def with_content(self, digest: str, triples: int) -> Self:
        return replace(self, graph_digest=digest, triples=triples)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        The digests and the file name become parts of paths, so each is checked (`StoreError`).
        """
        parsed = Document(document, "submission")
        member = parsed.member
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
    by_key: defaultdict[DatasetKey, list[Submission]] = defaultdict(list)
    for submission in submissions:
        by_key[submission.key].append(submission)
    return by_key


def instant(at: datetime) -> Literal:
    return Literal(at.isoformat(), datatype=XSD.dateTime)


def provenance(submission: Submission, iris: Iris, *, public: bool) -> Graph:
    """Describe a submission: the activity, what it used and what it generated.

    If not `public`, state only that there was one, by whom and when.
    """
    # File names, digests and counts would reveal a content that not everyone may read.
    writer = _SubmissionGraph(submission, iris)
    writer.add_activity()
    if public:
        writer.add_content()
    return writer.graph


class _SubmissionGraph:
    def __init__(self, submission: Submission, iris: Iris) -> None:
        self.graph = Graph()
        self.submission, self.iris = submission, iris
        self.activity = URIRef(submission.iri(iris))

    def add_activity(self) -> None:
        submission = self.submission
        agent = submission.agent or self.iris.partner(submission.key.partner)
        for step, value in (
            (RDF.type, PROV.Activity),
            (PROV.startedAtTime, instant(submission.began)),
            (PROV.endedAtTime, instant(submission.ended)),
            (PROV.wasAssociatedWith, URIRef(agent)),
        ):
            self.graph.add((self.activity, step, value))

    def add_content(self) -> None:
        """Add the file, its mapping, the report and the resulting content."""
        submission = self.submission
        self._label(self.activity, SUBMISSION, file=submission.file_name)
        self.graph.add((self.activity, RDF.type, PARVIS.Submission))
        self.graph.add((self.activity, PARVIS.rowsRead, Literal(submission.rows)))
        self.graph.add((self.activity, PARVIS.rowErrors, Literal(submission.row_errors)))
        source = self._add_entity("source", submission.file_digest)
        self.graph.add((source, RDFS.label, Literal(submission.file_name)))
        used = [source]
        if submission.mapping_digest is not None:
            mapping = self._add_entity("mapping", submission.mapping_digest)
            self._label(mapping, MAPPING, key=submission.key)
            used.append(mapping)
        for entity in used:
            self.graph.add((self.activity, PROV.used, entity))
        report = self._add_entity("report", submission.report_digest)
        self._label(report, REPORT, file=submission.file_name, findings=submission.findings)
        self._add_generation(report)
        if submission.graph_digest is not None and submission.triples is not None:
            # The named graph will have other contents: this one is a specialization of it.
            version = self._add_entity("version", submission.graph_digest)
            self._label(version, VERSION, key=submission.key)
            self._add_generation(version)
            for entity in used:
                self.graph.add((version, PROV.wasDerivedFrom, entity))
            named_graph = URIRef(self.iris.graph(submission.key))
            self.graph.add((version, PROV.specializationOf, named_graph))
            self.graph.add((version, VOID.triples, Literal(submission.triples)))

    def _add_generation(self, entity: URIRef) -> None:
        self.graph.add((self.activity, PROV.generated, entity))
        self.graph.add((entity, PROV.wasGeneratedBy, self.activity))

    def _add_entity(self, kind: str, digest: str) -> URIRef:
        """Describe an entity that its digest identifies within its dataset."""
        entity = URIRef(self.iris.thing(kind, f"{self.submission.key}/{digest[:12]}"))
        checksum = URIRef(f"{entity}#checksum")
        for triple in (
            (entity, RDF.type, PROV.Entity),
            (entity, DCTERMS.isPartOf, URIRef(self.iris.dataset(self.submission.key))),
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


# Records of anonymisation, which the law requires for each release of pooled publics: activities
# (PROV-O) in the release's own reviewed text.

PARAMETERS = (PARVIS.release, PARVIS.minContributors, PARVIS.minPersons, PARVIS.roundingBase)
"""The public parameters of the techniques; neither the p of the p% rule nor keys are among them."""


@dataclass(frozen=True)
class Anonymisation:
    """An entry of the register (Québec, regulation on anonymisation, s. 9).

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

    `also` has the records of releases that parvis made itself.
    """
    records = [
        *_read_anonymisations(dataset, dataset.metadata),
        *_read_anonymisations(dataset, Graph() if also is None else also),
    ]
    return sorted(records, key=lambda record: (record.ended, record.iri))


def _read_anonymisations(dataset: Dataset, graph: Graph) -> Iterator[Anonymisation]:
    for node in graph.subjects(RDF.type, PARVIS.Anonymisation):
        about = SubjectReader(graph, node, dataset.folder / "dataset.ttl")
        if about.iri(PROV.generated) != dataset.iri:
            raise about.missing_error(PROV.generated)
        ended, review = about.value(PROV.endedAtTime), about.value(PARVIS.nextReview)
        if not isinstance(ended, datetime) or ended.tzinfo is None:
            raise about.missing_error(PROV.endedAtTime)
        if not isinstance(review, date) or isinstance(review, datetime):
            raise about.missing_error(PARVIS.nextReview)
        yield Anonymisation(
            iri=str(node),
            dataset=dataset.key,
            title=dataset.title,
            description=about.texts(DCTERMS.description),
            purposes=_read_iris(about, DPV.hasPurpose),
            responsible=about.iri(DPV.hasResponsibleEntity),
            techniques=_read_iris(about, PARVIS.technique),
            parameters={
                str(step): _read_number(about, step)
                for step in PARAMETERS
                if about.value(step) is not None
            },
            contributors=_read_number(about, PARVIS.fewestContributors),
            persons=_read_number(about, PARVIS.fewestPersons),
            audit=about.texts(PARVIS.auditResult),
            ended=ended,
            review=review,
        )


def _read_iris(about: SubjectReader, step: URIRef) -> tuple[str, ...]:
    values = {
        value for value in about.graph.objects(about.subject, step) if isinstance(value, URIRef)
    }
    if not values:
        raise about.missing_error(step)
    return tuple(sorted(map(str, values)))


def _read_number(about: SubjectReader, step: URIRef) -> int:
    value = about.value(step)
    if not isinstance(value, int):
        raise about.missing_error(step)
    return value
