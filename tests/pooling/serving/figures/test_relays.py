"""Relays by reader: ranked with reasons, named or only counted as agreements permit."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.catalog.codelists import Scheme, scheme
from parvis.config import Settings
from parvis.errors import NothingPublished, UnknownThing, UsageError
from parvis.governance import Reader
from parvis.ledger import JudgementDecision
from parvis.pooling.intake.load import load
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.judgements import PairDecision, judge
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.reaches import FILE, read_declarations
from parvis.pooling.serving.figures.relays import (
    ReachView,
    Relays,
    find_served_relays,
    list_reached_publics,
    parse_relay_query,
)
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.generation import generation as store
from parvis.vocab.namespaces import PREFIXES

MAGAZINE, RADIO, PODCAST, CIRCLE, MUSEUM = (
    f"http://relays.test/id/partner/{slug}"
    for slug in ("magazine-a", "radio-b", "balado-c", "cercle-d", "musee-e")
)

SOURCE = (
    "selon le jeu de données «\u00a0Publics rejoints (inventés)\u00a0» de Magazine A (inventé),"
)


@pytest.fixture(scope="module")
def pool(relaying_pool: Settings) -> Iterator[Pool]:
    """Open the published pool of relays."""
    with Pool.open(relaying_pool) as opened:
        yield opened


def find_relays(
    pool: Pool, reader: str | None, public: str = "jeunes-parents", **conditions: str
) -> Relays:
    """Ask for relays."""
    return find_served_relays(pool.settings, parse_relay_query(public, **conditions), reader)


def list_iris(relays: Relays) -> list[str]:
    """Return the relays' IRIs, the best first."""
    return [declared.relay.iri for declared in relays.declared]


def test_the_third_party_sees_all_relays_the_nearest_and_largest_first(pool: Pool) -> None:
    """Relays of the requested public rank above those of a wider one, whatever their size."""
    everything = find_relays(pool, None)
    assert list_iris(everything) == [MAGAZINE, PODCAST, CIRCLE, RADIO]
    assert everything.unnamed == 0
    assert everything.unnamed_text["fr"] == "Aucun autre relais n’est connu."


def test_a_member_sees_relays_that_members_may_read(pool: Pool) -> None:
    """Identified by short name or IRI."""
    for reader in ("magazine-a", MAGAZINE):
        assert list_iris(find_relays(pool, reader)) == [MAGAZINE, PODCAST, CIRCLE, RADIO]


def test_discoverable_relays_are_counted_without_details(pool: Pool) -> None:
    """Nothing else is revealed; relays that only members may discover are not counted."""
    anonymous = find_relays(pool, "anonymous")
    assert list_iris(anonymous) == [MAGAZINE]
    assert anonymous.unnamed == 1
    assert anonymous.unnamed_text["en"].startswith("One more relay exists")
    text = json.dumps(anonymous.to_json()).lower()
    assert not [word for word in ("radio", "balado", "cercle", "90000", "5000") if word in text]


def test_undiscoverable_relays_are_not_counted(pool: Pool) -> None:
    """The radio reads what members read, and cannot discover a fourth relay."""
    radio = find_relays(pool, "radio-b")
    assert list_iris(radio) == [MAGAZINE, PODCAST, RADIO]
    assert radio.unnamed == 0


def test_expired_relays_are_shown_to_nobody(pool: Pool) -> None:
    """Whether or not they have been deleted."""
    for reader in (None, "anonymous", "magazine-a"):
        english = find_relays(pool, reader, language="en", channel="print")
        assert "http://relays.test/id/partner/tiers" not in list_iris(english)
    assert find_relays(pool, "anonymous", "jeunes-parents", channel="print").unnamed == 0


def test_reasons_describe_how_well_a_relay_matches_each_condition(pool: Pool) -> None:
    """In both languages, with figures, source and date."""
    relays = find_relays(pool, None, area="montréal (région)", language="Français", channel="print")
    (best, *_) = relays.declared
    french = [reason["fr"] for reason in best.reasons]
    assert french == [
        "rejoint le public demandé\u00a0: Jeunes parents",
        "là où vous cherchez ce public\u00a0: Montréal (région administrative)",
        "dans la langue demandée\u00a0: Français",
        "par le canal demandé\u00a0: Imprimé",
        "personnes rejointes\u00a0: 24\u00a0500",
        f"{SOURCE} en date du 31 décembre 2025",
    ]
    (_, circle) = relays.declared
    assert [reason["en"] for reason in circle.reasons][1:5] == [
        "does not say in which area",
        "does not say in which language",
        "does not say by which channel",
        "does not say how many people",
    ]


