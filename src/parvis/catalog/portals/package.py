"""The package that a CKAN should have for a record."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from parvis.catalog.portals.fields import MARK, Fields
from parvis.catalog.portals.record import RecordFacts

POOL = f"{MARK}pool"
"""The extra that names the pool of a package: packages without it are not touched."""
IRI = f"{MARK}iri"
"""The extra with the IRI of the dataset."""
DIGEST = f"{MARK}digest"
"""The extra with the digest of what was sent."""
URI = "uri"
"""The field that identifies a resource."""

LONGEST = 100
_TAG = re.compile(r"[\w .-]{2,100}")
_NAME = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True)
class PlannedPackage:
    """A package as it should be, under its organisation; `digest` changes if anything does.

    `unfilled` are the fields for which the record has no value.
    """

    iri: str
    key: str
    organization: str
    titles: Mapping[str, str]
    package: Mapping[str, Any]
    digest: str
    unfilled: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """Return the id of the package, if the portal lets its clients choose it."""
        return package_id(self.iri)


def package_id(iri: str) -> str:
    """Return a package's id, derived from its dataset's IRI (RFC 9562 §5.5).

    >>> package_id("http://pool.test/id/dataset/theatre-b/billets")
    'b0912c9b-ce22-5435-89ea-8280008c3b69'
    """
    return str(uuid5(NAMESPACE_URL, iri))


def package_name(key: str, iri: str) -> str:
    """Return a package's name from ``partner/dataset``: no two datasets share one.

    >>> package_name("theatre-b/billets", "")
    'theatre-b_billets'
    """
    name = _NAME.sub("-", key.lower().replace("/", "_"))
    if len(name) <= LONGEST:
        return name
    ending = package_id(iri)[:8]
    return f"{name[: LONGEST - len(ending) - 1]}_{ending}"


def plan_package(record: RecordFacts, fields: Fields, pool: str) -> PlannedPackage:
    """Return the package that a CKAN should have for a record, on behalf of the pool `pool`."""
    key = f"{record.partner}/{record.facts['dataset']}"
    # CKAN requires two characters in an organisation's name.
    organization = fields.organizations.get(record.partner) or (
        record.partner[:LONGEST] if len(record.partner) > 1 else f"{record.partner}_"
    )
    content = fields.of_dataset(record.facts)
    for name in ("tags", "groups"):
        if name in content:
            labels = content[name] if isinstance(content[name], list) else [content[name]]
            content[name] = [{"name": label} for label in dict.fromkeys(map(str, labels))]
    if "tags" in content:
        content["tags"] = [tag for tag in content["tags"] if _TAG.fullmatch(tag["name"])]
    # An extra's value is a text: lists are JSON, which ckanext-dcat reads.
    content["extras"] = [
        {
            "key": name,
            "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
        }
        for name, value in fields.of_extras(record.facts).items()
    ]
    content["resources"] = [
        {"url": resource["url"], **fields.of_resource(resource), URI: resource["iri"]}
        for resource in record.resources
    ]
    content |= {"name": package_name(key, record.iri), "owner_org": organization, "private": False}
    digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    marks = {POOL: pool, IRI: record.iri, DIGEST: digest}
    extras = [*content["extras"], *({"key": key, "value": value} for key, value in marks.items())]
    package = content | {"extras": extras}
    unfilled = frozenset(fields.dataset.keys() - content.keys())
    return PlannedPackage(record.iri, key, organization, record.names, package, digest, unfilled)


def extra(package: Mapping[str, Any], key: str) -> str | None:
    for entry in package.get("extras") or []:
        if entry.get("key") == key:
            value = entry.get("value")
            return value if isinstance(value, str) else None
    return None
