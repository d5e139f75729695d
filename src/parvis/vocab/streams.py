"""The vocabularies of pages and of streams of what happened, closed as those of `namespaces`."""

from rdflib import Namespace, URIRef
from rdflib.namespace import DefinedNamespace


class HYDRA(DefinedNamespace):
    """Pages of a collection (Hydra Core Vocabulary), in both spellings that harvesters know."""

    _NS = Namespace("http://www.w3.org/ns/hydra/core#")
    _fail = True

    Collection: URIRef
    PagedCollection: URIRef
    PartialCollectionView: URIRef
    first: URIRef
    firstPage: URIRef
    itemsPerPage: URIRef
    last: URIRef
    lastPage: URIRef
    next: URIRef
    nextPage: URIRef
    previous: URIRef
    previousPage: URIRef
    totalItems: URIRef
    view: URIRef


class AS(DefinedNamespace):
    """What happens to things (Activity Streams 2.0)."""

    _NS = Namespace("https://www.w3.org/ns/activitystreams#")
    _fail = True

    Create: URIRef
    Delete: URIRef
    Tombstone: URIRef
    Update: URIRef
    deleted: URIRef
    formerType: URIRef
    object: URIRef
    published: URIRef


class LDES(DefinedNamespace):
    """Streams of what happened (Linked Data Event Streams)."""

    _NS = Namespace("https://w3id.org/ldes#")
    _fail = True

    EventSource: URIRef
    EventStream: URIRef
    LatestVersionSubset: URIRef
    RetentionPolicy: URIRef
    amount: URIRef
    immutable: URIRef
    retentionPolicy: URIRef
    timestampPath: URIRef
    versionAmount: URIRef
    versionCreateObject: URIRef
    versionDeleteDuration: URIRef
    versionDeleteObject: URIRef
    versionOfPath: URIRef
    versionUpdateObject: URIRef


class TREE(DefinedNamespace):
    """Pages of a stream, and what leads to them (TREE)."""

    _NS = Namespace("https://w3id.org/tree#")
    _fail = True

    GreaterThanOrEqualToRelation: URIRef
    LessThanOrEqualToRelation: URIRef
    Node: URIRef
    Relation: URIRef
    member: URIRef
    node: URIRef
    path: URIRef
    relation: URIRef
    value: URIRef
    view: URIRef
    viewDescription: URIRef
