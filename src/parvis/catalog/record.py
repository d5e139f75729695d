"""One dataset's typed record: what its reviewed text says, and what the pool knows of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
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
    Series,
    Term,
    Version,
)
from parvis.catalog.turtle import AUTHORITIES, Described, read_turtle
from parvis.catalog.versions import DatasetVersion
from parvis.config import knowledge
from parvis.errors import CatalogError
from parvis.governance import Policies
from parvis.i18n import LANGUAGES, N_, both, say
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import DCAT3, VCARD

# What the reviewed text of a dataset says, as the parts of a typed record.
#
# A value that no record can hold raises `CatalogError` naming the file: one bad record is left out,
# not the catalogue.

NO_DATE = N_("{file}: {term} is “{value}”, which is no date")

NAMING = (SKOS.prefLabel, RDFS.label, DCTERMS.title)
"""By what a thing of a list is called, the first that there is."""

TOLD = (
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


class Text:
    """The reviewed text of one dataset."""

    def __init__(self, dataset: Dataset) -> None:
        """Keep what is read from."""
        self.dataset = dataset
        self.graph, self.this = dataset.described, URIRef(dataset.iri)
        self.file = dataset.folder / "dataset.ttl"

    def terms(self, step: URIRef) -> tuple[Term, ...]:
        """Give the things of lists that a property names."""
        found = [one for one in self.graph.objects(self.this, step) if isinstance(one, URIRef)]
        return tuple(self.term(one) for one in sorted(found))

    def term(self, iri: str) -> Term:
        """Give one thing of a list, with the names that the lists or this text give it."""
        graphs = (AUTHORITIES, self.graph, _areas())
        names = (_names(graph, URIRef(iri)) for graph in graphs)
        return Term(str(iri), next(filter(None, names), {}))

    def keywords(self) -> dict[str, tuple[str, ...]]:
        """Give the keywords by language."""
        found: dict[str, tuple[str, ...]] = {}
        for word in self._nodes(DCAT.keyword):
            lang = (word.language if isinstance(word, Literal) else None) or ""
            found[lang] = (*found.get(lang, ()), str(word))
        return found

    def issued(self) -> datetime | None:
        """Give the day when it first came out, if the text says it."""
        found = self._date(self.this, DCTERMS.issued)
        return None if found is None else datetime.combine(found, datetime.min.time())

    def pages(self) -> tuple[str, ...]:
        """Give the pages of its source: DCAT-AP keeps `dct:source` for datasets it describes."""
        steps = (DCTERMS.source, FOAF.page, PROV.hadPrimarySource)
        found = {str(one) for step in steps for one in self.graph.objects(self.this, step)}
        return tuple(sorted(found))

    def periods(self) -> tuple[Period, ...]:
        """Give the times that it is about."""
        return tuple(self._period(one) for one in self._nodes(DCTERMS.temporal))

    def _period(self, node: Node) -> Period:
        start, end = (self._date(node, step) for step in (DCAT.startDate, DCAT.endDate))
        name = str(node) if isinstance(node, URIRef) else f"{self.this}#period-{start}-{end}"
        return Period(name, start, end)

    def contact(self) -> Contact | None:
        """Give whom to ask, if the text names somebody."""
        for node in self._nodes(DCAT.contactPoint):
            about = Described(self.graph, node, self.file)
            mail, url = about.maybe(VCARD.hasEmail), about.maybe(VCARD.hasURL)
            return Contact(
                iri=str(node) if isinstance(node, URIRef) else f"{self.this}#contact",
                name=str(about.maybe(VCARD.fn) or self.dataset.publisher),
                url=None if url is None else str(url),
                email=None if mail is None else str(mail).removeprefix("mailto:"),
            )
        return None

    def series(self) -> tuple[Series, ...]:
        """Give the series that it is of, which the text must name in both languages."""
        found = []
        for node in self._nodes(DCAT3.inSeries):
            about = Described(self.graph, node, self.file)
            title = about.texts(DCTERMS.title)
            found.append(Series(str(node), title, about.texts(DCTERMS.description)))
        return tuple(found)

    def distributions(self) -> Iterator[Distribution]:
        """Give the other ways to have it that the text tells.

        Where the partner's file is fetched from is none: it is what the data was before its
        mapping, and its address may be for the pool alone.
        """
        for node in self._nodes(DCAT.distribution):
            if (node, DCAT.downloadURL, None) not in self.graph:
                yield self._distribution(node)

    def _distribution(self, node: Node) -> Distribution:
        about = Described(self.graph, node, self.file)
        url = about.iri(DCAT.accessURL)
        titled = _names(self.graph, node) or self.dataset.title
        named = f"{self.this}#distribution-{sha256(url.encode()).hexdigest()[:12]}"
        kind, form = about.maybe(DCAT.mediaType), about.maybe(DCTERMS.format)
        return Distribution(
            iri=str(node) if isinstance(node, URIRef) else named,
            title=titled,
            access_url=url,
            media_type=None if kind is None else str(kind).removeprefix(IANA),
            format=None if form is None else str(form).removeprefix(f"{EU}file-type/"),
        )

    def besides(self) -> Graph:
        """Give what the text says beyond the typed record."""
        graph = Graph() + self.graph
        for step in TOLD:
            for value in set(graph.objects(self.this, step)):
                if step != DCTERMS.spatial or not isinstance(value, BNode):
                    graph.remove((self.this, step, value))
                    _forget(graph, value, step)
        return graph

    def _nodes(self, step: URIRef) -> list[Node]:
        return sorted(self.graph.objects(self.this, step), key=str)

    def _date(self, subject: Node, step: URIRef) -> date | None:
        """Read a day; an instant gives its day."""
        found = self.graph.value(subject, step)
        if found is None:
            return None
        value = found.toPython() if isinstance(found, Literal) else found
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            raise CatalogError(NO_DATE, file=self.file, term=step, value=found)
        return value


@cache
def _areas() -> Graph:
    """Read the shared areas, by which records say where."""
    return read_turtle(knowledge("ontology") / "area.ttl", "")


def _names(graph: Graph, node: Node) -> dict[str, str]:
    """Give what a thing is called, in each language; a name that has none serves for all."""
    for step in NAMING:
        found = [one for one in graph.objects(node, step) if isinstance(one, Literal)]
        tagged = {one.language: str(one) for one in found if one.language in LANGUAGES}
        if names := tagged or {lang: str(one) for one in found[:1] for lang in LANGUAGES}:
            return {lang: names[lang] for lang in LANGUAGES if lang in names}
    return {}


def _forget(graph: Graph, value: Node, step: URIRef) -> None:
    """Forget a thing without a name, and any distribution: the typed record tells it."""
    if isinstance(value, BNode) or step == DCAT.distribution:
        graph.remove((value, None, None))


ONTOLOGY = "https://w3id.org/parvis/ns#"
SPARQL_PROTOCOL = "http://www.w3.org/TR/sparql11-protocol/"

SERVICE = N_("SPARQL endpoint of the pool")
THROUGH_SPARQL = N_("{title}: through SPARQL")


@dataclass(frozen=True)
class Known:
    """What the pool knows of a dataset besides its text.

    `submissions` are those of this dataset, in any order; `distributions` those that the pool
    offers besides its endpoint; `versions` come the oldest first; `public` says whether everyone
    may read it, and wins over the access rights that the text states.
    """

    submissions: Sequence[Submission] = ()
    distributions: Sequence[Distribution] = ()
    versions: Sequence[DatasetVersion] = ()
    cube: Cube | None = None
    public: bool = False


def dataset_record(catalog: Catalog, key: DatasetKey, known: Known) -> DatasetRecord:
    """Put together what is said and what is known of a dataset.

    Raises `UnknownThing`, and `CatalogError` for a text that no record can hold.
    """
    dataset, partner, iris = catalog.require(key), catalog.partners[key.partner], catalog.iris
    text = Text(dataset)
    first, last = (pick(known.submissions, key=_ended, default=None) for pick in (min, max))
    offered = (_through_sparql(dataset, iris), *text.distributions(), *known.distributions)
    return DatasetRecord(
        key=key,
        iri=dataset.iri,
        graph=dataset.graph,
        page=page_of(dataset, iris),
        base=iris.base,
        catalogue=catalog.title,
        title=dataset.title,
        description=dataset.description,
        publisher=agent(partner),
        contact=text.contact() or _contact(partner, iris),
        licence=text.term(dataset.licence),
        public=known.public,
        invented=dataset.invented,
        issued=text.issued() or (first.ended if first else None),
        modified=last.ended if last else None,
        frequency=next(iter(text.terms(DCTERMS.accrualPeriodicity)), None),
        languages=text.terms(DCTERMS.language),
        themes=text.terms(DCAT.theme),
        keywords=text.keywords(),
        spatial=text.terms(DCTERMS.spatial),
        temporal=text.periods(),
        pages=text.pages(),
        conforms_to=(ONTOLOGY,),
        distributions=offered,
        version=_version(known, last) if last else None,
        series=text.series(),
        cube=known.cube,
        entry=_entry(dataset, first, last) if first and last else None,
        activity=last.iri(iris) if last else None,
        policy=_policy(catalog.policies, dataset),
        besides=text.besides() + partner.described,
    )


def data_service(catalog: Catalog, served: Iterable[str] = ()) -> DataService:
    """Tell the SPARQL endpoint, and which datasets it serves, by their IRIs."""
    return DataService(
        iri=service(catalog.iris),
        title=both(SERVICE),
        publisher=catalog.host.iri,
        endpoint=f"{catalog.iris.base}sparql",
        conforms_to=SPARQL_PROTOCOL,
        serves=tuple(served),
    )


def agent(partner: Partner) -> Agent:
    """Tell a partner as a publisher."""
    return Agent(partner.iri, partner.names[LANGUAGES[0]], partner.names, partner.url)


def page_of(dataset: Dataset, iris: Iris) -> str:
    """Give the address of a dataset's page."""
    return f"{iris.base}dataset/{dataset.key}"


