"""After a push, a CKAN has the discoverable records; a second push changes nothing."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.catalog.portals.ckan import Ckan
from parvis.catalog.portals.fields import Fields
from parvis.catalog.portals.plan import package_id
from parvis.config import FetchSettings, Settings, clock
from parvis.errors import (
    AddressError,
    FetchError,
    LimitError,
    PermissionRefused,
    RecordRefused,
    UsageError,
)
from parvis.fetch.address import Address
from parvis.ledger import Act, Audit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.data_uses import report_uses
from parvis.pooling.stewardship.harvesting.portals import Push, prepare
from parvis.store.generation.generation import current
from parvis.vocab.iris import Iris

if TYPE_CHECKING:
    from tests.catalog.portals.conftest import CkanServer


SHOWS, TICKETS = "theatre-b_spectacles", "theatre-b_billets"
ALL = 100.0


def push(settings: Settings, ckan: Ckan, fields: str = "ckan", guard: float = ALL) -> Push:
    """Plan and carry out a push."""
    result = prepare(settings, ckan, Fields.load(fields), guard)
    list(result.carry_out())
    return result


def extras(package: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """Return a package's extras by key."""
    return {extra["key"]: extra["value"] for extra in package["extras"]}


def change_agreement(settings: Settings, old: str, new: str) -> None:
    """Change the agreement and publish."""
    file = settings.catalog / "theatre-b" / "agreement.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with Pool.open(settings) as pool:
        publish(pool)


def test_what_is_sent_is_in_the_trail(published: Settings, as_admin: Ckan) -> None:
    """A partner finds it in what became of its data; a push that sends nothing says nothing."""
    push(published, as_admin)
    push(published, as_admin)
    (link,) = Audit(published.data).latest([Act.EXPORT], 9)
    sent = {item["dataset"].rpartition("/")[2] for item in link.entry["datasets"]}
    assert sent == {"spectacles", "billets"}
    assert link.entry["portal"] == "127.0.0.1"
    snapshot = Snapshot.read(current(published.data), Iris(published.base))
    report = report_uses(published, snapshot, "theatre-b", clock.now())
    exports = [use for use in report.uses if use.kind == "export"]
    assert {use.rule["en"].partition(":")[0] for use in exports} == {"to 127.0.0.1"}
    assert len(exports) == len(sent)


