"""What a CKAN has after a push is what anybody may know of the pool; a second push does nothing."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.package import package_id
from parvis.config import FetchSettings, Settings
from parvis.errors import (
    AddressError,
    FetchError,
    LimitError,
    PermissionRefused,
    RecordRefused,
    UsageError,
)
from parvis.fetch.address import Address
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.portals import Push, prepare

if TYPE_CHECKING:
    from tests.catalog.portals.conftest import CkanServer


SHOWS, TICKETS = "theatre-b_spectacles", "theatre-b_billets"
ALL = 100.0


def push(settings: Settings, ckan: Ckan, fields: str = "ckan", guard: float = ALL) -> Push:
    """Push, all at once."""
    found = prepare(settings, ckan, Fields.load(fields), guard)
    list(found.carry_out())
    return found


def extras(package: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Give a package's extras by key."""
    return {one["key"]: one["value"] for one in package["extras"]}


def agree(settings: Settings, old: str, new: str) -> None:
    """Change the agreement, and publish."""
    file = settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with Pool.open(settings) as pool:
        publish(pool)


def test_what_anybody_may_know_is_there_and_nothing_else(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """What only members may know of is nowhere in what was sent."""
    found = push(published, as_admin)
    assert found.exit_code == 0
    assert sorted(one["name"] for one in portal.packages.values()) == [TICKETS, SHOWS]
    assert portal.organizations["theatre-b"]["title"]
    assert "reserve" not in str(portal.packages)
    shows = portal.named(SHOWS)
    assert shows["id"] == package_id("http://pool.test/id/dataset/theatre-b/spectacles")
    assert shows["title"] == "Spectacles (inventés)"
    assert shows["license_id"] == "cc-by"
    assert {one["name"] for one in shows["tags"]} == {"theatre", "théâtre"}
    assert extras(shows)["uri"] == "http://pool.test/id/dataset/theatre-b/spectacles"


def test_of_a_restricted_dataset_only_the_description_goes(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """It has no resource; one that everyone may read has its files and the endpoint."""
    push(published, as_admin)
    assert portal.named(TICKETS)["resources"] == []
    assert extras(portal.named(TICKETS))["access_rights"].endswith("/RESTRICTED")
    addresses = {one["url"] for one in portal.named(SHOWS)["resources"]}
    assert "http://pool.test/dumps/theatre-b/spectacles.xlsx" in addresses
    assert all(one.startswith("http://pool.test/") for one in addresses)


@pytest.mark.parametrize("client", ["as_admin", "as_editor"])
def test_a_second_push_changes_nothing(
    published: Settings, portal: "CkanServer", client: str, request: pytest.FixtureRequest
) -> None:
    """For an editor too, who may not choose ids: packages are found by their names."""
    portal.organizations["theatre-b"] = {"name": "theatre-b"}
    ckan = request.getfixturevalue(client)
    assert push(published, ckan).exit_code == 0
    before, portal.asked[:] = str(portal.packages), []
    again = push(published, ckan)
    assert not again.changes.needed
    assert len(again.changes.packages) == 2
    assert portal.writes() == []
    assert str(portal.packages) == before


def test_a_dry_run_needs_no_key_and_changes_nothing(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """It is the plan alone."""
    ckan = Ckan(as_admin.address, published.fetch)
    found = prepare(published, ckan, Fields.load())
    assert found.to_json()["create"] == ["theatre-b/billets", "theatre-b/spectacles"]
    assert found.to_json()["organizations"] == ["theatre-b"]
    assert portal.writes() == []


def test_an_update_keeps_ids_uploads_and_what_people_added(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Only what is the pool's own is replaced."""
    push(published, as_admin)
    there = portal.named(SHOWS)
    before = [one["id"] for one in there["resources"]]
    upload = {"id": "u1", "url": "https://ckan.example/a.pdf", "url_type": "upload"}
    there["resources"].append(upload)
    there["extras"].append({"key": "note", "value": "relue"})
    there["groups"] = [{"name": "societe-culture"}]
    file = published.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    file.write_text(
        file.read_text("utf-8").replace("Spectacles (", "Tous les spectacles ("), "utf-8"
    )
    with Pool.open(published) as pool:
        publish(pool)
    assert push(published, as_admin).to_json()["update"] == ["theatre-b/spectacles"]
    now = portal.named(SHOWS)
    assert now["title"].startswith("Tous les")
    assert [one["id"] for one in now["resources"]] == [*before, "u1"]
    assert extras(now)["note"] == "relue"
    assert now["groups"] == [{"name": "societe-culture"}]


def test_what_nobody_may_know_of_any_more_is_deleted_there(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Within the guard; what is not the pool's is left alone, and a return restores it."""
    push(published, as_admin)
    portal.packages["x"] = {**portal.named(SHOWS), "id": "x", "name": "other", "extras": []}
    rule = "odrl:assignee parvis:everyone ; odrl:action parvis:discover"
    agree(published, rule, rule.replace("everyone", "members"))
    with pytest.raises(LimitError, match=r"1 of 2 datasets would be deleted .* theatre-b_billets"):
        push(published, as_admin, guard=25.0)
    assert portal.named(TICKETS)["state"] == "active"
    assert push(published, as_admin).to_json()["delete"] == [TICKETS]
    assert portal.named(TICKETS)["state"] == "deleted"
    assert portal.packages["x"]["state"] == "active"
    assert not push(published, as_admin).changes.needed
    agree(published, rule.replace("everyone", "members"), rule)
    assert push(published, as_admin).to_json()["update"] == ["theatre-b/billets"]
    assert portal.named(TICKETS)["state"] == "active"


def test_what_may_not_be_distributed_stays_in_the_house(
    published: Settings, as_admin: Ckan
) -> None:
    """Though everyone may know of it here; if it was there, it is deleted."""
    push(published, as_admin)
    target = "odrl:target <id/dataset/theatre-b/billets> ; odrl:assignee parvis:everyone"
    agree(
        published,
        "  odrl:permission\n",
        f"  odrl:prohibition [ {target} ; odrl:action odrl:distribute ] ;\n  odrl:permission\n",
    )
    assert push(published, as_admin).to_json()["delete"] == [TICKETS]


def test_an_empty_catalogue_deletes_nothing(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Whatever the guard."""
    push(published, as_admin)
    agree(published, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members")
    with pytest.raises(UsageError, match="nothing is deleted"):
        push(published, as_admin)
    assert {one["state"] for one in portal.packages.values()} == {"active"}


def test_another_pools_records_are_left_alone(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """A name that somebody has is not taken from them."""
    portal.organizations["theatre-b"] = {"name": "theatre-b"}
    theirs = {"id": "t", "name": SHOWS, "state": "active", "resources": [], "title": "theirs"}
    mark = {"key": "parvis_pool", "value": "http://other.test/"}
    portal.packages["t"] = {**theirs, "extras": [mark], "owner_org": "theatre-b"}
    assert push(published, as_admin).exit_code == 0
    assert portal.packages["t"]["title"] == "theirs"
    ours = package_id("http://pool.test/id/dataset/theatre-b/spectacles")
    assert portal.packages[ours]["name"] == f"{SHOWS}_{ours[:8]}"
    assert not push(published, as_admin).changes.needed


def test_what_may_not_be_seen_is_neither_ours_nor_in_the_way(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Somebody's private dataset of that name does not stop the others."""
    theirs = {"id": "t", "name": SHOWS, "state": "active", "private": True, "extras": []}
    portal.packages["t"] = {**theirs, "owner_org": "x", "resources": []}
    assert push(published, as_admin).exit_code == 0
    assert portal.packages["t"]["name"] == SHOWS
    assert not push(published, as_admin).changes.needed


def test_what_fails_for_one_stops_no_other(
    published: Settings, portal: "CkanServer", as_admin: Ckan, tmp_path: Path
) -> None:
    """An organisation that may not be made is the failure of its datasets, in a sentence."""
    editor = Ckan(as_admin.address, published.fetch, "editor-key")
    found = push(published, editor)
    assert found.exit_code == 1
    assert {type(one) for one in found.failed.values()} == {PermissionRefused}
    assert "ne permet pas" in found.to_json()["failed"]["theatre-b/billets"]["fr"]
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'extends = "ckan"\n[dataset]\nmaintainer_email = "{title.fr}"\n'
        '[values.maintainer_email]\n"Spectacles (inventés)" = "a@b.example"\n',
        "utf-8",
    )
    found = push(published, as_admin, str(mine))
    assert list(found.failed) == ["theatre-b/billets"]
    assert isinstance(found.failed["theatre-b/billets"], RecordRefused)
    assert "maintainer_email" in str(found.failed["theatre-b/billets"])
    assert [one["name"] for one in portal.packages.values()] == [SHOWS]


def test_the_fields_of_donnees_quebec_are_its_own(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Frequency in its codes, categories as groups, everything in French."""
    assert push(published, as_admin, "donnees-quebec").exit_code == 0
    shows = portal.named(SHOWS)
    assert shows["update_frequency"] == "annual"
    assert shows["groups"] == [{"name": "societe-culture"}]
    assert shows["language"] == "FR"
    assert {one["resource_type"] for one in shows["resources"]} == {"donnees", "web"}
    assert [one["name"] for one in shows["tags"]] == ["théâtre"]
    assert shows["notes"] == "Données inventées pour les essais."


def test_a_ckan_inside_the_house_is_not_called(published: Settings, portal: "CkanServer") -> None:
    """Unless the steward allows it."""
    with pytest.raises(AddressError, match="no public address"):
        prepare(published, Ckan(Address.parse(portal.url), FetchSettings()), Fields.load())
    assert portal.asked == []


def test_a_search_without_end_ends(as_admin: Ckan, portal: "CkanServer") -> None:
    """A portal that always has more is told so, before anything is planned."""
    page = {"count": 10**9, "results": [{"name": "x"}]}
    portal.broken["package_search"] = (
        "200 OK",
        json.dumps({"success": True, "result": page}).encode(),
    )
    with pytest.raises(LimitError, match="records"):
        list(as_admin.search(""))


NAMED = {"id": "i", "name": "n"}
ODD: list[object] = [[], 7, "x", True]
RESULTS: list[tuple[str, object]] = [
    *(("package_show", odd) for odd in ODD),
    ("package_show", None),
    ("package_show", {}),
    ("package_show", NAMED | {"name": ["n"]}),
    ("package_show", NAMED | {"id": {"a": 1}}),
    ("package_show", NAMED | {"name": "n" * 1000}),
    ("package_show", NAMED | {"extras": [3]}),
    ("package_show", NAMED | {"extras": {"key": "x"}}),
    ("package_show", NAMED | {"extras": [{"key": ["x"]}]}),
    ("package_show", NAMED | {"resources": "x"}),
    ("package_show", NAMED | {"resources": [{"uri": ["x"], "id": "i"}]}),
    ("package_search", {"count": True, "results": []}),
    ("package_search", {"count": None, "results": []}),
    ("package_search", {"count": 1.5, "results": []}),
    ("package_search", {"count": 1, "results": {}}),
    ("package_search", {"count": 1, "results": [{"name": "n"}]}),
    *(("organization_show", odd) for odd in ODD),
]
"""What no CKAN says, though it says that it succeeded."""
BROKEN = [
    ("package_show", ("502 BAD GATEWAY", b"<html>"), FetchError),
    ("package_show", ("301 MOVED PERMANENTLY", b""), FetchError),
    ("package_search", ("200 OK", b'{"success": true, "result": []}'), FetchError),
    ("package_search", ("200 OK", b"[" * 100_000), FetchError),
    ("package_search", ("200 OK", b" " * 300_000), LimitError),
    *(
        (action, ("200 OK", json.dumps({"success": True, "result": result}).encode()), FetchError)
        for action, result in RESULTS
    ),
    ("package_show", ("200 OK", b'[{"success": true}]'), FetchError),
    ("package_show", ("200 OK", b'{"success": true}'), FetchError),
    ("package_show", ("409 CONFLICT", b'{"success": false, "error": [[[1]]]}'), FetchError),
    (
        "package_show",
        ("403 FORBIDDEN", b'{"error": {"__type": "Search Error", "message": {"a": {}}}}'),
        FetchError,
    ),
    (
        "package_search",
        (
            "403 FORBIDDEN",
            b'{"error": {"__type": "Authorization Error", "message": %s1%s}}'
            % (b"[" * 900, b"]" * 900),
        ),
        PermissionRefused,
    ),
]


@pytest.mark.parametrize(("action", "answer", "kind"), BROKEN)
def test_what_is_no_ckan_is_told_before_anything_changes(  # noqa: PLR0913, PLR0917 - fixtures
    published: Settings,
    portal: "CkanServer",
    as_admin: Ckan,
    action: str,
    answer: tuple[str, bytes],
    kind: type[Exception],
) -> None:
    """A failing page must never delete anything."""
    portal.broken[action] = answer
    limits = FetchSettings(allow=("127.0.0.1",), bytes=200_000)
    with pytest.raises(kind, match=r"127\.0\.0\.1"):
        push(published, Ckan(as_admin.address, limits, "any-key"))
    assert portal.writes() == []
