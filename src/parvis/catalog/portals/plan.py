"""What to change in a CKAN so that it has what it should: decided before anything is done."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from parvis.catalog.portals.ckan import Ckan, phrase
from parvis.catalog.portals.fields import MARK
from parvis.catalog.portals.package import DIGEST, IRI, POOL, URI, Wanted, extra
from parvis.errors import LimitError, ParvisError, PermissionRefused, RecordRefused, UsageError
from parvis.i18n import DEFAULT

Package = Mapping[str, Any]
ACTIVE = "active"


@dataclass(frozen=True)
class Remote:
    """What a CKAN has: packages by dataset IRI, those of the pool, names taken by others.

    `kept` are all that carry the pool's mark, whether or not they should still be there;
    `organizations` are those that exist among those that are needed.
    """

    found: Mapping[str, Package] = field(default_factory=dict)
    kept: Sequence[Package] = ()
    taken: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()


class Kind(StrEnum):
    """What is done with a package."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SAME = "unchanged"


@dataclass(frozen=True)
class Change:
    """One package's change: what is sent, and what the person who reads the plan calls it."""

    kind: Kind
    key: str
    iri: str
    organization: str = ""
    sent: Package = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """All that is to be done; `organizations` are made first, each with its titles."""

    packages: tuple[Change, ...] = ()
    organizations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, *kinds: Kind) -> list[Change]:
        """Give the changes of some kinds."""
        return [one for one in self.packages if one.kind in kinds]

    @property
    def needed(self) -> list[Change]:
        """Give those that change something."""
        return self.of(Kind.CREATE, Kind.UPDATE, Kind.DELETE)


def plan(wanted: Sequence[Wanted], remote: Remote, guard: float, *, complete: bool) -> Changes:
    """Compare what should be there with what is.

    Packages of the pool that should no longer be there are deleted, if the catalogue is
    `complete`. Raises `UsageError` where nothing should be there but something is, and
    `LimitError` where more than `guard` percent of the pool's packages would be deleted.
    """
    changes = [_change(one, remote) for one in wanted]
    if complete:
        gone = list(_gone(wanted, remote))
        _guard(gone, wanted, remote, guard)
        changes += gone
    used = {one.organization: one.titles for one in wanted}
    missing = {name: used[name] for name in sorted(used.keys() - remote.organizations)}
    return Changes(tuple(changes), missing)


def _change(wanted: Wanted, remote: Remote) -> Change:
    """Say what to do for one package."""
    found = remote.found.get(wanted.iri)
    if found is None:
        sent = {"id": wanted.id, **wanted.package, "name": _free(wanted, remote)}
        return Change(Kind.CREATE, wanted.key, wanted.iri, wanted.organization, sent)
    if extra(found, DIGEST) == wanted.digest and found.get("state", ACTIVE) == ACTIVE:
        return Change(Kind.SAME, wanted.key, wanted.iri)
    sent = _merged(wanted, found)
    return Change(Kind.UPDATE, wanted.key, wanted.iri, wanted.organization, sent)


def _free(wanted: Wanted, remote: Remote) -> str:
    """Give the name of a new package; somebody else's is not fought for."""
    name: str = wanted.package["name"]
    return other_name(name, wanted.id) if name in remote.taken else name


def other_name(name: str, ident: str) -> str:
    """Give the name that a package has where another has its own.

    >>> other_name("a_b", "b0912c9b-ce22")
    'a_b_b0912c9b'
    """
    return f"{name[:91]}_{ident[:8]}"


def _merged(wanted: Wanted, found: Package) -> dict[str, Any]:
    """Send what is ours, and leave what the portal's people added: resources, extras, fields.

    A field of ours that has a value there and should have none is emptied.
    """
    package = wanted.package
    emptied = {name: type(found[name])() for name in wanted.unfilled if found.get(name)}
    kept = [one for one in found.get("extras") or [] if not _ours(one, package)]
    return {
        "id": found["id"],
        **emptied,
        **package,
        "name": found["name"],
        "state": ACTIVE,
        "extras": [*package["extras"], *kept],
        "resources": _resources(package["resources"], found.get("resources") or []),
    }


def _ours(one: Mapping[str, Any], package: Package) -> bool:
    """Say whether an extra is the pool's to say."""
    mine = {each["key"] for each in package["extras"]}
    return one["key"] in mine or one["key"].startswith(MARK)


def _resources(wanted: Sequence[Package], found: Sequence[Package]) -> list[dict[str, Any]]:
    """Keep the ids of resources that are known by their `uri`, and all that people added.

    Without their ids they would be made anew, and uploads dropped.
    """
    known = {one[URI]: one["id"] for one in found if one.get(URI)}
    ours = [{"id": known[one[URI]], **one} if one[URI] in known else dict(one) for one in wanted]
    return ours + [dict(one) for one in found if not one.get(URI)]


