"""A plan, once carried out, leaves nothing to do, and never more than its guard is deleted."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.package import (
    IRI,
    POOL,
    PlannedPackage,
    extra,
    package_name,
    plan_package,
)
from parvis.catalog.portals.plan import ChangeKind, PortalState, PushPlan, plan
from parvis.catalog.portals.record import RecordFacts, Value
from parvis.errors import LimitError, UsageError

BASE = "http://pool.test/"
FIELDS = Fields(dataset={"title": "{title.fr}", "url": "{page}", "tags": "{keywords}"})
SLUG = st.text("ab-", min_size=1, max_size=3)
RECORDS = st.dictionaries(
    st.tuples(SLUG, SLUG), st.tuples(st.text("xy'/", max_size=3), st.booleans()), max_size=6
)


def records(made: dict[tuple[str, str], tuple[str, bool]]) -> list[PlannedPackage]:
    """Make what should be there of drawn datasets: their titles, and whether they have a file."""
    return [_wanted(partner, slug, *told) for (partner, slug), told in made.items()]


def _wanted(partner: str, slug: str, title: str, has_file: bool) -> PlannedPackage:  # noqa: FBT001 - drawn
    iri = f"{BASE}id/dataset/{partner}/{slug}"
    facts: dict[str, Value] = {"iri": iri, "dataset": slug, "title.fr": title, "keywords": [title]}
    file: dict[str, Value] = {"iri": f"{iri}/csv", "url": f"{iri}.csv", "title.fr": title}
    record = RecordFacts(iri, partner, {"fr": partner}, facts, (file,) if has_file else ())
    return plan_package(record, FIELDS, BASE)


def carried_out(changes: PushPlan, remote: PortalState) -> PortalState:
    """Give what a portal has after a plan: resources get ids, packages that are deleted go."""
    packages = {str(extra(one, IRI)): dict(one) for one in remote.kept}
    for change in changes.needed:
        if change.kind is ChangeKind.DELETE:
            del packages[change.iri]
        else:
            resources = [{"id": one["uri"], **one} for one in change.sent["resources"]]
            old = packages.get(change.iri, {"state": "active"})
            packages[change.iri] = {**old, **change.sent, "resources": resources}
    organizations = frozenset({*remote.organizations, *changes.organizations})
    return PortalState(packages, list(packages.values()), frozenset(), organizations)


@given(RECORDS, RECORDS)
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(
    before: dict[tuple[str, str], tuple[str, bool]],
    after: dict[tuple[str, str], tuple[str, bool]],
) -> None:
    """Whatever was there before, and exactly what should be there is."""
    assume(after)
    old = plan(records(before), PortalState(), 100, complete=True)
    remote = carried_out(old, PortalState())
    remote = carried_out(plan(records(after), remote, 100, complete=True), remote)
    assert not plan(records(after), remote, 0, complete=True).needed
    assert remote.found.keys() == {one.iri for one in records(after)}


@given(RECORDS, RECORDS, st.integers(0, 100))
def test_no_more_than_the_guard_is_deleted(
    before: dict[tuple[str, str], tuple[str, bool]],
    after: dict[tuple[str, str], tuple[str, bool]],
    guard: int,
) -> None:
    """And of an incomplete catalogue, nothing."""
    remote = carried_out(plan(records(before), PortalState(), 100, complete=True), PortalState())
    assert not plan(records(after), remote, 100, complete=False).of(ChangeKind.DELETE)
    try:
        found = plan(records(after), remote, guard, complete=True)
    except (LimitError, UsageError):
        return
    assert len(found.of(ChangeKind.DELETE)) * 100 <= guard * len(remote.kept)


@given(st.text(max_size=150), st.text(max_size=150))
def test_every_name_is_one_that_a_ckan_takes(partner: str, slug: str) -> None:
    """Whatever the folders are called."""
    name = package_name(f"{partner}x/{slug}", "iri")
    assert 2 <= len(name) <= 100
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_what_does_not_carry_the_mark_is_never_deleted() -> None:
    """Even if a search gave it."""
    theirs: dict[str, Any] = {"id": "t", "name": "t", "extras": []}
    marked = {**theirs, "extras": [{"key": POOL, "value": BASE}]}
    one = records({("a", "b"): ("x", True)})
    for package in (theirs, marked, {"id": "t", "name": "t"}):
        found = plan(one, PortalState(kept=[package] * 9), 100, complete=True)
        assert not found.of(ChangeKind.DELETE)


def test_the_guard_names_what_would_go() -> None:
    """So that the steward can judge."""
    before = {(name, "x"): ("t", False) for name in "abc"}
    remote = carried_out(plan(records(before), PortalState(), 100, complete=True), PortalState())
    with pytest.raises(LimitError, match=r"2 of 3 .* 50 %.*--guard 100.*b_x, c_x"):
        plan(records({("a", "x"): ("t", False)}), remote, 50, complete=True)