def test_wider_and_unstated_relays_rank_below_exact_ones(pool: Pool) -> None:
    """Québec includes Montréal, both languages include English; others are left out."""
    english = find_relays(pool, None, area="06", language="en")
    assert list_iris(english) == [PODCAST, CIRCLE]
    (podcast, _) = english.declared
    fits = podcast.to_json(1)["reaches"][0]["fit"]
    assert fits == {"public": "exact", "area": "wider", "language": "wider"}


def test_sizes_are_bounds_because_a_relay_may_count_persons_twice(pool: Pool) -> None:
    """At least the largest, at most the sum of equally near figures."""
    (best, *_) = find_relays(pool, None).declared
    assert (best.relay.at_least, best.relay.at_most) == (24_500, 42_500)
    assert [match.reach.date for match in best.relay.matches] == ["2025-12-31", "2026-06-30"]


def test_a_reach_without_a_date_has_that_of_its_submission(pool: Pool) -> None:
    (relay,) = find_relays(pool, None, "families").declared
    assert relay.relay.best.reach.date == datetime.now(UTC).date().isoformat()


def test_relays_derived_by_the_third_party_are_listed_separately(pool: Pool) -> None:
    """A partner's own figure is declared, even if the partner calls it derived."""
    babies = find_relays(pool, None, "babies")
    assert [derived.relay.iri for derived in babies.derived] == [MAGAZINE]
    assert RADIO in list_iris(babies)
    assert MAGAZINE not in list_iris(babies)
    assert find_relays(pool, None).derived == ()
    assert find_relays(pool, None).derived_text["en"].startswith("Nothing is derived")


def test_a_relay_is_derived_from_an_over_represented_public(pool: Pool) -> None:
    """From published cells only, with the ratio and the last day of the period."""
    seniors = find_relays(pool, "magazine-a", "seniors")
    assert seniors.declared == ()
    (museum,) = seniors.derived
    assert museum.relay.iri == MUSEUM
    reach = museum.relay.best.reach
    assert (reach.size, reach.times, reach.date) == (400, 4.0, "2025-12-31")
    reasons = [reason["fr"] for reason in museum.reasons]
    assert "ce public y pèse 4 fois plus que dans les chiffres regroupés" in reasons


def test_no_relay_is_derived_from_suppressed_or_average_cells(
    pool: Pool,
) -> None:
    """Suppressed in the pool, uncontrolled at the museum, or of the same share."""
    for public in ("children", "young-adults", "teens"):
        assert MUSEUM not in [
            derived.relay.iri for derived in find_relays(pool, None, public).derived
        ]


def test_a_ratio_is_shown_to_readers_of_both_figures(pool: Pool) -> None:
    """The museum's figures are open, the release is for members."""
    assert find_relays(pool, "anonymous", "seniors").derived == ()


def test_wider_and_narrower_publics_are_named(pool: Pool) -> None:
    """The nearest wider public first."""
    relays = find_relays(pool, None).to_json()
    assert [entry["code"] for entry in relays["wider"]] == ["parents", "everyone"]
    assert [entry["code"] for entry in find_relays(pool, None, "parents").narrower] == [
        "jeunes-parents"
    ]


def test_publics_are_listed_with_the_number_of_nameable_relays(pool: Pool) -> None:
    """An anonymous reader discovers no public that only members may read about."""
    published = Snapshot.read(store.current(pool.settings.data), pool.iris)
    anonymous, member = (
        ReachView(published, Reader(iri), datetime.now(UTC)) for iri in (None, MAGAZINE)
    )
    assert {public["code"] for public in list_reached_publics(anonymous)} == {
        "jeunes-parents",
        "families",
    }
    first, *_ = list_reached_publics(member)
    assert (first["code"], first["relays"]) == ("jeunes-parents", 3)


