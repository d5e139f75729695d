"""The package that a CKAN should have of a record."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from parvis.catalog.portals.fields import MARK, Fields
from parvis.catalog.portals.record import Record

POOL = f"{MARK}pool"
"""The extra that names the pool which keeps a package: what carries it not is left alone."""
IRI = f"{MARK}iri"
"""The extra that names the dataset."""
DIGEST = f"{MARK}digest"
"""The extra that holds the digest of what was sent."""
URI = "uri"
"""The field by which a resource is known again."""

LONGEST = 100
_TAG = re.compile(r"[\w .-]{2,100}")
_NAME = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True)
class Wanted:
    """A package as it should be, under its organisation; `digest` changes if anything does.

    `unfilled` are the fields for which the record has nothing to say.
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
        """Give the id that the package has if the portal lets us choose it."""
        return package_id(self.iri)


def package_id(iri: str) -> str:
    """Make a package's id from its dataset's IRI (RFC 9562 §5.5).

    >>> package_id("http://pool.test/id/dataset/theatre-b/billets")
    'b0912c9b-ce22-5435-89ea-8280008c3b69'
    """
    return str(uuid5(NAMESPACE_URL, iri))


def package_name(key: str, iri: str) -> str:
    """Make a package's name of ``partner/dataset``: no two datasets share one.

    >>> package_name("theatre-b/billets", "")
    'theatre-b_billets'
    """
    name = _NAME.sub("-", key.lower().replace("/", "_"))
    if len(name) <= LONGEST:
        return name
    ending = package_id(iri)[:8]
    return f"{name[: LONGEST - len(ending) - 1]}_{ending}"


def wanted(record: Record, fields: Fields, pool: str) -> Wanted:
    """Say what a CKAN should have of a record, kept there by a pool of that base."""
    key = f"{record.partner}/{record.facts['dataset']}"
    organization = fields.organizations.get(record.partner) or _organization(record.partner)
    content = _content(record, fields) | {
        "name": package_name(key, record.iri),
        "owner_org": organization,
        "private": False,
    }
    digest = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    marks = {POOL: pool, IRI: record.iri, DIGEST: digest}
    extras = [*content["extras"], *({"key": key, "value": value} for key, value in marks.items())]
    package = content | {"extras": extras}
    unfilled = frozenset(fields.dataset.keys() - content.keys())
    return Wanted(record.iri, key, organization, record.names, package, digest, unfilled)


def extra(package: Mapping[str, Any], key: str) -> str | None:
    """Give an extra of a package."""
    for one in package.get("extras") or []:
        if one.get("key") == key:
            value = one.get("value")
            return value if isinstance(value, str) else None
    return None


def _content(record: Record, fields: Fields) -> dict[str, Any]:
    """Fill the fields that a mapping tells."""
    found = fields.of_dataset(record.facts)
    for name in ("tags", "groups"):
        if name in found:
            found[name] = [{"name": one} for one in _listed(found[name])]
    if "tags" in found:
        found["tags"] = [one for one in found["tags"] if _TAG.fullmatch(one["name"])]
    extras = fields.of_extras(record.facts)
    found["extras"] = [{"key": key, "value": _text(value)} for key, value in extras.items()]
    found["resources"] = [
        {"url": one["url"], **fields.of_resource(one), URI: one["iri"]} for one in record.resources
    ]
    return found


def _organization(slug: str) -> str:
    """Make an organisation's name of a partner's slug: two characters at least."""
    return slug[:LONGEST] if len(slug) > 1 else f"{slug}_"


def _listed(value: object) -> list[str]:
    """Give one text or several as several, each once."""
    several = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(str(one) for one in several))


def _text(value: object) -> str:
    """Write an extra's value, which is a text: lists as JSON, as ckanext-dcat reads them."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
