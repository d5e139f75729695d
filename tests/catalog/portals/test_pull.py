"""Records of other portals become texts to read over; one that is bad stops no other."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph

from parvis.catalog import Catalog
from parvis.catalog.portals.harvest import Portal, PortalKind, kind_of
from parvis.config import Limits, Settings
from parvis.errors import AddressError, FetchError, LimitError, ParvisError, SourceError
from parvis.fetch.address import Address
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.refresh import refreshable
from parvis.pooling.pool import Pool
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.portals import PROPOSED, HarvestOutcome, HarvestStatus, harvest
from parvis.rdf.files import serialise
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
    """Write a record of a DCAT catalogue in French."""
    told = f'dct:title "{title} {name}" ;' if title else ""
    return f"""<https://ville.example/jeu/{name}> a dcat:Dataset ; {told} {licence}
      dct:description "Ce qui s’y passe." ; dcat:keyword "arts/culture", "l’été" ;
      dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/WEEKLY> ;
      dcat:distribution [ dcat:downloadURL <https://ville.example/{name}.pdf> ; dct:format "PDF" ] ,
        [ dcat:downloadURL <https://ville.example/{name}.csv> ; dct:format "CSV" ] .
    """


def taken(
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
        return list(harvest(pool, portal, "theatre-b", "en", dry_run=dry_run).take())


def statuses(found: list[HarvestOutcome]) -> list[str]:
    """Tell what came of each."""
    return [one.status.value for one in found]


def text_of(settings: Settings, slug: str) -> Path:
    """Give the file of a dataset's record."""
    return settings.catalog / "theatre-b" / slug / "dataset.ttl"


def test_a_dcat_record_becomes_a_text_that_the_catalogue_reads(
    settings: Settings, server: "Server"
) -> None:
    """Its file is where it is fetched from; what is only in French says so in English."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("calendrier")).encode(), ETag='"1"')
    (found,) = taken(settings, url)
    assert (found.status, str(found.key)) == (HarvestStatus.NEW, "theatre-b/calendrier")
    read = Catalog.load(settings.catalog, settings.base).named("theatre-b/calendrier")
    assert read.title == {
        "fr": "Titre calendrier",
        "en": "Titre calendrier (in French; to be translated)",
    }
    assert read.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert str(read.address) == "https://ville.example/calendrier.csv"
    text = text_of(settings, "calendrier").read_text("utf-8")
    assert text.startswith("# Proposed from http://127.0.0.1")
    assert '"arts culture"@fr' in text
    assert "<id/dataset/theatre-b/calendrier>" in text
    assert "WEEKLY" in text


@pytest.mark.parametrize(
    ("form", "path", "told"),
    [
        ("json-ld", "/catalogue", "application/ld+json; charset=utf-8"),
        ("xml", "/catalogue", "application/rdf+xml"),
        ("turtle", "/catalogue", "text/turtle"),
        ("xml", "/catalogue.xml", "application/xml"),
        ("nt", "/catalogue.nt", "text/plain"),
    ],
)
def test_a_dcat_catalogue_is_read_in_every_format(
    settings: Settings, server: "Server", form: str, path: str, told: str
) -> None:
    """By its media type, else by its ending; Turtle is asked for first."""
    graph = Graph().parse(data=PREFIXES + dataset("x"), format="turtle")
    body = graph.serialize(format=form, encoding="utf-8")
    url = server.gives(path, body, Content_Type=told)
    assert statuses(taken(settings, url, kind=PortalKind.DCAT)) == ["new"]
    assert server.asked[0][1]["Accept"].startswith("text/turtle")
    assert '"Titre x"@fr' in text_of(settings, "x").read_text("utf-8")


def test_a_page_that_is_no_rdf_is_told(settings: Settings, server: "Server") -> None:
    """With its media type."""
    url = server.gives("/catalogue", b"<html>", Content_Type="text/html")
    with pytest.raises(SourceError, match="text/html"):
        taken(settings, url, kind=PortalKind.DCAT)


def test_a_pools_own_catalogue_can_be_harvested(published: Settings, server: "Server") -> None:
    """Beside records that are here already the new texts stand, to be compared."""
    site = Snapshot.read(current(published.data), Iris(published.base))
    keys = [card.key for card in site.known(ANONYMOUS, datetime.now(UTC))]
    url = server.gives("/catalog.ttl", serialise(site.catalogue(keys, ()), "ttl"))
    found = taken(published, url)
    assert statuses(found) == ["edited"] * 2
    for one in found:
        beside = published.catalog / "theatre-b" / PROPOSED / str(one.key).rpartition("/")[2]
        assert (beside / "dataset.ttl").is_file()


def test_what_is_proposed_is_nowhere_until_the_steward_says_so(
    settings: Settings, server: "Server"
) -> None:
    """No agreement speaks of it, and without mapping it is not refreshed."""
    taken(settings, server.gives("/a.ttl", (PREFIXES + dataset("x")).encode()))
    with Pool.open(settings) as pool:
        assert DatasetKey("theatre-b", "x") in pool.catalog.datasets
        assert "x" not in {one.key.dataset for one in refreshable(pool)}


def test_a_hundred_records_of_which_three_are_bad(settings: Settings, server: "Server") -> None:
    """Ninety-seven are in, three are named."""
    bad = {7: {"licence": ""}, 42: {"title": ""}, 77: {"licence": 'dct:license "à nous" ;'}}
    pages = [
        [dataset(f"n{n:02}", **bad.get(n, {})) for n in range(m, m + 25)] for m in range(0, 100, 25)
    ]
    for number, page in enumerate(pages):
        following = f"<#page> hydra:next </p{number + 1}.ttl> ." if number < 3 else ""
        server.gives(f"/p{number}.ttl", (PREFIXES + "".join(page) + following).encode())
    found = taken(settings, server.address("/p0.ttl"))
    assert statuses(found).count("new") == 97
    failed = [one for one in found if one.status is HarvestStatus.FAILED]
    assert [one.name.rpartition("/")[2] for one in failed] == ["n07", "n42", "n77"]
    assert all(one.to_json()["error"]["fr"].startswith("«") for one in failed)
    assert len(Catalog.load(settings.catalog, settings.base).datasets) == 100


def test_a_page_that_has_not_changed_is_not_sent_again(
    settings: Settings, server: "Server"
) -> None:
    """Its server is asked; what the page after it says still counts."""
    first = PREFIXES + dataset("un") + "<#page> hydra:next </p1.ttl> ."
    url = server.gives("/p0.ttl", first.encode(), ETag='"1"')
    server.gives("/p1.ttl", (PREFIXES + dataset("deux")).encode(), ETag='"1"')
    assert statuses(taken(settings, url)) == ["new", "new"]
    server.gives("/p1.ttl", (PREFIXES + dataset("deux", title="Autre")).encode(), ETag='"2"')
    assert statuses(taken(settings, url)) == ["unchanged", "updated"]
    assert [headers.get("If-None-Match") for _, headers in server.asked[-2:]] == ['"1"', '"1"']
    text_of(settings, "un").unlink()
    text_of(settings, "un").parent.rmdir()
    assert statuses(taken(settings, url)) == ["new", "unchanged"]


def test_what_somebody_edited_is_never_overwritten(settings: Settings, server: "Server") -> None:
    """While nothing changes there, nothing is said; then the new text stands beside."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("x")).encode())
    taken(settings, url)
    file = text_of(settings, "x")
    edited = file.read_text("utf-8").replace("Titre x (in French; to be translated)", "Title x")
    file.write_text(edited, "utf-8")
    assert statuses(taken(settings, url)) == ["unchanged"]
    server.gives("/a.ttl", (PREFIXES + dataset("x", title="Autre")).encode())
    assert statuses(taken(settings, url)) == ["edited"]
    assert file.read_text("utf-8") == edited
    beside = settings.catalog / "theatre-b" / "_proposed" / "x" / "dataset.ttl"
    assert "Autre x" in beside.read_text("utf-8")
    assert (
        Catalog.load(settings.catalog, settings.base).named("theatre-b/x").title["en"] == "Title x"
    )


def test_two_records_of_one_name_are_two_datasets(settings: Settings, server: "Server") -> None:
    """The second has another folder, the same one each time."""
    other = dataset("x").replace("/jeu/", "/autre/")
    url = server.gives("/a.ttl", (PREFIXES + dataset("x") + other).encode())
    keys = {one.key for one in taken(settings, url)}
    assert len(keys) == 2
    assert statuses(taken(settings, url)) == ["unchanged", "unchanged"]


def test_a_dry_run_writes_nothing(settings: Settings, server: "Server") -> None:
    """Neither text nor memory."""
    url = server.gives("/a.ttl", (PREFIXES + dataset("x")).encode(), ETag='"1"')
    assert statuses(taken(settings, url, dry_run=True)) == ["new"]
    assert not text_of(settings, "x").exists()
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
    assert statuses(taken(settings, url)) == ["new"]
    read = Catalog.load(settings.catalog, settings.base).named("theatre-b/visites")
    assert str(read.address) == server.address("/jeux/data/visites.csv")


def test_a_ckan_is_taken_whole_or_one_organisation_of_it(
    settings: Settings, portal: "CkanServer"
) -> None:
    """In pages; its codes for licences and frequencies are known."""
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
    found = taken(settings, portal.url, dry_run=True)
    assert (len(found), statuses(found).count("failed")) == (120, 1)
    assert statuses(taken(settings, portal.url, "laval")) == ["new"] * 60
    text = text_of(settings, "jeu-001").read_text("utf-8")
    assert "AS_NEEDED" in text
    assert "/dataset/jeu-001> " in text
    assert statuses(taken(settings, portal.url, "laval")) == ["unchanged"] * 60


def hostile() -> Iterator[tuple[str, bytes, dict[str, str], type[ParvisError]]]:
    """Give pages that must not be read."""
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


@pytest.mark.parametrize(("path", "body", "told", "kind"), list(hostile()))
def test_what_cannot_be_read_is_a_sentence_and_writes_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    settings: Settings,
    server: "Server",
    path: str,
    body: bytes,
    told: dict[str, str],
    kind: type[ParvisError],
) -> None:
    """No remote context is fetched, no entity unfolds, nothing is longer than it may be."""
    small = Limits(conversion_seconds=10.0, conversion_memory=1_000_000_000)
    walled = Settings(
        data=settings.data,
        catalog=settings.catalog,
        base=settings.base,
        limits=small,
        fetch=settings.fetch.__class__(allow=("127.0.0.1",), bytes=200_000),
    )
    url = server.gives(path, body, int(told.get("status", 200)))
    with pytest.raises(kind):
        taken(walled, url)
    assert not settings.data.exists()


def test_a_next_page_that_leads_into_the_house_is_not_called(
    settings: Settings, server: "Server"
) -> None:
    """What came before it stays; the harvest says that it is not whole."""
    page = PREFIXES + dataset("x") + "<#p> hydra:next <http://169.254.169.254/b.ttl> ."
    found = taken(settings, server.gives("/a.ttl", page.encode()))
    assert statuses(found) == ["new", "failed"]
    assert isinstance(found[1].error, AddressError)


def test_a_file_that_may_not_be_asked_for_is_named(settings: Settings, server: "Server") -> None:
    """A password in an address is not written down."""
    page = (PREFIXES + dataset("x")).replace("https://ville", "https://me:secret@ville")
    (found,) = taken(settings, server.gives("/a.ttl", page.encode()))
    assert isinstance(found.error, ParvisError)
    assert "secret" not in str(found.error)
    assert not text_of(settings, "x").exists()
