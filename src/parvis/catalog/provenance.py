"""The provenance of graphs: submissions as PROV-O, and the register of anonymisation."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from typing import Any, Self

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF, RDFS, VOID

from parvis.catalog.entries import Dataset
from parvis.catalog.turtle import SubjectReader, SubjectWriter
from parvis.config.documents import SHA256, Document, read_fields
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
DIGEST = {"form": SHA256}


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
    file_name: str = field(metadata={"form": FILE_NAME})
    file_digest: str = field(metadata=DIGEST)
    mapping_digest: str | None = field(metadata=DIGEST)
    report_digest: str = field(metadata=DIGEST)
    rows: int
    row_errors: int
    findings: int
    agent: str | None = None
    graph_digest: str | None = field(default=None, metadata=DIGEST)
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
        """Read what `to_json` wrote. Raises `StoreError`."""
        # The digests and the file name become parts of paths, so each is checked.
        return read_fields(cls, Document(document, "submission"))


def by_dataset(submissions: Iterable[Submission]) -> Mapping[DatasetKey, Sequence[Submission]]:
    by_key: defaultdict[DatasetKey, list[Submission]] = defaultdict(list)
    for submission in submissions:
        by_key[submission.key].append(submission)
    return by_key


def provenance(submission: Submission, iris: Iris, *, public: bool) -> Graph:
    """Describe a submission: the activity, what it used and what it generated.

    If not `public`, state only that there was one, by whom and when.
    """
    # File names, digests and counts would reveal a content that not everyone may read.
    graph, key = Graph(), submission.key
    add = SubjectWriter(graph, submission.iri(iris), PROV.Activity)
    add(PROV.startedAtTime, submission.began)
    add(PROV.endedAtTime, submission.ended)
    add.iris(PROV.wasAssociatedWith, submission.agent or iris.partner(key.partner))
    if not public:
        return graph
    add(RDF.type, PARVIS.Submission)
    add.texts(RDFS.label, both(SUBMISSION, file=submission.file_name))
    add(PARVIS.rowsRead, submission.rows)
    add(PARVIS.rowErrors, submission.row_errors)
    add_entity = partial(_add_entity, graph, iris, key)
    used = [add_entity("source", submission.file_digest)]
    used[0](RDFS.label, submission.file_name)
    if submission.mapping_digest is not None:
        used.append(add_entity("mapping", submission.mapping_digest))
        used[1].texts(RDFS.label, both(MAPPING, key=key))
    report = add_entity("report", submission.report_digest)
    labels = both(REPORT, file=submission.file_name, findings=submission.findings)
    report.texts(RDFS.label, labels)
    generated = [report]
    if submission.graph_digest is not None and submission.triples is not None:
        # The named graph will have other contents: this one is a specialization of it.
        version = add_entity("version", submission.graph_digest)
        version.texts(RDFS.label, both(VERSION, key=key))
        version.iris(PROV.wasDerivedFrom, *(entity.subject for entity in used))
        version.iris(PROV.specializationOf, iris.graph(key))
        version(VOID.triples, submission.triples)
        generated.append(version)
    add.iris(PROV.used, *(entity.subject for entity in used))
    for entity in generated:
        add(PROV.generated, entity.subject)
        entity(PROV.wasGeneratedBy, add.subject)
    return graph


def _add_entity(graph: Graph, iris: Iris, key: DatasetKey, kind: str, digest: str) -> SubjectWriter:
    """Describe a file of a dataset, within which its digest identifies it."""
    entity = SubjectWriter(graph, iris.thing(kind, f"{key}/{digest[:12]}"), PROV.Entity)
    entity.iris(DCTERMS.isPartOf, iris.dataset(key))
    entity.checksum(f"{entity.subject}#checksum", digest)
    graph.add((SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm))
    return entity


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
    iris = tuple(str(node) for node in about.nodes(step) if isinstance(node, URIRef))
    if not iris:
        raise about.missing_error(step)
    return iris


def _read_number(about: SubjectReader, step: URIRef) -> int:
    value = about.value(step)
    if not isinstance(value, int):
        raise about.missing_error(step)
    return value
