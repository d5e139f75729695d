"""Records of other portals become proposals to proofread; a bad record does not stop the others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph

from parvis.catalog.folder import Catalog
from parvis.catalog.portals.harvest import Portal, PortalKind, kind_of
from parvis.config import Limits, Settings
from parvis.errors import AddressError, FetchError, LimitError, ParvisError, SourceError
from parvis.fetch.address import Address
from parvis.governance import ANONYMOUS
from parvis.ledger import Author
from parvis.pooling.intake.refresh import refreshable
from parvis.pooling.pool import Pool
from parvis.pooling.serving.harvest.records import list_records
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.harvesting import portals
from parvis.pooling.stewardship.harvesting.portals import (
    PROPOSED,
    HarvestOutcome,
    HarvestStatus,
    harvest,
)
from parvis.pooling.stewardship.texts import OutdatedText, list_changes, undo_change
from parvis.rdf.files import graph_of, serialise
from parvis.store.generation.generation import current
from parvis.vocab.iris import DatasetKey, Iris

if TYPE_CHECKING:
    from tests.catalog.portals.conftest import CkanServer
    from tests.conftest import Server


PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
"""
CC_BY = "<http://creativecommons.org/licenses/by/4.0/deed.fr>"


def dataset(name: str, licence: str = f"dct:license {CC_BY} ;", title: str = "Titre") -> str:
    """Write a French record of a DCAT catalogue."""
    titles = f'dct:title "{title} {name}" ;' if title else ""
    return f"""<https://ville.example/jeu/{name}> a dcat:Dataset ; {titles} {licence}
      dct:description "Ce qui s’y passe." ; dcat:keyword "arts/culture", "l’été" ;
      dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/WEEKLY> ;
      dcat:distribution [ dcat:downloadURL <https://ville.example/{name}.pdf> ; dct:format "PDF" ] ,
        [ dcat:downloadURL <https://ville.example/{name}.csv> ; dct:format "CSV" ] .
    """


def run_harvest(
    settings: Settings,
    url: str,
    organization: str | None = None,
    *,
    kind: PortalKind | None = None,
    dry_run: bool = False,
) -> list[HarvestOutcome]:
    """Harvest an address for the partner."""
    address = Address.parse(url)
    portal = Portal(address, kind or kind_of(address), "fr", organization)
    with Pool.open(settings) as pool:
        return harvest(pool, portal, "theatre-b", "en", dry_run=dry_run).take_records()


