"""What to change in a CKAN so that it has what it should: decided before anything is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from parvis.errors import LimitError, UsageError
from parvis.portals.fields import MARK
from parvis.portals.package import DIGEST, IRI, POOL, URI, Wanted, extra

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
