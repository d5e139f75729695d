"""The catalogue folder: what is read, and errors that name the file."""

from pathlib import Path

import pytest
from rdflib import URIRef
from rdflib.namespace import RDFS

from parvis.catalog.folder import Catalog
from parvis.errors import CatalogError, PolicyError, UnknownThing
from parvis.vocab.iris import DatasetKey

BASE = "https://pool.example/"
EVENTS = DatasetKey("theatre", "events")


def replace_in(file: Path, old: str, new: str) -> None:
    """Modify a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_partners_and_datasets_are_read_with_their_iris(catalog: Catalog) -> None:
    """All IRIs are under the pool's base."""
    assert list(catalog.partners) == ["host", "museum", "theatre"]
    assert list(catalog.datasets) == [EVENTS, DatasetKey("theatre", "publics")]
    assert catalog.third_party.slug == "host"
    assert catalog.title == {"fr": "Catalogue", "en": "The catalogue"}
    events = catalog.require(EVENTS)
    assert events.iri == "https://pool.example/id/dataset/theatre/events"
    assert events.publisher == catalog.partners["theatre"].iri
    assert (events.invented, events.error_threshold) == (True, 0.05)
    assert events.title["en"] == "Dataset theatre/events"
    assert catalog.require(EVENTS).graph == "https://pool.example/graph/theatre/events"


def test_a_dataset_is_found_by_key_iri_and_graph(catalog: Catalog) -> None:
    """A person names a dataset by its key, a program by an IRI."""
    events = catalog.require(EVENTS)
    assert catalog.require_named("theatre/events") is events
    assert catalog.find(events.iri) is events
    assert catalog.find(events.graph) is events
    assert catalog.find("https://pool.example/other") is None


@pytest.mark.parametrize("name", ["theatre/nothing", "nobody/events", "theatre", ""])
def test_an_unknown_dataset_is_an_error(catalog: Catalog, name: str) -> None:
    with pytest.raises(UnknownThing, match="there is no dataset"):
        catalog.require_named(name)


def test_an_unknown_partner_is_an_error(catalog: Catalog) -> None:
    assert catalog.require_partner("theatre").kind.endswith("/theatre-company")
    with pytest.raises(UnknownThing, match="no partner nobody"):
        catalog.require_partner("nobody")


def test_policies_know_parties_third_party_and_narrower_kinds(catalog: Catalog) -> None:
    """The pool's own scheme of organisation types is read with the folder."""
    parties = catalog.policies.parties
    assert parties.host == catalog.third_party.iri
    assert len(catalog.policies.agreements) == 1
    kind = "https://w3id.org/parvis/concept/organization-type/"
    assert parties.within(f"{kind}theatre-company", f"{kind}producer")


def test_other_entries_of_the_folder_are_ignored(folder: Path) -> None:
    """Queries, other catalogues and hidden folders are not partners."""
    (folder / "demo" / "someone").mkdir(parents=True)
    (folder / "demo" / "catalog.ttl").write_text("this is not Turtle", encoding="utf-8")
    (folder / "theatre" / ".hidden").mkdir()
    (folder / "notes.txt").write_text("…", encoding="utf-8")
    assert list(Catalog.load(folder, BASE).partners) == ["host", "museum", "theatre"]


