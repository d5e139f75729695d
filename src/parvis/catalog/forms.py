"""A typed record in each form it is published in: DCAT 3, schema.org, a Data Package.

Harvesters of DCAT-AP 3.0.1 follow no link: the graph includes all that a record needs, the class of
each resource that it names too, and changes only if the dataset does.
"""

import re
from collections.abc import Mapping
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, PROV, QB, RDF, RDFS, SKOS, VOID, XSD

from parvis.catalog.quality import DIMENSIONS, add_measurement, assess
from parvis.catalog.records import (
    EU,
    IANA,
    CatalogRecord,
    Cube,
    DataService,
    DatasetRecord,
    Distribution,
    Term,
)
from parvis.catalog.turtle import AUTHORITIES, SubjectWriter, add_authority_terms
from parvis.i18n import choose_text
from parvis.rdf.files import plain_graph
from parvis.rdf.literals import read_texts
from parvis.store.record.statistics import Statistics
from parvis.vocab.namespaces import ADMS, DCAT3, PARVIS, PREFIXES, SPDX, STAT, VCARD

RDF_FORMATS = frozenset({"RDF_N_QUADS", "RDF_TURTLE", "JSON_LD"})
"""The file types that VoID calls dumps (VoID §3.2)."""

NOT_OPEN = "Other (Not Open)"
"""CKAN's title for the licence of data under an agreement."""

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
    """Describe a dataset and its distributions; `add_service` describes the service."""
    graph = plain_graph()
    graph += record.other_triples
    add = SubjectWriter(graph, record.iri, DCAT.Dataset)
    _add_description(add, record)
    add(DCTERMS.issued, record.issued)
    add(DCTERMS.modified, record.modified)
    add.iris(PROV.wasGeneratedBy, record.activity)
    if record.version is not None:
        add(DCAT3.version, record.version.name)
        add.texts(ADMS.versionNotes, record.version.notes)
    contact = record.contact
    add.iris(DCAT.contactPoint, contact.iri)
    about = SubjectWriter(graph, contact.iri, VCARD.Organization)
    about(VCARD.fn, contact.name)
    about.iris(VCARD.hasURL, contact.url)
    about.iris(VCARD.hasEmail, contact.email and f"mailto:{contact.email}")
    for series in record.series:
        add.iris(DCAT3.inSeries, series.iri)
        about = SubjectWriter(graph, series.iri, DCAT3.DatasetSeries)
        about.texts(DCTERMS.title, series.title)
        about.texts(DCTERMS.description, series.description)
    for period in record.temporal:
        add.iris(DCTERMS.temporal, period.iri)
        about = SubjectWriter(graph, period.iri)
        for step, day in ((DCAT.startDate, period.start), (DCAT.endDate, period.end)):
            if day is not None:
                about(step, Literal(day.isoformat(), datatype=XSD.date))
    for distribution in record.distributions:
        _add_distribution(add, distribution, record)
    return complete_graph(graph)


def add_service(graph: Graph, service: DataService) -> None:
    add = SubjectWriter(graph, service.iri, DCAT.DataService)
    add.texts(DCTERMS.title, service.title)
    add(DCTERMS.identifier, service.iri)
    add.iris(DCTERMS.publisher, service.publisher)
    add.iris(DCTERMS.conformsTo, service.conforms_to)
    add.iris(DCAT.endpointURL, service.endpoint)
    add.iris(DCAT.endpointDescription, service.endpoint)
    add.iris(DCAT.servesDataset, *service.serves)


def add_entry(graph: Graph, catalogue: str, entry: CatalogRecord, dataset: str) -> None:
    """Add the catalogue's own record of a dataset (`dcat:CatalogRecord`)."""
    graph.add((URIRef(catalogue), DCAT.record, URIRef(entry.iri)))
    add = SubjectWriter(graph, entry.iri, DCAT.CatalogRecord)
    add.iris(FOAF.primaryTopic, dataset)
    add(DCTERMS.issued, entry.issued)
    add(DCTERMS.modified, entry.modified)


def complete_graph(graph: Graph) -> Graph:
    """Add the classes and names that a record must include; returns the same graph."""
    for step, kind in _CLASSES.items():
        for value in set(graph.objects(None, step)):
            graph.add((value, RDF.type, kind))
    # CKAN reads the name of a format that is of this class, and takes the IRI of any other for it.
    for value in set(graph.objects(None, DCTERMS.format)):
        graph.add((value, RDF.type, DCTERMS.IMT))
    add_authority_terms(graph)
    return graph


def _add_description(add: SubjectWriter, record: DatasetRecord) -> None:
    add.texts(DCTERMS.title, record.title)
    add.texts(DCTERMS.description, record.description)
    add(DCTERMS.identifier, record.iri)
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
    # Terms of the shared lists get their names later, in `complete_graph`.
    # udata takes an `rdfs:label` for the licence, in place of its address.
    _link_terms(add, DCTERMS.license, SKOS.prefLabel, record.licence)
    if record.licence.iri == record.policy:
        # CKAN finds a licence by a title without language.
        SubjectWriter(add.graph, record.licence.iri)(DCTERMS.title, NOT_OPEN)
    if record.frequency is not None:
        _link_terms(add, DCTERMS.accrualPeriodicity, RDFS.label, record.frequency)
    _link_terms(add, DCTERMS.language, RDFS.label, *record.languages)
    _link_terms(add, DCTERMS.spatial, SKOS.prefLabel, *record.spatial)
    _link_terms(add, DCAT.theme, SKOS.prefLabel, *record.themes)


