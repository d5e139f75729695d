"""Carrying out a plan leaves nothing to do and deletes no more than its guard allows."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parvis.catalog.portals.fields import Fields, RecordFacts, Value
from parvis.catalog.portals.plan import (
    IRI,
    POOL,
    ChangeKind,
    PlannedPackage,
    PortalState,
    PushPlan,
    extra,
    package_name,
    plan,
    plan_package,
)
from parvis.errors import LimitError, UsageError

BASE = "http://pool.test/"
FIELDS = Fields(dataset={"title": "{title.fr}", "url": "{page}", "tags": "{keywords}"})
SLUG = st.text("ab-", min_size=1, max_size=3)
RECORDS = st.dictionaries(
    st.tuples(SLUG, SLUG), st.tuples(st.text("xy'/", max_size=3), st.booleans()), max_size=6
)


def planned_packages(datasets: dict[tuple[str, str], tuple[str, bool]]) -> list[PlannedPackage]:
    """Plan packages of drawn datasets with their titles, with or without a file."""
    return [
        planned_package(partner, slug, *properties)
        for (partner, slug), properties in datasets.items()
    ]


def planned_package(partner: str, slug: str, title: str, has_file: bool) -> PlannedPackage:  # noqa: FBT001 - drawn
    iri = f"{BASE}id/dataset/{partner}/{slug}"
    facts: dict[str, Value] = {"iri": iri, "dataset": slug, "title.fr": title, "keywords": [title]}
    file: dict[str, Value] = {"iri": f"{iri}/csv", "url": f"{iri}.csv", "title.fr": title}
    record = RecordFacts(iri, partner, {"fr": partner}, facts, (file,) if has_file else ())
    return plan_package(record, FIELDS, BASE)


def carry_out(changes: PushPlan, remote: PortalState) -> PortalState:
    """Return the portal's state after a plan: resources get ids, deleted packages disappear."""
    packages = {str(extra(package, IRI)): dict(package) for package in remote.own_packages}
    for change in changes.pending:
        if change.kind is ChangeKind.DELETE:
            del packages[change.iri]
        else:
            resources = [
                {"id": resource["uri"], **resource} for resource in change.sent["resources"]
            ]
            old = packages.get(change.iri, {"state": "active"})
            packages[change.iri] = {**old, **change.sent, "resources": resources}
    organizations = frozenset({*remote.organizations, *changes.organizations})
    return PortalState(packages, list(packages.values()), frozenset(), organizations)


@given(RECORDS, RECORDS)
def test_a_carried_out_plan_leaves_nothing_to_do(
    before: dict[tuple[str, str], tuple[str, bool]],
    after: dict[tuple[str, str], tuple[str, bool]],
) -> None:
    """Whatever was there before; then exactly the planned packages are there."""
    assume(after)
    old = plan(planned_packages(before), PortalState(), 100, complete=True)
    remote = carry_out(old, PortalState())
    remote = carry_out(plan(planned_packages(after), remote, 100, complete=True), remote)
    assert not plan(planned_packages(after), remote, 0, complete=True).pending
    assert remote.packages.keys() == {package.iri for package in planned_packages(after)}


@given(RECORDS, RECORDS, st.integers(0, 100))
def test_no_more_than_the_guard_allows_is_deleted(
    before: dict[tuple[str, str], tuple[str, bool]],
    after: dict[tuple[str, str], tuple[str, bool]],
    guard: int,
) -> None:
    """With an incomplete catalogue, nothing is deleted."""
    remote = carry_out(
        plan(planned_packages(before), PortalState(), 100, complete=True), PortalState()
    )
    assert not plan(planned_packages(after), remote, 100, complete=False).of(ChangeKind.DELETE)
    try:
        changes = plan(planned_packages(after), remote, guard, complete=True)
    except (LimitError, UsageError):
        return
    assert len(changes.of(ChangeKind.DELETE)) * 100 <= guard * len(remote.own_packages)


@given(st.text(max_size=150), st.text(max_size=150))
def test_every_name_is_valid_for_ckan(partner: str, slug: str) -> None:
    """Whatever the folders are called."""
    name = package_name(f"{partner}x/{slug}", "iri")
    assert 2 <= len(name) <= 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_unmarked_packages_are_never_deleted() -> None:
    """Even if a search returned it."""
    theirs: dict[str, Any] = {"id": "t", "name": "t", "extras": []}
    marked = {**theirs, "extras": [{"key": POOL, "value": BASE}]}
    planned = planned_packages({("a", "b"): ("x", True)})
    for package in (theirs, marked, {"id": "t", "name": "t"}):
        changes = plan(planned, PortalState(own_packages=[package] * 9), 100, complete=True)
        assert not changes.of(ChangeKind.DELETE)


def test_the_error_of_the_guard_lists_the_deletions() -> None:
    """So that the steward can decide."""
    before = {(name, "x"): ("t", False) for name in "abc"}
    remote = carry_out(
        plan(planned_packages(before), PortalState(), 100, complete=True), PortalState()
    )
    with pytest.raises(LimitError, match=r"2 of 3 .* 50 %.*--guard 100.*b_x, c_x"):
        plan(planned_packages({("a", "x"): ("t", False)}), remote, 50, complete=True)
