"""A plan carried out, package by package: what fails for one stops no other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parvis.errors import ParvisError, RecordRefused
from parvis.i18n import DEFAULT
from parvis.portals.ckan import Ckan
from parvis.portals.plan import Change, Changes, Kind


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
        _change(ckan, change)
    except ParvisError as error:
        return error
    return None


def _change(ckan: Ckan, change: Change) -> None:
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
