"""The packages that a CKAN should have, and the changes to it, planned before any is made."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from parvis.catalog.portals.ckan import Ckan, phrase
from parvis.catalog.portals.fields import MARK, Fields, RecordFacts
from parvis.errors import LimitError, ParvisError, PermissionRefused, RecordRefused, UsageError
from parvis.i18n import DEFAULT

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
    content = fields.fill(fields.dataset, record.facts)
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
        for name, value in fields.fill(fields.extras, record.facts).items()
    ]
    content["resources"] = [
        {"url": resource["url"], **fields.fill(fields.resource, resource), URI: resource["iri"]}
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
    extras = package.get("extras") or []
    value = next((entry.get("value") for entry in extras if entry.get("key") == key), None)
    return value if isinstance(value, str) else None


Package = Mapping[str, Any]
ACTIVE = "active"


@dataclass(frozen=True)
class PortalState:
    """What a CKAN has: packages by dataset IRI, those of the pool, names taken by others.

    `own_packages` are all that carry the pool's mark, whether or not they should still be there;
    `organizations` are those that exist among those that are needed.
    """

    packages: Mapping[str, Package] = field(default_factory=dict)
    own_packages: Sequence[Package] = ()
    taken_names: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()


class ChangeKind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SAME = "unchanged"


@dataclass(frozen=True)
class PackageChange:
    """The change of a package: what is sent, and the key of its dataset in the plan."""

    kind: ChangeKind
    key: str
    iri: str
    organization: str = ""
    sent: Package = field(default_factory=dict)


@dataclass(frozen=True)
class PushPlan:
    """All changes; `organizations` are created first, each with its titles."""

    packages: tuple[PackageChange, ...] = ()
    organizations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, *kinds: ChangeKind) -> list[PackageChange]:
        return [change for change in self.packages if change.kind in kinds]

    @property
    def pending(self) -> list[PackageChange]:
        return self.of(ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.DELETE)


def plan(
    packages: Sequence[PlannedPackage], remote: PortalState, guard: float, *, complete: bool
) -> PushPlan:
    """Compare the packages that should be there with what is.

    Packages of the pool that should no longer be there are deleted, if the catalogue is
    `complete`. Raises `UsageError` where nothing should be there but something is, and
    `LimitError` where more than `guard` percent of the pool's packages would be deleted.
    """
    changes = [_plan_change(package, remote) for package in packages]
    if complete:
        iris = {package.iri for package in packages}
        deletions = []
        for marked in remote.own_packages:
            iri = extra(marked, IRI)
            if extra(marked, POOL) is not None and iri is not None and iri not in iris:
                sent = {"id": marked["id"]}
                deletions.append(PackageChange(ChangeKind.DELETE, marked["name"], iri, sent=sent))
        # To delete all or most packages most often has another cause: it must be confirmed.
        if deletions and not packages:
            raise UsageError(
                "nothing of the published catalogue is everyone’s to know, but {count} datasets are"
                " there: nothing is deleted; if that is meant, delete them there",
                count=len(deletions),
            )
        if len(deletions) * 100 > guard * len(remote.own_packages):
            raise LimitError(
                "{count} of {all} datasets would be deleted there, more than {guard} %: nothing was"
                " changed; if that is meant, say --guard 100. They are: {names}",
                count=len(deletions),
                all=len(remote.own_packages),
                guard=f"{guard:g}",
                names=", ".join(change.key for change in deletions),
            )
        changes += deletions
    organizations = {package.organization: package.titles for package in packages}
    missing = {
        name: organizations[name] for name in sorted(organizations.keys() - remote.organizations)
    }
    return PushPlan(tuple(changes), missing)


def _plan_change(planned: PlannedPackage, remote: PortalState) -> PackageChange:
    existing, package = remote.packages.get(planned.iri), planned.package
    identity = (planned.key, planned.iri, planned.organization)
    if existing is None:
        # A name that another package has is left to it.
        name: str = package["name"]
        if name in remote.taken_names:
            name = other_name(name, planned.id)
        sent = {"id": planned.id, **package, "name": name}
        return PackageChange(ChangeKind.CREATE, *identity, sent)
    if extra(existing, DIGEST) == planned.digest and existing.get("state", ACTIVE) == ACTIVE:
        return PackageChange(ChangeKind.SAME, planned.key, planned.iri)
    # A field of ours that has a value there and should have none is emptied; resources, extras
    # and fields that the portal's people added stay.
    emptied = {name: type(existing[name])() for name in planned.unfilled if existing.get(name)}
    own_keys = {entry["key"] for entry in package["extras"]}
    other_extras = [
        entry
        for entry in existing.get("extras") or []
        if entry["key"] not in own_keys and not entry["key"].startswith(MARK)
    ]
    # Resources without their ids would be created again, and their uploads dropped.
    resources = existing.get("resources") or []
    ids = {resource[URI]: resource["id"] for resource in resources if resource.get(URI)}
    own_resources = [
        {"id": ids[resource[URI]], **resource} if resource[URI] in ids else dict(resource)
        for resource in package["resources"]
    ]
    other_resources = [dict(resource) for resource in resources if not resource.get(URI)]
    sent = {
        "id": existing["id"],
        **emptied,
        **package,
        "name": existing["name"],
        "state": ACTIVE,
        "extras": [*package["extras"], *other_extras],
        "resources": own_resources + other_resources,
    }
    return PackageChange(ChangeKind.UPDATE, *identity, sent)


def other_name(name: str, ident: str) -> str:
    """Return the name of a package whose own name is taken.

    >>> other_name("a_b", "b0912c9b-ce22")
    'a_b_b0912c9b'
    """
    return f"{name[:91]}_{ident[:8]}"


# A plan carried out, package by package: a failure does not stop the others.


@dataclass(frozen=True)
class ChangeOutcome:
    change: PackageChange
    error: ParvisError | None = None


def apply(ckan: Ckan, changes: PushPlan) -> Iterator[ChangeOutcome]:
    """Create the missing organisations, then change each package in turn.

    An organisation that could not be created is the error of all its packages.
    """
    refused: dict[str, ParvisError] = {}
    for name, titles in changes.organizations.items():
        try:
            ckan.call("organization_create", name=name, title=titles.get(DEFAULT, name))
        except ParvisError as error:
            refused[name] = error
    for change in changes.pending:
        failure = refused.get(change.organization)
        if failure is None:
            try:
                _apply_change(ckan, change)
            except ParvisError as error:
                failure = error
        yield ChangeOutcome(change, failure)


def _apply_change(ckan: Ckan, change: PackageChange) -> None:
    if change.kind is ChangeKind.CREATE:
        try:
            ckan.call("package_create", **change.sent)
        except RecordRefused as error:
            # Where only administrators choose an id, the portal does.
            if "id" not in str(error.fields["fields"]).split():
                raise
            ckan.call("package_create", **{k: v for k, v in change.sent.items() if k != "id"})
    elif change.kind is ChangeKind.UPDATE:
        ckan.call("package_patch", **change.sent)
    # A package that is already deleted needs no change.
    elif ckan.find("package_show", change.sent["id"]) is not None:
        ckan.call("package_delete", **change.sent)


# What a CKAN has of a pool's packages, before a plan is made.

Watch = Callable[[int], None]


def read_remote(
    ckan: Ckan, packages: Sequence[PlannedPackage], pool: str, watch: Watch | None = None
) -> PortalState:
    """Read each package by its id, then by its name, and all packages that carry the pool's mark.

    `watch` is called with the number of packages read. Raises what `Ckan.call` raises: without a
    complete view nothing is planned.
    """
    existing: dict[str, Mapping[str, Any]] = {}
    taken: set[str] = set()
    for number, planned in enumerate(packages, 1):
        package = _find_package(ckan, planned, pool, taken)
        if package is not None:
            existing[planned.iri] = package
        if watch is not None:
            watch(number)
    organizations = {planned.organization for planned in packages}
    marked = map(ckan.require_package, ckan.search(phrase(POOL, pool)))
    own_packages = [package for package in marked if extra(package, POOL) == pool]
    return PortalState(
        existing,
        own_packages,
        frozenset(taken),
        frozenset(name for name in organizations if ckan.find("organization_show", name)),
    )


def _find_package(
    ckan: Ckan, planned: PlannedPackage, pool: str, taken: set[str]
) -> Mapping[str, Any] | None:
    # Only administrators of a CKAN may choose ids: packages of others are found by name.
    with suppress(PermissionRefused):  # one that may not be seen is not ours to change
        if (package := ckan.find("package_show", planned.id)) is not None:
            return package
    name: str = planned.package["name"]
    for candidate in (name, other_name(name, planned.id)):
        try:
            package = ckan.find("package_show", candidate)
        except PermissionRefused:
            package = {}
        if package is None:
            return None
        if extra(package, POOL) == pool and extra(package, IRI) == planned.iri:
            return package
        taken.add(candidate)
    return None