def statuses(outcomes: list[HarvestOutcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


def record_path(settings: Settings, slug: str) -> Path:
    """Return the path of a dataset's record."""
    return settings.catalog / "theatre-b" / slug / "dataset.ttl"


def test_a_dcat_record_becomes_a_readable_proposal(settings: Settings, server: "Server") -> None:
    """Its file will be fetched; what is only in French is marked in English."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("calendrier")).encode(), ETag='"1"')
    (outcome,) = run_harvest(settings, url)
    assert (outcome.status, str(outcome.key)) == (HarvestStatus.NEW, "theatre-b/calendrier")
    record = Catalog.load(settings.catalog, settings.base).require_named("theatre-b/calendrier")
    assert record.title == {
        "fr": "Titre calendrier",
        "en": "Titre calendrier (in French; to be translated)",
    }
    assert record.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert str(record.address) == "https://ville.example/calendrier.csv"
    text = record_path(settings, "calendrier").read_text("utf-8")
    assert text.startswith("# Proposed from http://127.0.0.1")
    assert '"arts culture"@fr' in text
    assert "<id/dataset/theatre-b/calendrier>" in text
    assert "WEEKLY" in text


@pytest.mark.parametrize(
    ("form", "path", "media_type"),
    [
        ("json-ld", "/catalogue", "application/ld+json; charset=utf-8"),
        ("xml", "/catalogue", "application/rdf+xml"),
        ("turtle", "/catalogue", "text/turtle"),
        ("xml", "/catalogue.xml", "application/xml"),
        ("nt", "/catalogue.nt", "text/plain"),
    ],
)
def test_a_dcat_catalogue_is_read_in_every_format(
    settings: Settings, server: "Server", form: str, path: str, media_type: str
) -> None:
    """By media type, else by extension; Turtle is preferred."""
    graph = Graph().parse(data=PREFIXES + dataset("x"), format="turtle")
    body = graph.serialize(format=form, encoding="utf-8")
    url = server.gives(path, body, Content_Type=media_type)
    assert statuses(run_harvest(settings, url, kind=PortalKind.DCAT)) == ["new"]
    assert server.asked[0][1]["Accept"].startswith("text/turtle")
    assert '"Titre x"@fr' in record_path(settings, "x").read_text("utf-8")


def test_a_page_without_rdf_is_refused(settings: Settings, server: "Server") -> None:
    url = server.gives("/catalogue", b"<html>", Content_Type="text/html")
    with pytest.raises(SourceError, match="text/html"):
        run_harvest(settings, url, kind=PortalKind.DCAT)


def test_a_catalogue_of_parvis_can_be_harvested(published: Settings, server: "Server") -> None:
    """Existing records are kept; proposals are stored separately for comparison."""
    site = Snapshot.read(current(published.data), Iris(published.base))
    listing = list_records(site, ANONYMOUS, datetime.now(UTC))
    lines = b"".join([listing.frame, *map(listing.record, listing.items)])
    url = server.gives("/catalog.ttl", serialise(graph_of(lines), "ttl"))
    outcomes = run_harvest(published, url)
    assert statuses(outcomes) == ["edited"] * 2
    for outcome in outcomes:
        proposal = published.catalog / "theatre-b" / PROPOSED / str(outcome.key).rpartition("/")[2]
        assert (proposal / "dataset.ttl").is_file()


def test_a_proposed_dataset_is_neither_shared_nor_refreshed(
    settings: Settings, server: "Server"
) -> None:
    """No agreement mentions it, and without a mapping it is not refreshed."""
    run_harvest(settings, server.gives("/a.ttl", (PREFIXES + dataset("x")).encode()))
    with Pool.open(settings) as pool:
        assert DatasetKey("theatre-b", "x") in pool.catalog.datasets
        assert "x" not in {candidate.key.dataset for candidate in refreshable(pool)}


def test_bad_records_do_not_stop_a_harvest(settings: Settings, server: "Server") -> None:
    """Ninety-seven are stored, three are named."""
    faults = {7: {"licence": ""}, 42: {"title": ""}, 77: {"licence": 'dct:license "à nous" ;'}}
    pages = [
        [dataset(f"n{n:02}", **faults.get(n, {})) for n in range(m, m + 25)]
        for m in range(0, 100, 25)
    ]
    for number, page in enumerate(pages):
        following = f"<#page> hydra:next </p{number + 1}.ttl> ." if number < 3 else ""
        server.gives(f"/p{number}.ttl", (PREFIXES + "".join(page) + following).encode())
    outcomes = run_harvest(settings, server.address("/p0.ttl"))
    assert statuses(outcomes).count("new") == 97
    failed = [outcome for outcome in outcomes if outcome.status is HarvestStatus.FAILED]
    assert [outcome.name.rpartition("/")[2] for outcome in failed] == ["n07", "n42", "n77"]
    assert all(outcome.to_json()["error"]["fr"].startswith("«") for outcome in failed)
    assert len(Catalog.load(settings.catalog, settings.base).datasets) == 100


def test_an_unchanged_page_is_not_transferred_again(settings: Settings, server: "Server") -> None:
    """The server is asked with the ETag; the next page is still followed."""
    first = PREFIXES + dataset("un") + "<#page> hydra:next </p1.ttl> ."
    url = server.gives("/p0.ttl", first.encode(), ETag='"1"')
    server.gives("/p1.ttl", (PREFIXES + dataset("deux")).encode(), ETag='"1"')
    assert statuses(run_harvest(settings, url)) == ["new", "new"]
    server.gives("/p1.ttl", (PREFIXES + dataset("deux", title="Autre")).encode(), ETag='"2"')
    assert statuses(run_harvest(settings, url)) == ["unchanged", "updated"]
    assert [headers.get("If-None-Match") for _, headers in server.asked[-2:]] == ['"1"', '"1"']
    record_path(settings, "un").unlink()
    record_path(settings, "un").parent.rmdir()
    assert statuses(run_harvest(settings, url)) == ["new", "unchanged"]


def test_an_edited_record_is_never_overwritten(settings: Settings, server: "Server") -> None:
    """Changes of the source are then proposed separately."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("x")).encode())
    run_harvest(settings, url)
    file = record_path(settings, "x")
    edited = file.read_text("utf-8").replace("Titre x (in French; to be translated)", "Title x")
    file.write_text(edited, "utf-8")
    assert statuses(run_harvest(settings, url)) == ["unchanged"]
    server.gives("/a.ttl", (PREFIXES + dataset("x", title="Autre")).encode())
    assert statuses(run_harvest(settings, url)) == ["edited"]
    assert file.read_text("utf-8") == edited
    proposal = settings.catalog / "theatre-b" / "_proposed" / "x" / "dataset.ttl"
    assert "Autre x" in proposal.read_text("utf-8")
    assert (
        Catalog.load(settings.catalog, settings.base).require_named("theatre-b/x").title["en"]
        == "Title x"
    )


def test_a_harvest_is_one_change_with_its_author_and_reason(
    settings: Settings, server: "Server"
) -> None:
    """Which can be undone; a harvest that changes nothing leaves no entry."""
    records = PREFIXES + dataset("un") + dataset("deux")
    url = server.gives("/a.ttl", records.encode())
    portal, steward = (
        Portal(Address.parse(url), PortalKind.DCAT, "fr"),
        Author("x:tiers", "steward"),
    )
    for _ in range(2):
        with Pool.open(settings) as pool:
            pull = harvest(
                pool, portal, "theatre-b", "fr", dry_run=False, author=steward, reason="Le début."
            )
            pull.take_records()
    (change,) = list_changes(settings)
    assert (change.author, change.reason) == (steward, "Le début.")
    assert set(change.paths) == {"theatre-b/un/dataset.ttl", "theatre-b/deux/dataset.ttl"}
    undo_change(settings, change.number)
    assert not record_path(settings, "un").exists()
    run_harvest(settings, url)
    assert list_changes(settings)[0].reason == f"Records taken from {url}"


def test_a_record_that_is_edited_during_a_harvest_stays(
    settings: Settings, server: "Server", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written then, and the page is read again next time."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("x")).encode())
    run_harvest(settings, url)
    server.gives("/a.ttl", (PREFIXES + dataset("x", title="Autre")).encode(), ETag='"2"')
    file, edited = record_path(settings, "x"), "# edited meanwhile"

    def edit(*_: object) -> None:
        file.write_text(f"{file.read_text('utf-8')}{edited}\n", encoding="utf-8")

    monkeypatch.setattr(portals, "read_dataset", edit)
    with pytest.raises(OutdatedText):
        run_harvest(settings, url)
    monkeypatch.undo()
    assert file.read_text("utf-8").endswith(f"{edited}\n")
    assert statuses(run_harvest(settings, url)) == ["edited"]


def test_two_records_of_one_name_become_two_datasets(settings: Settings, server: "Server") -> None:
    """The second gets another folder, the same on each harvest."""
    homonym = dataset("x").replace("/jeu/", "/autre/")
    url = server.gives("/a.ttl", (PREFIXES + dataset("x") + homonym).encode())
    keys = {outcome.key for outcome in run_harvest(settings, url)}
    assert len(keys) == 2
    assert statuses(run_harvest(settings, url)) == ["unchanged", "unchanged"]


def test_a_dry_run_writes_nothing(settings: Settings, server: "Server") -> None:
    """Neither records nor state."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("x")).encode(), ETag='"1"')
    assert statuses(run_harvest(settings, url, dry_run=True)) == ["new"]
    assert not record_path(settings, "x").exists()
    assert not settings.data.exists()


def test_a_data_package_is_one_record(settings: Settings, server: "Server") -> None:
    """Its paths are relative to its own address."""
    package = {
        "name": "visites",
        "title": "Visites",
        "licenses": [{"name": "CC0-1.0"}],
        "keywords": ["musée"],
        "resources": [{"path": "data/visites.csv", "format": "csv"}],
    }
    url = server.gives("/jeux/datapackage.json", json.dumps(package).encode())
    assert statuses(run_harvest(settings, url)) == ["new"]
    record = Catalog.load(settings.catalog, settings.base).require_named("theatre-b/visites")
    assert str(record.address) == server.address("/jeux/data/visites.csv")


def test_a_whole_ckan_or_one_organisation_is_harvested(
    settings: Settings, portal: "CkanServer"
) -> None:
    """In pages; its codes for licences and frequencies are recognised."""
    for number in range(120):
        name = f"jeu-{number:03}"
        portal.packages[name] = {
            "id": f"id-{number}",
            "name": name,
            "title": f"Jeu {number}",
            "notes": "Ce que c’est.",
            "state": "active",
            "owner_org": "laval" if number % 2 else "autre",
            "license_id": "cc-by" if number else "notspecified",
            "update_frequency": "asNeeded",
            "tags": [{"name": "théâtre"}],
            "extras": [],
            "resources": [
                {"id": "r", "url": f"https://ville.example/{name}.xlsx", "format": "XLSX"}
            ],
        }
    outcomes = run_harvest(settings, portal.url, dry_run=True)
    assert (len(outcomes), statuses(outcomes).count("failed")) == (120, 1)
    assert statuses(run_harvest(settings, portal.url, "laval")) == ["new"] * 60
    text = record_path(settings, "jeu-001").read_text("utf-8")
    assert "AS_NEEDED" in text
    assert "/dataset/jeu-001> " in text
    assert statuses(run_harvest(settings, portal.url, "laval")) == ["unchanged"] * 60


def hostile() -> Iterator[tuple[str, bytes, dict[str, str], type[ParvisError]]]:
    """List pages that must not be read."""
    context = b'{"@context": "http://169.254.169.254/context", "@id": "x"}'
    yield "/a.jsonld", context, {}, SourceError
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 50}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{entities}]><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="x">\
<rdf:value>&e11;</rdf:value></rdf:Description></rdf:RDF>'
    yield "/a.rdf", bomb.encode(), {}, SourceError
    yield "/a.ttl", b"<x> a", {}, SourceError
    yield "/datapackage.json", b"[" * 100_000, {}, SourceError
    yield "/datapackage.json", b"[]", {}, SourceError
    yield "/a.ttl", b"#" * 300_000, {}, LimitError
    yield "/a.ttl", b"<html>", {"status": "503"}, FetchError


@pytest.mark.parametrize(("path", "body", "headers", "error"), list(hostile()))
def test_an_unreadable_page_is_an_error_and_writes_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    settings: Settings,
    server: "Server",
    path: str,
    body: bytes,
    headers: dict[str, str],
    error: type[ParvisError],
) -> None:
    """No remote context is fetched, no entity expanded, no limit exceeded."""
    limits = Limits(conversion_seconds=10.0, conversion_memory=1_000_000_000)
    restricted = Settings(
        data=settings.data,
        catalog=settings.catalog,
        base=settings.base,
        limits=limits,
        fetch=settings.fetch.__class__(allow=("127.0.0.1",), bytes=200_000),
    )
    url = server.gives(path, body, int(headers.get("status", 200)))
    with pytest.raises(error):
        run_harvest(restricted, url)
    assert not settings.data.exists()


def test_a_next_page_at_an_internal_address_is_not_called(
    settings: Settings, server: "Server"
) -> None:
    """Previous pages are kept; the harvest reports that it is incomplete."""
    page = PREFIXES + dataset("x") + "<#p> hydra:next <http://169.254.169.254/b.ttl> ."
    outcomes = run_harvest(settings, server.gives("/a.ttl", page.encode()))
    assert statuses(outcomes) == ["new", "failed"]
    assert isinstance(outcomes[1].error, AddressError)


def test_a_file_address_with_a_password_is_refused(settings: Settings, server: "Server") -> None:
    """A password in an address is not stored."""
    page = (PREFIXES + dataset("x")).replace("https://ville", "https://me:secret@ville")
    (outcome,) = run_harvest(settings, server.gives("/a.ttl", page.encode()))
    assert isinstance(outcome.error, ParvisError)
    assert "secret" not in str(outcome.error)
    assert not record_path(settings, "x").exists()
