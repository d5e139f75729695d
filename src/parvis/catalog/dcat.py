"""A typed record as a DCAT 3 graph that harvesters accept (DCAT-AP 3.0.1).

Harvesters follow no link: all that a record needs stands in it, the class of each thing that
it names included, and nothing in it changes unless the dataset does.
"""

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, PROV, QB, RDF, RDFS, SKOS, VOID, XSD

from parvis.catalog.provenance import instant
from parvis.catalog.quality import DIMENSIONS, Quality, assess
from parvis.catalog.records import (
    EU,
    IANA,
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
from parvis.catalog.turtle import AUTHORITIES, Adding, describe
from parvis.store.record.statistics import Statistics
from parvis.vocab.namespaces import ADMS, DCAT3, DQV, PARVIS, PREFIXES, SPDX, STAT, VCARD

RDF_FORMATS = frozenset({"RDF_N_QUADS", "RDF_TURTLE", "JSON_LD"})
"""The file types that VoID calls dumps (VoID §3.2)."""

NOT_OPEN = "Other (Not Open)"
"""How CKAN calls the licence of what is given by agreement."""

_CLASSES = {
    DCTERMS.accessRights: DCTERMS.RightsStatement,
    DCTERMS.accrualPeriodicity: DCTERMS.Frequency,
    DCTERMS.conformsTo: DCTERMS.Standard,
    DCTERMS.format: DCTERMS.MediaTypeOrExtent,
    DCTERMS.language: DCTERMS.LinguisticSystem,
    DCTERMS.license: DCTERMS.LicenseDocument,
    DCTERMS.rights: DCTERMS.RightsStatement,
    DCTERMS.spatial: DCTERMS.Location,
    DCTERMS.temporal: DCTERMS.PeriodOfTime,
    DCTERMS.type: SKOS.Concept,
    DCAT.compressFormat: DCTERMS.MediaType,
    DCAT.contactPoint: VCARD.Kind,
    DCAT.endpointDescription: RDFS.Resource,
    DCAT.endpointURL: RDFS.Resource,
    DCAT.landingPage: FOAF.Document,
    DCAT.mediaType: DCTERMS.MediaType,
    DCAT.packageFormat: DCTERMS.MediaType,
    DCAT.theme: SKOS.Concept,
    DCAT.themeTaxonomy: SKOS.ConceptScheme,
    FOAF.homepage: FOAF.Document,
    FOAF.page: FOAF.Document,
    FOAF.primaryTopic: DCAT.Resource,
    ODRL2.hasPolicy: ODRL2.Policy,
}
"""The class that DCAT-AP asks of what a property leads to."""


def to_dcat(record: DatasetRecord) -> Graph:
    """Describe a dataset and its distributions; the service is described by `add_service`."""
    graph = Graph()
    graph += record.besides
    add = Adding(graph, URIRef(record.iri))
    _identity(add, record)
    _lists(add, record)
    _history(add, record)
    _contact(add, record.contact)
    for series in record.series:
        _series(add, series)
    for period in record.temporal:
        _period(add, period)
    for distribution in record.distributions:
        _distribution(add, distribution, record)
    return complete(graph)


def add_service(graph: Graph, told: DataService) -> None:
    """Describe a service, and that it serves these datasets."""
    add = Adding(graph, URIRef(told.iri))
    add(RDF.type, DCAT.DataService)
    add.texts(DCTERMS.title, told.title)
    add(DCTERMS.identifier, Literal(told.iri))
    add.iris(DCTERMS.publisher, told.publisher)
    add.iris(DCTERMS.conformsTo, told.conforms_to)
    add.iris(DCAT.endpointURL, told.endpoint)
    add.iris(DCAT.endpointDescription, told.endpoint)
    add.iris(DCAT.servesDataset, *told.serves)


def add_entry(graph: Graph, catalogue: str, entry: CatalogRecord, dataset: str) -> None:
    """List our own entry about a dataset."""
    add = Adding(graph, URIRef(entry.iri))
    graph.add((URIRef(catalogue), DCAT.record, URIRef(entry.iri)))
    add(RDF.type, DCAT.CatalogRecord)
    add.iris(FOAF.primaryTopic, dataset)
    add(DCTERMS.issued, instant(entry.issued))
    add(DCTERMS.modified, instant(entry.modified))


def complete(graph: Graph) -> Graph:
    """Add the classes and names that a record must carry inline; gives the graph back."""
    for step, kind in _CLASSES.items():
        for value in set(graph.objects(None, step)):
            graph.add((value, RDF.type, kind))
    describe(graph)
    return graph


def _identity(add: Adding, record: DatasetRecord) -> None:
    """Say what the dataset is called, whose it is, and where it is."""
    add(RDF.type, DCAT.Dataset)
    add.texts(DCTERMS.title, record.title)
    add.texts(DCTERMS.description, record.description)
    add(DCTERMS.identifier, Literal(record.iri))
    add.iris(DCTERMS.publisher, record.publisher.iri)
    add.iris(DCTERMS.accessRights, record.access)
    add.iris(DCTERMS.conformsTo, *record.conforms_to)
    add.iris(DCAT.landingPage, record.page)
    add.iris(FOAF.page, *record.pages)
    add.iris(PROV.hadPrimarySource, *record.pages)
    add.iris(PARVIS.namedGraph, record.graph)
    add.iris(ODRL2.hasPolicy, record.policy)
    add.iris(RDFS.seeAlso, f"{record.base}void")
    for lang, words in record.keywords.items():
        for word in words:
            add(DCAT.keyword, Literal(word, lang or None))


def _lists(add: Adding, record: DatasetRecord) -> None:
    """Name the things of lists, with their names: those of the shared lists come afterwards."""
    _licence(add, record)
    if record.frequency is not None:
        _terms(add, DCTERMS.accrualPeriodicity, RDFS.label, record.frequency)
    _terms(add, DCTERMS.language, RDFS.label, *record.languages)
    _terms(add, DCTERMS.spatial, SKOS.prefLabel, *record.spatial)
    _terms(add, DCAT.theme, SKOS.prefLabel, *record.themes)


def _licence(add: Adding, record: DatasetRecord) -> None:
    """Name the licence; a title without language is the one by which a CKAN finds it."""
    _terms(add, DCTERMS.license, RDFS.label, record.licence)
    if record.licence.iri == record.policy:
        about = Adding(add.graph, URIRef(record.licence.iri))
        about(DCTERMS.title, Literal(NOT_OPEN))


def _terms(add: Adding, step: URIRef, naming: URIRef, *terms: Term) -> None:
    for term in terms:
        add.iris(step, term.iri)
        if (URIRef(term.iri), None, None) not in AUTHORITIES:
            Adding(add.graph, URIRef(term.iri)).texts(naming, term.names)


def _history(add: Adding, record: DatasetRecord) -> None:
    """Say when the content came first and last, in which version, from which submission."""
    for step, at in ((DCTERMS.issued, record.issued), (DCTERMS.modified, record.modified)):
        if at is not None:
            add(step, instant(at))
    add.iris(PROV.wasGeneratedBy, record.activity)
    if record.version is not None:
        _version(add, record.version)


def _version(add: Adding, version: Version) -> None:
    add(DCAT3.version, Literal(version.name))
    add.texts(ADMS.versionNotes, version.notes)


def _contact(add: Adding, contact: Contact) -> None:
    """Say whom to ask."""
    add.iris(DCAT.contactPoint, contact.iri)
    about = Adding(add.graph, URIRef(contact.iri))
    about(RDF.type, VCARD.Organization)
    about(VCARD.fn, Literal(contact.name))
    about.iris(VCARD.hasURL, contact.url)
    about.iris(VCARD.hasEmail, contact.email and f"mailto:{contact.email}")


def _series(add: Adding, series: Series) -> None:
    """Say which series the dataset is of."""
    add.iris(DCAT3.inSeries, series.iri)
    about = Adding(add.graph, URIRef(series.iri))
    about(RDF.type, DCAT3.DatasetSeries)
    about.texts(DCTERMS.title, series.title)
    about.texts(DCTERMS.description, series.description)


def _period(add: Adding, period: Period) -> None:
    """Say which time the dataset is about."""
    add.iris(DCTERMS.temporal, period.iri)
    about = Adding(add.graph, URIRef(period.iri))
    for step, day in ((DCAT.startDate, period.start), (DCAT.endDate, period.end)):
        if day is not None:
            about(step, Literal(day.isoformat(), datatype=XSD.date))


def _distribution(add: Adding, given: Distribution, record: DatasetRecord) -> None:
    """Describe one way to have the dataset."""
    add.iris(DCAT.distribution, given.iri)
    add.iris(VOID.dataDump, given.download_url if given.format in RDF_FORMATS else None)
    about = Adding(add.graph, URIRef(given.iri))
    about(RDF.type, DCAT.Distribution)
    about.texts(DCTERMS.title, given.title)
    about.iris(DCTERMS.license, given.licence or record.licence.iri)
    about.iris(DCTERMS.rights, given.rights or record.access)
    about.iris(DCAT.accessURL, given.access_url)
    about.iris(DCAT.accessService, given.service)
    about.iris(DCAT.downloadURL, given.download_url)
    about.iris(DCAT.mediaType, given.media_type and IANA + given.media_type)
    about.iris(DCAT.compressFormat, given.compression and IANA + given.compression)
    about.iris(DCAT.packageFormat, given.package and IANA + given.package)
    about.iris(DCTERMS.format, given.format and f"{EU}file-type/{given.format}")
    about.iris(DCTERMS.conformsTo, *given.conforms_to)
    if given.modified is not None:
        about(DCTERMS.modified, instant(given.modified))
    _bytes(about, given)


def _bytes(add: Adding, given: Distribution) -> None:
    """Say how long the file is, and by which digest it is known (SPDX 2.3)."""
    if given.size is not None:
        add(DCAT.byteSize, Literal(str(given.size), datatype=XSD.nonNegativeInteger))
    if given.sha256 is not None:
        checksum = URIRef(f"{given.iri}#checksum")
        add(SPDX.checksum, checksum)
        about = Adding(add.graph, checksum)
        about(RDF.type, SPDX.Checksum)
        about(SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        about(SPDX.checksumValue, Literal(given.sha256, datatype=XSD.hexBinary))
        add.graph.add((SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm))


# What StatDCAT-AP 3 adds to the record of a dataset of statistics: the structure of its cube.

STATISTICAL = URIRef(f"{EU}dataset-type/STATISTICAL")


def to_statdcat(record: DatasetRecord) -> Graph:
    """Describe the structure of a dataset of observations; of any other nothing."""
    graph = Graph()
    if record.cube is None:
        return graph
    add = Adding(graph, URIRef(record.iri))
    add(DCTERMS.type, STATISTICAL)
    graph.add((STATISTICAL, RDF.type, SKOS.Concept))
    _properties(add, STAT.dimension, QB.DimensionProperty, record.cube.dimensions)
    _properties(add, STAT.attribute, QB.AttributeProperty, record.cube.attributes)
    return graph


def _properties(add: Adding, step: URIRef, kind: URIRef, properties: tuple[Term, ...]) -> None:
    for one in properties:
        add.iris(step, one.iri)
        about = Adding(add.graph, URIRef(one.iri))
        about(RDF.type, kind)
        about.texts(RDFS.label, one.names)


# The structure of a dataset of observations, from what was counted in it.


def cube_of(counted: Statistics, ontology: Graph) -> Cube | None:
    """Tell which dimensions, measures and attributes the observations have; None without any.

    `ontology` says which kind each property is of, and how it is called.
    """
    observations = counted.classes.get(str(QB.Observation))
    if observations is None:
        return None
    used = sorted(observations.properties)
    return Cube(
        dimensions=_of(QB.DimensionProperty, used, ontology),
        measures=_of(QB.MeasureProperty, used, ontology),
        attributes=_of(QB.AttributeProperty, used, ontology),
    )


def _of(kind: URIRef, used: list[str], ontology: Graph) -> tuple[Term, ...]:
    """Give the properties of one kind, with their names."""
    return tuple(
        Term(one, _names(ontology, URIRef(one)))
        for one in used
        if (URIRef(one), RDF.type, kind) in ontology
    )


def _names(ontology: Graph, term: URIRef) -> dict[str, str]:
    found = (one for one in ontology.objects(term, RDFS.label) if isinstance(one, Literal))
    return {one.language: str(one) for one in found if one.language}


# The quality of a record in RDF (Data Quality Vocabulary), by data.europa.eu's own metrics.


def to_dqv(record: DatasetRecord) -> Graph:
    """Describe a record's quality: its points, those of each dimension, each criterion unmet.

    What is met is not told one by one: it would be the greater part of every record.
    """
    graph, this = Graph(), URIRef(record.iri)
    for metric, value in _measured(assess(record)).items():
        measurement = URIRef(f"{record.iri}#quality-{metric}")
        graph.add((this, DQV.hasQualityMeasurement, measurement))
        add = Adding(graph, measurement)
        add(RDF.type, DQV.QualityMeasurement)
        add(DQV.computedOn, this)
        add.iris(DQV.isMeasurementOf, PREFIXES["pv"] + metric)
        add(DQV.value, Literal(value))
    return graph


def _measured(quality: Quality) -> dict[str, int | bool]:
    """Give the value of every metric that is told."""
    points = {f"{dimension}Scoring": quality.of(dimension) for dimension in DIMENSIONS}
    return {"scoring": quality.points, **points} | {one.metric: False for one in quality.unmet}