def service(iris: Iris) -> str:
    """Name the SPARQL endpoint as a data service."""
    return iris.thing("service", "sparql")


def _ended(submission: Submission) -> datetime:
    return submission.ended


def _contact(partner: Partner, iris: Iris) -> Contact:
    """Name the partner as whom to ask, where the text names nobody."""
    name, url = partner.names[LANGUAGES[0]], partner.url or partner.iri
    return Contact(iris.thing("contact", partner.slug), name, url)


def _through_sparql(dataset: Dataset, iris: Iris) -> Distribution:
    """Tell the way that every dataset has: the endpoint, and the page that explains it."""
    title = dataset.title
    return Distribution(
        iri=iris.thing("distribution", f"{dataset.key}/sparql"),
        title={lang: say(lang, THROUGH_SPARQL, title=title[lang]) for lang in title},
        access_url=page_of(dataset, iris),
        service=service(iris),
    )


def _version(known: Known, last: Submission) -> Version | None:
    """Name the content that came of a submission: as the record counts it, else by its day.

    What changed, and the digest, are told if everyone may read it: who may not read a dataset may
    not read its counts.
    """
    if known.versions:
        latest = known.versions[-1]
        return Version(latest.label, latest.issued, latest.notes if known.public else {})
    if last.graph_digest is None:
        return None
    day = last.ended.astimezone(UTC).date().isoformat()
    label = f"{day}-{last.graph_digest[:8]}" if known.public else day
    return Version(label, last.ended)


def _entry(dataset: Dataset, first: Submission, last: Submission) -> CatalogRecord:
    return CatalogRecord(f"{dataset.iri}#record", first.ended, last.ended)


def _policy(policies: Policies, dataset: Dataset) -> str | None:
    """Give the agreement that speaks of a dataset."""
    return next((rule.agreement for rule in policies.rules_on(dataset.iri)), None)
