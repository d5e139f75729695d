"""What a CKAN has of a pool's packages, before a plan is made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from parvis.errors import PermissionRefused
from parvis.portals.ckan import Ckan, phrase
from parvis.portals.package import IRI, POOL, Wanted, extra
from parvis.portals.plan import Remote, other_name

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