def _link_terms(add: SubjectWriter, step: URIRef, naming: URIRef, *terms: Term) -> None:
    for term in terms:
        add.iris(step, term.iri)
        if (URIRef(term.iri), None, None) not in AUTHORITIES:
            SubjectWriter(add.graph, term.iri).texts(naming, term.names)


def _add_distribution(
    add: SubjectWriter, distribution: Distribution, record: DatasetRecord
) -> None:
    add.iris(DCAT.distribution, distribution.iri)
    add.iris(
        VOID.dataDump, distribution.download_url if distribution.format in RDF_FORMATS else None
    )
    about = SubjectWriter(add.graph, distribution.iri, DCAT.Distribution)
    about.texts(DCTERMS.title, distribution.title)
    about.iris(DCTERMS.license, record.licence.iri)
    about.iris(DCTERMS.rights, record.access)
    about.iris(DCAT.accessURL, distribution.access_url)
    about.iris(DCAT.accessService, distribution.service)
    about.iris(DCAT.downloadURL, distribution.download_url)
    about.iris(DCAT.mediaType, distribution.media_type and IANA + distribution.media_type)
    about.iris(DCAT.compressFormat, distribution.compression and IANA + distribution.compression)
    about.iris(DCAT.packageFormat, distribution.package and IANA + distribution.package)
    about.iris(DCTERMS.format, distribution.format and f"{EU}file-type/{distribution.format}")
    about.iris(DCTERMS.conformsTo, *distribution.conforms_to)
    if distribution.size is not None:
        about(DCAT.byteSize, Literal(str(distribution.size), datatype=XSD.nonNegativeInteger))
    if distribution.sha256 is not None:
        about.checksum(f"{distribution.iri}#checksum", distribution.sha256)
        about.graph.add((SPDX.checksumAlgorithm_sha256, RDF.type, SPDX.ChecksumAlgorithm))


# The structure of a statistical dataset's cube, which StatDCAT-AP 3 adds to its record.

STATISTICAL = URIRef(f"{EU}dataset-type/STATISTICAL")


def to_statdcat(record: DatasetRecord) -> Graph:
    """Describe the structure of a dataset of observations; of any other nothing."""
    graph = plain_graph()
    if record.cube is None:
        return graph
    add = SubjectWriter(graph, record.iri)
    add(DCTERMS.type, STATISTICAL)
    graph.add((STATISTICAL, RDF.type, SKOS.Concept))
    _add_properties(add, STAT.dimension, QB.DimensionProperty, record.cube.dimensions)
    _add_properties(add, STAT.attribute, QB.AttributeProperty, record.cube.attributes)
    return graph


def _add_properties(
    add: SubjectWriter, step: URIRef, kind: URIRef, properties: tuple[Term, ...]
) -> None:
    for term in properties:
        add.iris(step, term.iri)
        SubjectWriter(add.graph, term.iri, kind).texts(RDFS.label, term.names)


# The structure of a dataset of observations, from its statistics.


def cube_of(statistics: Statistics, ontology: Graph) -> Cube | None:
    """Return the dimensions, measures and attributes of the observations; None without any.

    `ontology` states the kind and the labels of each property.
    """
    observations = statistics.classes.get(str(QB.Observation))
    if observations is None:
        return None
    used = sorted(observations.properties)
    return Cube(
        dimensions=_select_terms(QB.DimensionProperty, used, ontology),
        measures=_select_terms(QB.MeasureProperty, used, ontology),
        attributes=_select_terms(QB.AttributeProperty, used, ontology),
    )


def _select_terms(kind: URIRef, used: list[str], ontology: Graph) -> tuple[Term, ...]:
    return tuple(
        Term(iri, read_texts(ontology, URIRef(iri), RDFS.label))
        for iri in used
        if (URIRef(iri), RDF.type, kind) in ontology
    )


# The quality of a record in RDF (Data Quality Vocabulary), by data.europa.eu's own metrics.


def to_dqv(record: DatasetRecord) -> Graph:
    """Describe a record's quality: its points, those of each dimension, each criterion unmet."""
    # The criteria met are left out: they would be the greater part of every record.
    graph, quality = plain_graph(), assess(record)
    points = {f"{dimension}Scoring": quality.of(dimension) for dimension in DIMENSIONS}
    unmet = {criterion.metric: False for criterion in quality.unmet}
    values: dict[str, int | bool] = {"scoring": quality.points, **points, **unmet}
    for metric, value in values.items():
        add_measurement(graph, record.iri, URIRef(PREFIXES["pv"] + metric), value)
    return graph


