"""The typed record of a dataset, from its reviewed text and from what the pool knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, PROV, RDFS, SKOS
from rdflib.term import Node

from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission
from parvis.catalog.records import (
    EU,
    IANA,
    Agent,
    CatalogRecord,
    Contact,
    Cube,
    DataService,
    DatasetRecord,
    Distribution,
    Period,
    RecordVersion,
    Series,
    Term,
)
from parvis.catalog.turtle import AUTHORITIES, SubjectReader, read_code_list
from parvis.catalog.versions import DatasetVersion
from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES, N_, both, say
from parvis.rdf.files import plain_graph
from parvis.rdf.literals import read_texts
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import DCAT3, VCARD

# The reviewed text of a dataset. A value that no record can hold raises `CatalogError` naming the
# file, so that one bad record is left out and not the catalogue.

NO_DATE = N_("{file}: {term} is “{value}”, which is no date")

NAMING = (SKOS.prefLabel, RDFS.label, DCTERMS.title)
"""The properties that name a listed term; the first one that it has is used."""

TYPED_PROPERTIES = (
    DCTERMS.title,
    DCTERMS.description,
    DCTERMS.publisher,
    DCTERMS.license,
    DCTERMS.accessRights,
    DCTERMS.accrualPeriodicity,
    DCTERMS.language,
    DCTERMS.issued,
    DCTERMS.modified,
    DCTERMS.source,
    DCTERMS.spatial,
    DCTERMS.temporal,
    DCAT.contactPoint,
    DCAT.distribution,
    DCAT3.inSeries,
    DCAT.keyword,
    DCAT.theme,
)
"""The properties of a dataset that its typed record holds."""


class ReviewedText(SubjectReader):
    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset.metadata, URIRef(dataset.iri), dataset.folder / "dataset.ttl")
        self.dataset = dataset

    def terms(self, step: URIRef) -> tuple[Term, ...]:
        return tuple(self.term(node) for node in self.nodes(step) if isinstance(node, URIRef))

    def term(self, iri: str) -> Term:
        """Return a listed term, with the names it has in the lists or in this text."""
        graphs = (AUTHORITIES, self.graph, read_code_list("area"))
        names = (_read_names(graph, URIRef(iri)) for graph in graphs)
        return Term(str(iri), next(filter(None, names), {}))

    def keywords(self) -> dict[str, tuple[str, ...]]:
        keywords: dict[str, tuple[str, ...]] = {}
        for word in self.nodes(DCAT.keyword):
            lang = (word.language if isinstance(word, Literal) else None) or ""
            keywords[lang] = (*keywords.get(lang, ()), str(word))
        return keywords

    def issue_date(self) -> datetime | None:
        day = self._read_date(self.subject, DCTERMS.issued)
        return None if day is None else datetime.combine(day, datetime.min.time())

    def pages(self) -> tuple[str, ...]:
        # DCAT-AP reserves `dct:source` for the datasets that a record is derived from.
        steps = (DCTERMS.source, FOAF.page, PROV.hadPrimarySource)
        return tuple(sorted({str(page) for step in steps for page in self.nodes(step)}))

    def periods(self) -> tuple[Period, ...]:
        periods = []
        for node in self.nodes(DCTERMS.temporal):
            start, end = (self._read_date(node, step) for step in (DCAT.startDate, DCAT.endDate))
            name = str(node) if isinstance(node, URIRef) else f"{self.subject}#period-{start}-{end}"
            periods.append(Period(name, start, end))
        return tuple(periods)

    def contact(self) -> Contact | None:
        for node in self.nodes(DCAT.contactPoint):
            about = self.about(node)
            return Contact(
                iri=str(node) if isinstance(node, URIRef) else f"{self.subject}#contact",
                name=str(about.value(VCARD.fn) or self.dataset.publisher),
                url=about.text(VCARD.hasURL),
                email=about.text(VCARD.hasEmail, "mailto:"),
            )
        return None

    def series(self) -> tuple[Series, ...]:
        """Return the series of the dataset, which the text must name in both languages."""
        return tuple(
            Series(str(about.subject), about.texts(DCTERMS.title), about.texts(DCTERMS.description))
            for about in map(self.about, self.nodes(DCAT3.inSeries))
        )

    def distributions(self) -> Iterator[Distribution]:
        """Yield the other distributions that the text describes."""
        for node in self.nodes(DCAT.distribution):
            # The address of the partner's file is not one of them: it holds the data before their
            # mapping, and may be for the pool alone.
            if (node, DCAT.downloadURL, None) in self.graph:
                continue
            about = self.about(node)
            url = about.iri(DCAT.accessURL)
            iri = f"{self.subject}#distribution-{sha256(url.encode()).hexdigest()[:12]}"
            yield Distribution(
                iri=str(node) if isinstance(node, URIRef) else iri,
                title=_read_names(self.graph, node) or self.dataset.title,
                access_url=url,
                media_type=about.text(DCAT.mediaType, IANA),
                format=about.text(DCTERMS.format, f"{EU}file-type/"),
            )

    def other_triples(self) -> Graph:
        """Return what the text says beyond the typed record."""
        # Of two graphs, `+` also joins some thirty prefixes, one after the other.
        graph = plain_graph()
        graph += self.graph
        for step in TYPED_PROPERTIES:
            for value in set(graph.objects(self.subject, step)):
                if step != DCTERMS.spatial or not isinstance(value, BNode):
                    graph.remove((self.subject, step, value))
                    # The typed record describes distributions, and values without a name.
                    if isinstance(value, BNode) or step == DCAT.distribution:
                        graph.remove((value, None, None))
        return graph

    def _read_date(self, subject: Node, step: URIRef) -> date | None:
        # An instant counts as its day.
        node = self.graph.value(subject, step)
        if node is None:
            return None
        value = node.toPython() if isinstance(node, Literal) else node
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            raise CatalogError(NO_DATE, file=self.file, term=step, value=node)
        return value


def _read_names(graph: Graph, node: Node) -> dict[str, str]:
    # A text without a language is used for all.
    for step in NAMING:
        if texts := read_texts(graph, node, step, untagged=""):
            names = {lang: texts[lang] for lang in LANGUAGES if lang in texts}
            return names or dict.fromkeys(LANGUAGES, next(iter(texts.values())))
    return {}


ONTOLOGY = "https://w3id.org/parvis/ns#"
SPARQL_PROTOCOL = "http://www.w3.org/TR/sparql11-protocol/"

SERVICE = N_("SPARQL endpoint of the pool")
LDES_PROTOCOL = "https://w3id.org/ldes/specification"
FEED_SERVICE = N_("Feed of the changes of events, places, organisations and works (LDES)")
THROUGH_SPARQL = N_("{title}: through SPARQL")


@dataclass(frozen=True)
class DatasetState:
    """What the pool knows of a dataset besides its text.

    `submissions` are those of this dataset, in any order; `distributions` those that the pool
    offers besides its endpoint; `versions` are ordered from the oldest; `public` says whether
    everyone may read it, and overrides the access rights that the text states.
    """

    submissions: Sequence[Submission] = ()
    distributions: Sequence[Distribution] = ()
    versions: Sequence[DatasetVersion] = ()
    cube: Cube | None = None
    public: bool = False

    def entry(self, iri: str) -> CatalogRecord | None:
        """Return the catalogue's own record, by when submissions ended; None without any."""
        times = [submission.ended for submission in self.submissions]
        return CatalogRecord(iri, min(times), max(times)) if times else None


