"""Records of anonymisation: what the law asks to keep of each release of pooled publics.

They stand in the release's own reviewed text, as activities (PROV-O) that generated it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, PROV, RDF

from parvis.catalog.entries import Dataset
from parvis.catalog.turtle import Described
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import DPV, PARVIS

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
