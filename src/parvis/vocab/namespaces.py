"""The vocabularies parvis speaks, closed: a term that is not listed cannot be written.

``tests/test_ontology.py`` holds `PARVIS` and ``ontology/parvis.ttl`` to the same terms.
"""

from rdflib import Namespace, URIRef
from rdflib.namespace import DefinedNamespace

from parvis import vocab

PREFIXES = vocab.PREFIXES
OTHER_SCHEMA = "https://schema.org/"
"""The address of schema.org that partners use too, and schema.org itself."""
CONCEPT = Namespace("https://w3id.org/parvis/concept/")
"""Concepts stand under ``<scheme>/<code>``."""


def curie(iri: str) -> str:
    """Return an IRI as a prefixed name, as it is if no prefix fits."""
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    return iri


def canonical_iri(iri: str) -> str:
    """Return an IRI with the canonical address of schema.org, ``http:``."""
    if iri.startswith(OTHER_SCHEMA):
        return PREFIXES["schema"] + iri.removeprefix(OTHER_SCHEMA)
    return iri


class PARVIS(DefinedNamespace):
    """The shared cultural ontology's own terms."""

    _NS = Namespace("https://w3id.org/parvis/ns#")
    _fail = True
    _extras = ["profile-1"]  # noqa: RUF012 - rdflib's own way

    # Classes
    Match: URIRef
    Need: URIRef
    PoolingProject: URIRef
    Production: URIRef
    Reach: URIRef
    Room: URIRef
    Submission: URIRef

    # Offerings
    discipline: URIRef
    eventType: URIRef
    organizationType: URIRef
    placeType: URIRef
    possibleLocation: URIRef
    requiresAnotherOffer: URIRef
    targetAudience: URIRef
    territory: URIRef

    # Publics: dimensions
    ageGroup: URIRef
    answer: URIRef
    answerOption: URIRef
    boxOffice: URIRef
    channel: URIRef
    contributor: URIRef
    eventArea: URIRef
    language: URIRef
    organizationSize: URIRef
    performance: URIRef
    place: URIRef
    pooledPublics: URIRef
    priceType: URIRef
    distinctPublics: URIRef
    public: URIRef
    postalPrefix: URIRef
    publics: URIRef
    question: URIRef
    refArea: URIRef
    refPeriod: URIRef
    residenceArea: URIRef
    sharedPostalPrefix: URIRef
    survey: URIRef

    # Publics: measures
    attendance: URIRef
    blocked: URIRef
    capacity: URIRef
    complimentary: URIRef
    distinctPeople: URIRef
    firstTimeVisitors: URIRef
    households: URIRef
    loans: URIRef
    performances: URIRef
    reserved: URIRef
    revenue: URIRef
    sharedAudience: URIRef
    surveyEstimate: URIRef
    tickets: URIRef
    ticketsAvailable: URIRef
    ticketsSold: URIRef
    population: URIRef
    populationSource: URIRef
    residents: URIRef
    visits: URIRef

    # Publics: attributes and settings
    additive: URIRef
    asOf: URIRef
    comparableWith: URIRef
    confidenceHigh: URIRef
    confidenceLow: URIRef
    confStatus: URIRef
    contributors: URIRef
    countsPersons: URIRef
    coverage: URIRef
    effectiveSampleSize: URIRef
    inhabitants: URIRef
    marginOfError: URIRef
    maxAge: URIRef
    measureBase: URIRef
    method: URIRef
    minAge: URIRef
    minContributors: URIRef
    minInhabitants: URIRef
    minPersons: URIRef
    observationStatus: URIRef
    release: URIRef
    respondents: URIRef
    roundingBase: URIRef
    sampleSize: URIRef

    # Size of organisations
    performancesPerYear: URIRef
    seats: URIRef

    # Relays
    reachSize: URIRef
    reaches: URIRef

    # Governance
    Anonymisation: URIRef
    auditResult: URIRef
    carrier: URIRef
    charter: URIRef
    compareAudiences: URIRef
    countPeople: URIRef
    contributesStratum: URIRef
    discover: URIRef
    everyone: URIRef
    fewestContributors: URIRef
    fewestPersons: URIRef
    host: URIRef
    keyHolder: URIRef
    members: URIRef
    need: URIRef
    nextReview: URIRef
    objective: URIRef
    peopleBudget: URIRef
    sameStratum: URIRef
    statedBy: URIRef
    technique: URIRef
    textHash: URIRef
    signatoryRole: URIRef
    survivesClosing: URIRef
    closed: URIRef
    learned: URIRef

    # Datasets and their record
    acceptedByRule: URIRef
    errorThreshold: URIRef
    invented: URIRef
    namedGraph: URIRef
    rowErrors: URIRef
    rowsRead: URIRef

    # Search and questions
    chart: URIRef
    search: URIRef

    # Linking
    comparedThings: URIRef
    decision: URIRef
    linkedThings: URIRef
    matchScore: URIRef
    possibleDuplicates: URIRef