def dataset_record(catalog: Catalog, key: DatasetKey, state: DatasetState) -> DatasetRecord:
    """Return the record of a dataset from its text and what the pool knows.

    Raises `UnknownThing`, and `CatalogError` for a text that no record can hold.
    """
    dataset, partner, iris = catalog.require(key), catalog.partners[key.partner], catalog.iris
    text, publisher = ReviewedText(dataset), agent(partner)
    other_triples = text.other_triples()
    other_triples += partner.metadata
    contact = iris.thing("contact", partner.slug)
    last = max(state.submissions, key=lambda submission: submission.ended, default=None)
    entry = state.entry(f"{dataset.iri}#record")
    return DatasetRecord(
        key=key,
        iri=dataset.iri,
        graph=dataset.graph,
        page=page_of(dataset, iris),
        base=iris.base,
        catalogue=catalog.title,
        title=dataset.title,
        description=dataset.description,
        publisher=publisher,
        contact=text.contact() or Contact(contact, publisher.name, partner.url or partner.iri),
        licence=text.term(dataset.licence),
        public=state.public,
        invented=dataset.invented,
        issued=text.issue_date() or (entry.issued if entry else None),
        modified=entry.modified if entry else None,
        frequency=next(iter(text.terms(DCTERMS.accrualPeriodicity)), None),
        languages=text.terms(DCTERMS.language),
        themes=text.terms(DCAT.theme),
        keywords=text.keywords(),
        spatial=text.terms(DCTERMS.spatial),
        temporal=text.periods(),
        pages=text.pages(),
        conforms_to=(ONTOLOGY,),
        distributions=(_sparql_access(dataset, iris), *text.distributions(), *state.distributions),
        version=_version(state, last) if last else None,
        series=text.series(),
        cube=state.cube,
        entry=entry,
        activity=last.iri(iris) if last else None,
        policy=next((rule.agreement for rule in catalog.policies.rules_on(dataset.iri)), None),
        other_triples=other_triples,
    )