INVALID = {
    "another dataset than its place says": (
        "theatre/events/dataset.ttl",
        "<id/dataset/theatre/events> a",
        "<id/dataset/theatre/event> a",
        "its place in the folder says https://pool.example/id/dataset/theatre/events",
    ),
    "a second dataset in one file": (
        "theatre/events/dataset.ttl",
        "<id/dataset/theatre/events> a",
        "<id/dataset/theatre/publics> a dcat:Dataset . <id/dataset/theatre/events> a",
        "id/dataset/theatre/publics",
    ),
    "another publisher": (
        "theatre/events/dataset.ttl",
        "<id/partner/theatre>",
        "<id/partner/museum>",
        "the publisher is https://pool.example/id/partner/museum",
    ),
    "no licence": (
        "theatre/events/dataset.ttl",
        "dct:license <https://creativecommons.org/licenses/by/4.0/> ;",
        "",
        "has no dct:license",
    ),
    "a licence that nobody knows": (
        "theatre/events/dataset.ttl",
        "/licenses/by/4.0/>",
        "/licenses/bye/4.0/>",
        "known are: https://creativecommons.org/licenses/by-nc/4.0/, ",
    ),
    "an agreement as licence that is not there": (
        "theatre/events/dataset.ttl",
        "<https://creativecommons.org/licenses/by/4.0/>",
        "<id/agreement/other>",
        "id/agreement/other is neither",
    ),
    "a frequency that nobody knows": (
        "theatre/events/dataset.ttl",
        "frequency:ANNUAL",
        "frequency:YEARLY",
        "frequency/YEARLY is neither",
    ),
    "no title in English": (
        "theatre/events/dataset.ttl",
        ', "Dataset theatre/events"@en',
        "",
        "has no dct:title @en",
    ),
    "a keyword that CKAN refuses": (
        "theatre/events/dataset.ttl",
        "arts de la scène",
        "l’art (scène)",
        "l’art (scène)",
    ),
    "a threshold that is no share": (
        "theatre/events/dataset.ttl",
        "parvis:invented true",
        "parvis:errorThreshold 5",
        "not a share between 0 and 1",
    ),
    "another partner than its place says": (
        "theatre/partner.ttl",
        "<id/partner/theatre> a",
        "<id/partner/theater> a",
        "describes https://pool.example/id/partner/theater",
    ),
    "a partner of no kind": (
        "theatre/partner.ttl",
        "parvis:organizationType kind:theatre-company ;",
        "",
        "has no parvis:organizationType",
    ),
    "a partner without a plain name": (
        "theatre/partner.ttl",
        'foaf:name "theatre" ;',
        "",
        "has no foaf:name",
    ),
    "a partner that names a dataset": (
        "theatre/partner.ttl",
        "parvis:invented true",
        "foaf:made <id/dataset/theatre/publics>",
        "only records name datasets",
    ),
    "another address of the catalogue": (
        "catalog.ttl",
        "<catalog> a",
        "<catalogue> a",
        "describes https://pool.example/catalogue",
    ),
    "no catalogue": ("catalog.ttl", "a dcat:Catalog ;", "", "has no dcat:Catalog"),
    "a host without a folder": (
        "catalog.ttl",
        "<id/partner/host>",
        "<id/partner/ghost>",
        "ghost has no folder here",
    ),
    "an agreement about another's dataset": (
        "theatre/agreement.ttl",
        "<id/dataset/theatre/events>",
        "<id/dataset/museum/events>",
        "which is no dataset of theatre",
    ),
    "an agreement of another": (
        "theatre/agreement.ttl",
        "odrl:assigner <id/partner/theatre>",
        "odrl:assigner <id/partner/museum>",
        "the assigner is https://pool.example/id/partner/museum",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_folder_is_refused_with_the_file_name(folder: Path, name: str) -> None:
    """The message is one line."""
    file, old, new, expected = INVALID[name]
    replace_in(folder / file, old, new)
    with pytest.raises(CatalogError) as raised:
        Catalog.load(folder, BASE)
    assert str(folder / file) in str(raised.value)
    assert expected in str(raised.value)


def test_an_agreement_outside_the_profile_is_refused(folder: Path) -> None:
    """A rule that the evaluator does not understand must never be accepted."""
    replace_in(folder / "theatre" / "agreement.ttl", "odrl:action odrl:read", "odrl:action odrl:x")
    with pytest.raises(PolicyError, match="agreement/theatre"):
        Catalog.load(folder, BASE)


def test_an_agreement_may_be_the_licence_of_restricted_data(folder: Path) -> None:
    """Its titles then appear in the record."""
    replace_in(
        folder / "theatre" / "events" / "dataset.ttl",
        "<https://creativecommons.org/licenses/by/4.0/>",
        "<id/agreement/theatre>",
    )
    described = Catalog.load(folder, BASE).require(EVENTS).metadata
    names = described.objects(URIRef(f"{BASE}id/agreement/theatre"), RDFS.label)
    assert {str(name) for name in names} == {"Entente", "Agreement"}


def test_a_dataset_folder_without_record_is_refused(folder: Path) -> None:
    (folder / "theatre" / "events" / "dataset.ttl").unlink()
    with pytest.raises(CatalogError, match=r"events.dataset\.ttl is missing"):
        Catalog.load(folder, BASE)


def test_a_folders_name_must_be_a_slug(folder: Path) -> None:
    """The name becomes part of IRIs and addresses."""
    (folder / "theatre").rename(folder / "Théâtre")
    with pytest.raises(CatalogError, match="a–z, 0–9"):
        Catalog.load(folder, BASE)


def test_without_an_agreement_nothing_is_readable(folder: Path) -> None:
    """A partner may be added before signing."""
    (folder / "theatre" / "agreement.ttl").unlink()
    loaded = Catalog.load(folder, BASE)
    assert loaded.policies.agreements == ()
    assert loaded.policies.rules_on(loaded.require(EVENTS).iri) == ()