def test_discoverable_datasets_and_no_others_are_pushed(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Records for members only are not sent."""
    result = push(published, as_admin)
    assert result.exit_code == 0
    assert sorted(package["name"] for package in portal.packages.values()) == [TICKETS, SHOWS]
    assert portal.organizations["theatre-b"]["title"]
    assert "reserve" not in str(portal.packages)
    shows = portal.named(SHOWS)
    assert shows["id"] == package_id("http://pool.test/id/dataset/theatre-b/spectacles")
    assert shows["title"] == "Spectacles (inventés)"
    assert shows["license_id"] == "cc-by"
    assert {tag["name"] for tag in shows["tags"]} == {"theatre", "théâtre"}
    assert extras(shows)["uri"] == "http://pool.test/id/dataset/theatre-b/spectacles"


def test_only_the_description_of_a_restricted_dataset_is_pushed(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """It has no resource; a public dataset has its files and the endpoint."""
    push(published, as_admin)
    assert portal.named(TICKETS)["resources"] == []
    assert extras(portal.named(TICKETS))["access_rights"].endswith("/RESTRICTED")
    addresses = {resource["url"] for resource in portal.named(SHOWS)["resources"]}
    assert "http://pool.test/dumps/theatre-b/spectacles.xlsx" in addresses
    assert all(address.startswith("http://pool.test/") for address in addresses)


@pytest.mark.parametrize("client", ["as_admin", "as_editor"])
def test_a_second_push_changes_nothing(
    published: Settings, portal: "CkanServer", client: str, request: pytest.FixtureRequest
) -> None:
    """Also for an editor, who may not choose ids: packages are found by name."""
    portal.organizations["theatre-b"] = {"name": "theatre-b"}
    ckan = request.getfixturevalue(client)
    assert push(published, ckan).exit_code == 0
    before, portal.requests[:] = str(portal.packages), []
    repeated = push(published, ckan)
    assert not repeated.changes.pending
    assert len(repeated.changes.packages) == 2
    assert portal.writes() == []
    assert str(portal.packages) == before


def test_a_dry_run_needs_no_key_and_changes_nothing(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    ckan = Ckan(as_admin.address, published.fetch)
    planned = prepare(published, ckan, Fields.load())
    assert planned.to_json()["create"] == ["theatre-b/billets", "theatre-b/spectacles"]
    assert planned.to_json()["organizations"] == ["theatre-b"]
    assert portal.writes() == []


def test_an_update_keeps_ids_uploads_and_additions(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Only the pool's own entries are replaced."""
    push(published, as_admin)
    package = portal.named(SHOWS)
    before = [resource["id"] for resource in package["resources"]]
    upload = {"id": "u1", "url": "https://ckan.example/a.pdf", "url_type": "upload"}
    package["resources"].append(upload)
    package["extras"].append({"key": "note", "value": "relue"})
    package["groups"] = [{"name": "societe-culture"}]
    file = published.catalog / "theatre-b" / "spectacles" / "dataset.ttl"
    file.write_text(
        file.read_text("utf-8").replace("Spectacles (", "Tous les spectacles ("), "utf-8"
    )
    with Pool.open(published) as pool:
        publish(pool)
    assert push(published, as_admin).to_json()["update"] == ["theatre-b/spectacles"]
    updated = portal.named(SHOWS)
    assert updated["title"].startswith("Tous les")
    assert [resource["id"] for resource in updated["resources"]] == [*before, "u1"]
    assert extras(updated)["note"] == "relue"
    assert updated["groups"] == [{"name": "societe-culture"}]


def test_a_no_longer_discoverable_dataset_is_deleted(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Within the guard; other packages stay, and a returning dataset is restored."""
    push(published, as_admin)
    portal.packages["x"] = {**portal.named(SHOWS), "id": "x", "name": "other", "extras": []}
    rule = "odrl:assignee parvis:everyone ; odrl:action parvis:discover"
    change_agreement(published, rule, rule.replace("everyone", "members"))
    with pytest.raises(LimitError, match=r"1 of 2 datasets would be deleted .* theatre-b_billets"):
        push(published, as_admin, guard=25.0)
    assert portal.named(TICKETS)["state"] == "active"
    assert push(published, as_admin).to_json()["delete"] == [TICKETS]
    assert portal.named(TICKETS)["state"] == "deleted"
    assert portal.packages["x"]["state"] == "active"
    assert not push(published, as_admin).changes.pending
    change_agreement(published, rule.replace("everyone", "members"), rule)
    assert push(published, as_admin).to_json()["update"] == ["theatre-b/billets"]
    assert portal.named(TICKETS)["state"] == "active"


def test_a_dataset_that_may_not_be_distributed_is_not_pushed(
    published: Settings, as_admin: Ckan
) -> None:
    """Even if everyone may discover it here; an existing package is deleted."""
    push(published, as_admin)
    target = "odrl:target <id/dataset/theatre-b/billets> ; odrl:assignee parvis:everyone"
    change_agreement(
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
    change_agreement(published, "odrl:assignee parvis:everyone", "odrl:assignee parvis:members")
    with pytest.raises(UsageError, match="nothing is deleted"):
        push(published, as_admin)
    assert {package["state"] for package in portal.packages.values()} == {"active"}


def test_packages_of_another_pool_are_not_changed(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """A name in use is not taken over."""
    portal.organizations["theatre-b"] = {"name": "theatre-b"}
    theirs = {"id": "t", "name": SHOWS, "state": "active", "resources": [], "title": "theirs"}
    mark = {"key": "parvis_pool", "value": "http://other.test/"}
    portal.packages["t"] = {**theirs, "extras": [mark], "owner_org": "theatre-b"}
    assert push(published, as_admin).exit_code == 0
    assert portal.packages["t"]["title"] == "theirs"
    ours = package_id("http://pool.test/id/dataset/theatre-b/spectacles")
    assert portal.packages[ours]["name"] == f"{SHOWS}_{ours[:8]}"
    assert not push(published, as_admin).changes.pending


def test_an_invisible_package_of_the_same_name_is_no_obstacle(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """A private dataset of the same name does not stop the others."""
    theirs = {"id": "t", "name": SHOWS, "state": "active", "private": True, "extras": []}
    portal.packages["t"] = {**theirs, "owner_org": "x", "resources": []}
    assert push(published, as_admin).exit_code == 0
    assert portal.packages["t"]["name"] == SHOWS
    assert not push(published, as_admin).changes.pending


def test_a_failing_dataset_does_not_stop_the_others(
    published: Settings, portal: "CkanServer", as_admin: Ckan, tmp_path: Path
) -> None:
    """If an organisation cannot be created, only its datasets fail."""
    editor = Ckan(as_admin.address, published.fetch, "editor-key")
    result = push(published, editor)
    assert result.exit_code == 1
    assert {type(failure) for failure in result.failed.values()} == {PermissionRefused}
    assert "ne permet pas" in result.to_json()["failed"]["theatre-b/billets"]["fr"]
    configuration = tmp_path / "mine.toml"
    configuration.write_text(
        'extends = "ckan"\n[dataset]\nmaintainer_email = "{title.fr}"\n'
        '[values.maintainer_email]\n"Spectacles (inventés)" = "a@b.example"\n',
        "utf-8",
    )
    result = push(published, as_admin, str(configuration))
    assert list(result.failed) == ["theatre-b/billets"]
    assert isinstance(result.failed["theatre-b/billets"], RecordRefused)
    assert "maintainer_email" in str(result.failed["theatre-b/billets"])
    assert [failure["name"] for failure in portal.packages.values()] == [SHOWS]


def test_the_configuration_for_donnees_quebec_uses_its_fields(
    published: Settings, portal: "CkanServer", as_admin: Ckan
) -> None:
    """Frequency codes, categories as groups, everything in French."""
    assert push(published, as_admin, "donnees-quebec").exit_code == 0
    shows = portal.named(SHOWS)
    assert shows["update_frequency"] == "annual"
    assert shows["groups"] == [{"name": "societe-culture"}]
    assert shows["language"] == "FR"
    assert {resource["resource_type"] for resource in shows["resources"]} == {"donnees", "web"}
    assert [resource["name"] for resource in shows["tags"]] == ["théâtre"]
    assert shows["notes"] == "Données inventées pour les essais."


def test_a_ckan_at_an_internal_address_is_not_called(
    published: Settings, portal: "CkanServer"
) -> None:
    """Unless the steward allows it."""
    with pytest.raises(AddressError, match="no public address"):
        prepare(published, Ckan(Address.parse(portal.url), FetchSettings()), Fields.load())
    assert portal.requests == []


def test_an_endless_search_ends_at_a_limit(as_admin: Ckan, portal: "CkanServer") -> None:
    """A portal that always returns more is refused before anything is planned."""
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
"""Results that no CKAN returns, in responses that claim success."""
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


@pytest.mark.parametrize(("action", "response", "error"), BROKEN)
def test_an_invalid_response_stops_the_push_before_any_change(  # noqa: PLR0913, PLR0917 - fixtures
    published: Settings,
    portal: "CkanServer",
    as_admin: Ckan,
    action: str,
    response: tuple[str, bytes],
    error: type[Exception],
) -> None:
    """A failing page must never delete anything."""
    portal.broken[action] = response
    limits = FetchSettings(allow=("127.0.0.1",), bytes=200_000)
    with pytest.raises(error, match=r"127\.0\.0\.1"):
        push(published, Ckan(as_admin.address, limits, "any-key"))
    assert portal.writes() == []