class SCHEMA(DefinedNamespace):
    """schema.org under its canonical ``http://`` address, as far as parvis uses it."""

    _NS = Namespace("http://schema.org/")
    _fail = True

    AggregateOffer: URIRef
    Audience: URIRef
    BusinessEvent: URIRef
    ChildrensEvent: URIRef
    CreativeWork: URIRef
    DanceEvent: URIRef
    Dataset: URIRef
    EducationEvent: URIRef
    Event: URIRef
    EventCancelled: URIRef
    EventMovedOnline: URIRef
    EventPostponed: URIRef
    EventRescheduled: URIRef
    EventScheduled: URIRef
    EventSeries: URIRef
    ExhibitionEvent: URIRef
    Festival: URIRef
    GeoCoordinates: URIRef
    GeoShape: URIRef
    LiteraryEvent: URIRef
    MixedEventAttendanceMode: URIRef
    MusicEvent: URIRef
    Offer: URIRef
    OfflineEventAttendanceMode: URIRef
    OnlineEventAttendanceMode: URIRef
    Organization: URIRef
    PerformingGroup: URIRef
    Person: URIRef
    Place: URIRef
    PostalAddress: URIRef
    PropertyValue: URIRef
    ScreeningEvent: URIRef
    SocialEvent: URIRef
    TheaterEvent: URIRef
    VirtualLocation: URIRef
    VisualArtsEvent: URIRef

    address: URIRef
    addressCountry: URIRef
    addressLocality: URIRef
    addressRegion: URIRef
    alternateName: URIRef
    areaServed: URIRef
    audience: URIRef
    availability: URIRef
    containedInPlace: URIRef
    creator: URIRef
    dateModified: URIRef
    description: URIRef
    email: URIRef
    endDate: URIRef
    eventAttendanceMode: URIRef
    eventStatus: URIRef
    geo: URIRef
    highPrice: URIRef
    identifier: URIRef
    image: URIRef
    inLanguage: URIRef
    isAccessibleForFree: URIRef
    keywords: URIRef
    latitude: URIRef
    legalName: URIRef
    location: URIRef
    longitude: URIRef
    lowPrice: URIRef
    maximumAttendeeCapacity: URIRef
    maxValue: URIRef
    minValue: URIRef
    name: URIRef
    offers: URIRef
    organizer: URIRef
    performer: URIRef
    postalCode: URIRef
    position: URIRef
    previousStartDate: URIRef
    price: URIRef
    priceCurrency: URIRef
    producer: URIRef
    propertyID: URIRef
    sameAs: URIRef
    startDate: URIRef
    streetAddress: URIRef
    subEvent: URIRef
    suggestedMaxAge: URIRef
    suggestedMinAge: URIRef
    superEvent: URIRef
    telephone: URIRef
    temporalCoverage: URIRef
    url: URIRef
    value: URIRef
    workPerformed: URIRef


class SPDX(DefinedNamespace):
    """Checksums, as DCAT 3 writes them (§6.7)."""

    _NS = Namespace("http://spdx.org/rdf/terms#")
    _fail = True

    Checksum: URIRef
    ChecksumAlgorithm: URIRef
    algorithm: URIRef
    checksum: URIRef
    checksumAlgorithm_sha256: URIRef
    checksumValue: URIRef


class VCARD(DefinedNamespace):
    """How to reach somebody about a dataset, as DCAT 3 writes it (§6.4.3)."""

    _NS = Namespace("http://www.w3.org/2006/vcard/ns#")
    _fail = True

    Kind: URIRef
    Organization: URIRef
    fn: URIRef
    hasEmail: URIRef
    hasURL: URIRef


class DCAT3(DefinedNamespace):
    """What DCAT 3 added, which rdflib's `DCAT` does not know yet."""

    _NS = Namespace("http://www.w3.org/ns/dcat#")
    _fail = True

    DatasetSeries: URIRef
    inSeries: URIRef
    isVersionOf: URIRef
    previousVersion: URIRef
    version: URIRef


class ADMS(DefinedNamespace):
    """What DCAT-AP says with ADMS: of versions, and of what became of a dataset."""

    _NS = Namespace("http://www.w3.org/ns/adms#")
    _fail = True

    status: URIRef
    versionNotes: URIRef


class DQV(DefinedNamespace):
    """Measurements of quality, as the Data Quality Vocabulary writes them."""

    _NS = Namespace("http://www.w3.org/ns/dqv#")
    _fail = True

    Metric: URIRef
    QualityMeasurement: URIRef
    computedOn: URIRef
    hasQualityMeasurement: URIRef
    isMeasurementOf: URIRef
    value: URIRef


class STAT(DefinedNamespace):
    """What StatDCAT-AP 3 says of a cube's structure."""

    _NS = Namespace("http://data.europa.eu/s1n/")
    _fail = True

    attribute: URIRef
    dimension: URIRef


class DPV(DefinedNamespace):
    """Purposes and responsible parties (Data Privacy Vocabulary), as far as parvis uses it."""

    _NS = Namespace("https://w3id.org/dpv#")
    _fail = True

    hasPurpose: URIRef
    hasResponsibleEntity: URIRef
