"""Offer the datasets to a data space, as its Dataspace Protocol lists them (2025-1, catalogues).

It is read only: an offer says what an agreement would permit, and is negotiated as elsewhere here,
by a request of access to the owner, not by the protocol.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from parvis.catalog.distributions import KINDS
from parvis.catalog.void import Paging
from parvis.governance import READ, Constraint, Reader, Rule, decide
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.service import PoolService
from parvis.pooling.serving.snapshot import Snapshot
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"
VERSION = "2025-1"
PATH = "dsp"
"""The path of the catalogue under the base address."""
OBTAIN_CONSENT = "odrl:obtainConsent"
"""The duty of who may know of a dataset and not read it: the owner decides."""

Object = dict[str, Any]
"""An object of JSON."""


def list_versions(host: PoolService) -> Object:
    """Return which versions of the protocol are spoken, and where."""
    version = {
        "version": VERSION,
        "path": f"{urlsplit(host.iris.base).path}{PATH}",
        "binding": "HTTPS",
        "serviceId": host.iris.thing("service", "dataspace"),
    }
    return {"protocolVersions": [version]}


def describe_catalogue(host: PoolService, reader: Reader, paging: Paging) -> Object:
    """Return a page of the datasets that a reader may discover, each with an offer."""
    published, listing = host.snapshot(), host.listing(reader)
    cards = [item.card for item in listing.items[paging.span]]
    catalogue = {
        "@context": [CONTEXT],
        "@id": f"{host.iris.base}catalog",
        "@type": "Catalog",
        "participantId": published.policies.parties.host or host.iris.base,
        "service": _list_services(host),
        **{f"dct:{name}": _write_texts(texts) for name, texts in listing.about().items()},
    }
    # The protocol has no empty list.
    datasets = [_describe(host, published, reader, card) for card in cards]
    return {**catalogue, **({"dataset": datasets} if datasets else {})}


def describe_dataset(host: PoolService, reader: Reader, key: DatasetKey) -> Object:
    """Return a dataset with its offer; raises as `PoolService.dataset`."""
    card = host.dataset(reader, key)
    return {"@context": [CONTEXT], **_describe(host, host.snapshot(), reader, card)}


def _describe(host: PoolService, published: Snapshot, reader: Reader, card: DatasetCard) -> Object:
    return {
        "@id": card.iri,
        "@type": "Dataset",
        "dct:title": _write_texts(card.title),
        "dct:description": _write_texts(card.description),
        "dct:publisher": {"@id": host.iris.partner(card.key.partner)},
        **({"dct:license": {"@id": card.licence}} if card.licence else {}),
        **({"dcat:theme": [{"@id": theme} for theme in card.themes]} if card.themes else {}),
        "dcat:landingPage": {"@id": f"{host.iris.base}dataset/{card.key}"},
        "hasPolicy": [_write_offer(host, published, reader, card)],
        "distribution": _list_distributions(host, card),
    }


def _write_offer(
    host: PoolService, published: Snapshot, reader: Reader, card: DatasetCard
) -> Object:
    """Return what the reader is permitted, or may be by the owner; no other party is named."""
    permission: Object = {"action": "odrl:read"}
    offer: Object = {
        "@id": f"{card.iri}#offer",
        "@type": "Offer",
        "assigner": host.iris.partner(card.key.partner),
        "permission": [permission],
    }
    if card.readable:
        now = host.decision_instant(published.generation)
        rule = decide(published.policies, reader, READ, card.iri, now).reason.rule
        if constraints := _write_constraints(rule):
            permission["constraint"] = constraints
    else:
        # The protocol's schemas disagree from one release to the next on the duty of a permission
        # (an object, a list, none), not on an offer's obligations.
        offer["obligation"] = [{"action": OBTAIN_CONSENT}]
    return offer


def _write_constraints(rule: Rule | None) -> list[Object]:
    return [_write_constraint(constraint) for constraint in rule.constraints] if rule else []


def _write_constraint(constraint: Constraint) -> Object:
    right: Any = constraint.right
    if isinstance(right, datetime):
        right = {"@value": right.isoformat(), "@type": "xsd:dateTime"}
    return {
        "leftOperand": constraint.left.replace(PREFIXES["odrl"], "odrl:"),
        "operator": constraint.operator.removeprefix(PREFIXES["odrl"]),
        "rightOperand": right,
    }


def _list_services(host: PoolService) -> list[Object]:
    return [
        {
            "@id": host.iris.thing("service", name),
            "@type": "DataService",
            "endpointURL": f"{host.iris.base}{path}",
        }
        for name, path in (("sparql", "sparql"), ("entities", "feed/entities"), ("files", "dumps"))
    ]


def _list_distributions(host: PoolService, card: DatasetCard) -> list[Object]:
    """Return the ways to the data: the endpoint for all, files for who may read them."""
    sparql, _, files = (service["@id"] for service in _list_services(host))
    forms = [
        {
            "@type": "Distribution",
            "@id": host.iris.thing("distribution", f"{card.key}/{download.ending}"),
            "format": KINDS[download.ending].media_type,
            "accessService": files,
            "dcat:downloadURL": {"@id": download.url},
        }
        for download in (card.downloads if card.readable else ())
    ]
    endpoint = {
        "@type": "Distribution",
        "@id": host.iris.thing("distribution", f"{card.key}/sparql"),
        "format": "application/sparql-results+json",
        "accessService": sparql,
    }
    return [endpoint, *forms]


def _write_texts(texts: Mapping[str, str]) -> list[Object]:
    return [
        {"@value": text, **({"@language": lang} if lang else {})} for lang, text in texts.items()
    ]