# A typed record as schema.org/Dataset in JSON-LD: the fields that search engines read.
#
# https://developers.google.com/search/docs/appearance/structured-data/dataset

CONTEXT = "https://schema.org/"
"""The address at which the engines look for it; in RDF, parvis writes ``http://schema.org/``."""

LANGUAGE_CODES = {"FRA": "fr", "ENG": "en", "SPA": "es", "IKU": "iu"}
"""Codes of BCP 47 for the codes of the European list of languages."""


def to_schema_org(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset for the page of a language; unknown members are left out."""
    home, publisher, cube = f"{record.base}catalog", record.publisher, record.cube or Cube()
    # The publisher is also the creator of what it contributes.
    name = choose_text(lang, publisher.names) or publisher.name
    organization = _node("Organization", publisher.iri, name=name, url=publisher.url)
    codes = [language.iri.rpartition("/")[2] for language in record.languages]
    return {"@context": CONTEXT} | _node(
        "Dataset",
        record.iri,
        name=record.title[lang],
        description=record.description[lang],
        url=record.page,
        identifier=record.iri,
        inLanguage=[LANGUAGE_CODES.get(code, code.lower()) for code in codes],
        keywords=[*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        license=record.licence.iri,
        isAccessibleForFree=record.public,
        creator=organization,
        publisher=organization,
        includedInDataCatalog=_node("DataCatalog", home, name=record.catalogue[lang], url=home),
        spatialCoverage=[
            _node("Place", place.iri, name=place.name_in(lang)) for place in record.spatial
        ],
        temporalCoverage=[period.interval for period in record.temporal],
        datePublished=record.issued and record.issued.isoformat(),
        dateModified=record.modified and record.modified.isoformat(),
        version=record.version and record.version.name,
        isBasedOn=list(record.pages),
        variableMeasured=[
            _node("PropertyValue", name=term.name_in(lang), propertyID=term.iri)
            for term in (*cube.measures, *cube.dimensions)
        ],
        distribution=[
            _describe_download(distribution, lang)
            for distribution in record.distributions
            if distribution.download_url
        ],
    )


def _node(kind: str, iri: str | None = None, **members: object) -> dict[str, Any]:
    return _present({"@type": kind, "@id": iri, **members})


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, [], "")}


def _describe_download(distribution: Distribution, lang: str) -> dict[str, Any]:
    return _node(
        "DataDownload",
        distribution.iri,
        name=choose_text(lang, distribution.title),
        contentUrl=distribution.download_url,
        encodingFormat=distribution.media_type,
        contentSize=None if distribution.size is None else f"{distribution.size} B",
        sha256=distribution.sha256,
    )


# A typed record as a Data Package (https://datapackage.org, version 2).

PACKED_ENDINGS = frozenset({"xlsx", "parquet"})
"""The endings of files that are packed by themselves."""
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def to_data_package(record: DatasetRecord, lang: str) -> dict[str, Any]:
    """Describe a dataset with the files that can be downloaded; unknown members are left out."""
    files = [
        _describe_resource(distribution, lang)
        for distribution in record.distributions
        if distribution.download_url
    ]
    # A package must have a resource: without any file, that is the dataset's record.
    page = {
        "name": "record",
        "path": f"{record.page}.ttl",
        "mediatype": "text/turtle",
        "format": "ttl",
    }
    licence, publisher = record.licence, record.publisher
    contributor = {"title": publisher.names[lang], "roles": ["publisher"], "path": publisher.url}
    package = {
        "$schema": PROFILE,
        "name": f"{record.key.partner}-{record.key.dataset}",
        "id": record.iri,
        "title": record.title[lang],
        "description": record.description[lang],
        "homepage": record.page,
        "version": record.version and record.version.name,
        "created": record.modified and record.modified.isoformat(),
        "keywords": [*record.keywords.get(lang, ()), *record.keywords.get("", ())],
        "licenses": [_present({"path": licence.iri, "title": licence.names.get(lang)})],
        "contributors": [_present(contributor)],
        "sources": [{"title": page, "path": page} for page in record.pages],
        "resources": files or [page],
    }
    return _present(package)


def _describe_resource(distribution: Distribution, lang: str) -> dict[str, Any]:
    url = str(distribution.download_url)
    endings = url.rpartition("/")[2].partition(".")[2].split(".")
    packed = distribution.compression or distribution.package
    # A name has only the characters that the standard allows.
    resource = {
        "name": re.sub(r"[^a-z0-9]+", "-", distribution.iri.rpartition("/")[2].lower()).strip("-"),
        "title": distribution.title.get(lang),
        "path": url,
        "mediatype": packed or distribution.media_type,
        "format": endings[-1],
        # frictionless finds any size of a packed file on the Web wrong: its digest is enough.
        "bytes": None if packed or endings[-1] in PACKED_ENDINGS else distribution.size,
        "hash": distribution.sha256 and f"sha256:{distribution.sha256}",
    }
    if endings[-1] in PACKED_ENDINGS:
        resource["type"] = "file"  # else frictionless reads its first sheet as a table
    return _present(resource)
