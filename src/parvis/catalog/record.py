"""One dataset's typed record: what its reviewed text says, and what the pool knows of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rdflib.namespace import DCAT, DCTERMS

from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.provenance import Submission
from parvis.catalog.reading import Text
from parvis.catalog.records import (
    Agent,
    CatalogRecord,
    Contact,
    Cube,
    DataService,
    DatasetRecord,
    Distribution,
    Version,
)
from parvis.catalog.versions import DatasetVersion
from parvis.governance import Policies
from parvis.i18n import LANGUAGES, N_, both, say
from parvis.vocab.iris import DatasetKey, Iris

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