def test_an_unchanged_content_is_read_once(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The declarations of the former generation are reused."""
    before = read_declarations(store.current(pool.settings.data))

    def refuse(*_: object) -> None:
        pytest.fail("a content was read again")

    monkeypatch.setattr("parvis.pooling.publics.reaches._read_declaration", refuse)
    publish(pool)
    assert read_declarations(store.current(pool.settings.data)) == before


def test_an_older_generation_has_no_relays(pool: Pool, tmp_path: Path) -> None:
    """It lacks the file, and is served all the same."""
    generation = store.current(pool.settings.data)
    older = replace(generation, folder=tmp_path)
    assert read_declarations(older) == {}
    assert (generation.site / FILE).is_file()


def test_unpublished_pools_and_unknown_readers_are_reported(pool: Pool, tmp_path: Path) -> None:
    nothing = replace(pool.settings, data=tmp_path)
    with pytest.raises(NothingPublished):
        find_served_relays(nothing, parse_relay_query("parents"))
    with pytest.raises(UnknownThing):
        find_relays(pool, "nobody")


@pytest.mark.parametrize(
    ("conditions", "nearest"),
    [
        ({"public": "jeunes-parants"}, "jeunes-parents (Jeunes parents / New parents)"),
        ({"public": "parents", "area": "Monreal"}, "montreal (Montréal)"),
        ({"public": "parents", "language": "elvish"}, "en (Anglais / English)"),
        ({"public": "parents", "channel": "infoletre"}, "newsletter (Infolettre / Newsletter)"),
    ],
)
def test_an_unknown_code_is_refused_with_the_nearest(
    conditions: dict[str, str], nearest: str
) -> None:
    """In one line with the typed text, the list, and the suggestion."""
    with pytest.raises(UsageError) as refused:
        parse_relay_query(**conditions)
    message = str(refused.value)
    assert [*conditions.values()][-1] in message
    assert nearest in message
    assert "\n" not in message


def test_an_unknown_code_without_a_similar_one_lists_all_codes() -> None:
    with pytest.raises(UsageError, match=r"it has: .*jeunes-parents"):
        parse_relay_query("zzzzzz")


def test_an_ambiguous_label_is_refused_with_all_its_codes() -> None:
    """A code is never ambiguous."""
    audiences = scheme("audience")
    concepts = frozenset({f"{audiences.name}/a", f"{audiences.name}/b"})
    ambiguous = Scheme(
        "audience", {concept: {} for concept in concepts}, {}, {"a or b": concepts}, {}
    )
    with pytest.raises(UsageError, match="may be several things"):
        ambiguous.require("A or B")


@pytest.mark.parametrize(
    "typed", ["jeunes-parents", "Jeunes parents", "YOUNG PARENTS", " parents de tout-petits "]
)
def test_a_public_is_named_by_code_label_or_iri(typed: str) -> None:
    """Case, accents and spaces make no difference."""
    iri = "https://w3id.org/parvis/concept/audience/jeunes-parents"
    assert parse_relay_query(typed).public == parse_relay_query(iri).public == iri


def test_linked_partners_are_one_relay(relaying_pool: Settings, tmp_path: Path) -> None:
    """By links that everyone may read: their statements on reached publics are merged."""
    settings = Settings.load(data=tmp_path / "data", catalog=relaying_pool.catalog)
    shutil.copytree(relaying_pool.data, settings.data)
    linked, concept = "http://x.test/id/organization/a", "https://w3id.org/parvis/concept/"
    statements = f"""
      <{linked}> a schema:Organization ; schema:name "Magazine A"@fr ; parvis:reaches <{linked}#1> .
      <{linked}#1> a parvis:Reach ; parvis:targetAudience <{concept}audience/seniors> ;
        parvis:residenceArea <{concept}area/06> ; parvis:reachSize 12 ."""
    prefixes = "".join(
        f"@prefix {prefix}: <{PREFIXES[prefix]}> . " for prefix in ("parvis", "schema")
    )
    file = tmp_path / "said.nt"
    Graph().parse(data=prefixes + statements, format="turtle").serialize(
        file, format="nt", encoding="utf-8"
    )
    with Pool.open(settings) as pool:
        load(pool, file, "http://x.test/graph/a", "open")
        link(pool)
        publish(pool)
        assert list_iris(find_relays(pool, None, "seniors")) == [linked]
        judge(
            settings.data,
            [PairDecision(linked, MAGAZINE, JudgementDecision.POSITIVE)],
            "Camille",
        )
        publish(pool)
        assert list_iris(find_relays(pool, None, "seniors")) == [MAGAZINE]