def _gone(wanted: Sequence[Wanted], remote: Remote) -> Iterator[Change]:
    """Give the pool's packages that should no longer be there."""
    kept = {one.iri for one in wanted}
    for package in remote.kept:
        iri = extra(package, IRI)
        if extra(package, POOL) is not None and iri is not None and iri not in kept:
            yield Change(Kind.DELETE, package["name"], iri, sent={"id": package["id"]})


def _guard(gone: Sequence[Change], wanted: Sequence[Wanted], remote: Remote, guard: float) -> None:
    """Refuse to delete all, or more than a percentage: most often something else is wrong."""
    if gone and not wanted:
        raise UsageError(
            "nothing of the published catalogue is everyone’s to know, but {count} datasets are"
            " there: nothing is deleted; if that is meant, delete them there",
            count=len(gone),
        )
    if len(gone) * 100 > guard * len(remote.kept):
        raise LimitError(
            "{count} of {all} datasets would be deleted there, more than {guard} %: nothing was"
            " changed; if that is meant, say --guard 100. They are: {names}",
            count=len(gone),
            all=len(remote.kept),
            guard=f"{guard:g}",
            names=", ".join(one.key for one in gone),
        )


# A plan carried out, package by package: what fails for one stops no other.


@dataclass(frozen=True)
class Done:
    """What came of one change."""

    change: Change
    error: ParvisError | None = None


def apply(ckan: Ckan, changes: Changes) -> Iterator[Done]:
    """Make the missing organisations, then change each package in turn.

    An organisation that could not be made is the error of all its packages.
    """
    refused: dict[str, ParvisError] = {}
    for name, titles in changes.organizations.items():
        try:
            _make_organization(ckan, name, titles)
        except ParvisError as error:
            refused[name] = error
    for change in changes.needed:
        yield Done(change, refused.get(change.organization) or _failure(ckan, change))


def _make_organization(ckan: Ckan, name: str, titles: Mapping[str, str]) -> None:
    """Make an organisation with the name that the pool's partner has."""
    ckan.call("organization_create", name=name, title=titles.get(DEFAULT, name))


def _failure(ckan: Ckan, change: Change) -> ParvisError | None:
    """Change one package; gives the error if there is one."""
    try:
        _apply_change(ckan, change)
    except ParvisError as error:
        return error
    return None


def _apply_change(ckan: Ckan, change: Change) -> None:
    """Send one change. To delete what is gone already is done."""
    if change.kind is Kind.CREATE:
        _create(ckan, change.sent)
    elif change.kind is Kind.UPDATE:
        ckan.call("package_patch", **change.sent)
    elif ckan.find("package_show", change.sent["id"]) is not None:
        ckan.call("package_delete", **change.sent)


def _create(ckan: Ckan, package: Mapping[str, Any]) -> None:
    """Make a package; with an id of the portal's choice where only administrators choose one."""
    try:
        ckan.call("package_create", **package)
    except RecordRefused as error:
        if "id" not in str(error.fields["fields"]).split():
            raise
        ckan.call("package_create", **{k: v for k, v in package.items() if k != "id"})


# What a CKAN has of a pool's packages, before a plan is made.

Watch = Callable[[int], None]


def read_remote(
    ckan: Ckan, wanted: Sequence[Wanted], pool: str, watch: Watch | None = None
) -> Remote:
    """Look for each package by its id, then by its name, and for all that carry the pool's mark.

    `watch` is told how many have been looked for. Raises what `Ckan.call` raises: without a whole
    view nothing is planned.
    """
    found: dict[str, Mapping[str, Any]] = {}
    taken: set[str] = set()
    for number, one in enumerate(wanted, 1):
        package = _package(ckan, one, pool, taken)
        if package is not None:
            found[one.iri] = package
        if watch is not None:
            watch(number)
    needed = {one.organization for one in wanted}
    marked = map(ckan.require_package, ckan.search(phrase(POOL, pool)))
    kept = [package for package in marked if extra(package, POOL) == pool]
    return Remote(found, kept, frozenset(taken), _existing(ckan, needed))


def _package(ckan: Ckan, wanted: Wanted, pool: str, taken: set[str]) -> Mapping[str, Any] | None:
    """Find a package; one that has its name and is not the pool's is told to be taken.

    Only administrators of a CKAN may choose ids: what others made is found by its name.
    """
    with suppress(PermissionRefused):  # one that may not be seen is not ours to change
        if (found := ckan.find("package_show", wanted.id)) is not None:
            return found
    name: str = wanted.package["name"]
    for candidate in (name, other_name(name, wanted.id)):
        try:
            found = ckan.find("package_show", candidate)
        except PermissionRefused:
            found = {}
        if found is None:
            return None
        if extra(found, POOL) == pool and extra(found, IRI) == wanted.iri:
            return found
        taken.add(candidate)
    return None


def _existing(ckan: Ckan, names: Iterable[str]) -> frozenset[str]:
    """Tell which organisations exist."""
    return frozenset(name for name in names if ckan.find("organization_show", name))