def data_service(catalog: Catalog, served: Iterable[str] = ()) -> DataService:
    """Return the SPARQL endpoint as a data service of the datasets `served`, by their IRIs."""
    return DataService(
        iri=service(catalog.iris),
        title=both(SERVICE),
        publisher=catalog.third_party.iri,
        endpoint=f"{catalog.iris.base}sparql",
        conforms_to=SPARQL_PROTOCOL,
        serves=tuple(served),
    )


def feed_service(catalog: Catalog) -> DataService:
    """Return the feed of entities as a data service."""
    # It names no dataset: which ones it leads to depends on its reader.
    return DataService(
        iri=catalog.iris.thing("service", "entities"),
        title=both(FEED_SERVICE),
        publisher=catalog.third_party.iri,
        endpoint=f"{catalog.iris.base}feed/entities",
        conforms_to=LDES_PROTOCOL,
        serves=(),
    )


def agent(partner: Partner) -> Agent:
    return Agent(partner.iri, partner.names[LANGUAGES[0]], partner.names, partner.url)


def page_of(dataset: Dataset, iris: Iris) -> str:
    return f"{iris.base}dataset/{dataset.key}"


def service(iris: Iris) -> str:
    return iris.thing("service", "sparql")


def _sparql_access(dataset: Dataset, iris: Iris) -> Distribution:
    title = dataset.title
    return Distribution(
        iri=iris.thing("distribution", f"{dataset.key}/sparql"),
        title={lang: say(lang, THROUGH_SPARQL, title=title[lang]) for lang in title},
        access_url=page_of(dataset, iris),
        service=service(iris),
    )


def _version(state: DatasetState, last: Submission) -> RecordVersion | None:
    # Without the right to read a dataset, nobody may learn its counts or its digest.
    if state.versions:
        latest = state.versions[-1]
        return RecordVersion(latest.label, latest.issued, latest.notes if state.public else {})
    if last.graph_digest is None:
        return None
    day = last.ended.astimezone(UTC).date().isoformat()
    label = f"{day}-{last.graph_digest[:8]}" if state.public else day
    return RecordVersion(label, last.ended)
