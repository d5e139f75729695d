"""Relays as readers may know them: ranked with reasons, named or only counted by agreement."""

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

SOURCE = "selon le jeu de données « Publics rejoints (inventés) » de Magazine A (inventé),"


@pytest.fixture(scope="module")
def pool(relaying_pool: Settings) -> Iterator[Pool]:
    """Open the published pool of relays."""
    with Pool.open(relaying_pool) as opened:
        yield opened


def found(pool: Pool, reader: str | None, public: str = "jeunes-parents", **asked: str) -> Relays:
    """Ask for relays."""
    return find_served_relays(pool.settings, parse_relay_query(public, **asked), reader)


def names(found: Relays) -> list[str]:
    """Give the relays' IRIs, the best first."""
    return [one.relay.iri for one in found.declared]


def test_the_host_sees_all_the_nearest_and_largest_first(pool: Pool) -> None:
    """Who reaches the very public comes before who reaches a wider one, however large."""
    everything = found(pool, None)
    assert names(everything) == [MAGAZINE, PODCAST, CIRCLE, RADIO]
    assert everything.unnamed == 0
    assert everything.unnamed_said["fr"] == "Aucun autre relais n’est connu."


def test_a_member_sees_what_agreements_let_members_read(pool: Pool) -> None:
    """By its short name or its IRI."""
    for reader in ("magazine-a", MAGAZINE):
        assert names(found(pool, reader)) == [MAGAZINE, PODCAST, CIRCLE, RADIO]


def test_others_are_counted_for_who_may_know_of_them_and_not_read_them(pool: Pool) -> None:
    """Their number is all that is told: the radio's, of those that only members know of none."""
    anonymous = found(pool, "anonymous")
    assert names(anonymous) == [MAGAZINE]
    assert anonymous.unnamed == 1
    assert anonymous.unnamed_said["en"].startswith("One more relay exists")
    told = json.dumps(anonymous.to_json()).lower()
    assert not [word for word in ("radio", "balado", "cercle", "90000", "5000") if word in told]


def test_who_must_not_know_of_a_dataset_is_not_told_the_number_either(pool: Pool) -> None:
    """The radio reads what members read, and nothing tells it that there is a fourth relay."""
    radio = found(pool, "radio-b")
    assert names(radio) == [MAGAZINE, PODCAST, RADIO]
    assert radio.unnamed == 0


def test_what_is_kept_no_longer_is_told_to_nobody(pool: Pool) -> None:
    """Its time is over, whether or not it was deleted already."""
    for reader in (None, "anonymous", "magazine-a"):
        english = found(pool, reader, language="en", channel="print")
        assert "http://relays.test/id/partner/tiers" not in names(english)
    assert found(pool, "anonymous", "jeunes-parents", channel="print").unnamed == 0


def test_reasons_tell_part_by_part_how_near_a_relay_comes(pool: Pool) -> None:
    """In both languages, with the figures, the source and its day."""
    asked = found(pool, None, area="montréal (région)", language="Français", channel="print")
    (best, *_) = asked.declared
    french = [reason["fr"] for reason in best.reasons]
    assert french == [
        "rejoint le public demandé : Jeunes parents",
        "sur le territoire demandé : Montréal (région administrative)",
        "dans la langue demandée : Français",
        "par le canal demandé : Imprimé",
        "personnes rejointes : 24\u00a0500",
        f"{SOURCE} en date du 31 décembre 2025",
    ]
    (_, circle) = asked.declared
    assert [reason["en"] for reason in circle.reasons][1:5] == [
        "does not say in which area",
        "does not say in which language",
        "does not say by which channel",
        "does not say how many people",
    ]


def test_wider_and_unstated_parts_answer_after_the_exact_ones(pool: Pool) -> None:
    """The whole of Québec holds Montréal, both languages hold English; the rest drops out."""
    english = found(pool, None, area="06", language="en")
    assert names(english) == [PODCAST, CIRCLE]
    (podcast, _) = english.declared
    fits = podcast.to_json(1)["reaches"][0]["fit"]
    assert fits == {"public": "exact", "area": "wider", "language": "wider"}


def test_sizes_are_bounds_as_one_relay_may_count_people_twice(pool: Pool) -> None:
    """At least the largest, at most the sum, of what comes equally near."""
    (best, *_) = found(pool, None).declared
    assert (best.relay.at_least, best.relay.at_most) == (24_500, 42_500)
    assert [one.reach.date for one in best.relay.matches] == ["2025-12-31", "2026-06-30"]


def test_a_reach_without_a_day_has_that_of_its_submission(pool: Pool) -> None:
    """Which is the day on which somebody said it."""
    (relay,) = found(pool, None, "families").declared
    assert relay.relay.best.reach.date == datetime.now(UTC).date().isoformat()


def test_what_the_third_party_derived_stands_apart(pool: Pool) -> None:
    """A partner that calls its own figure derived has declared it all the same."""
    babies = found(pool, None, "babies")
    assert [one.relay.iri for one in babies.derived] == [MAGAZINE]
    assert RADIO in names(babies)
    assert MAGAZINE not in names(babies)
    assert found(pool, None).derived == ()
    assert found(pool, None).derived_said["en"].startswith("Nothing is derived")


def test_figures_show_a_public_that_weighs_more_than_in_the_pool(pool: Pool) -> None:
    """From published cells alone, with how many times more, and to the last day of the period."""
    seniors = found(pool, "magazine-a", "seniors")
    assert seniors.declared == ()
    (museum,) = seniors.derived
    assert museum.relay.iri == MUSEUM
    reach = museum.relay.best.reach
    assert (reach.size, reach.times, reach.date) == (400, 4.0, "2025-12-31")
    told = [reason["fr"] for reason in museum.reasons]
    assert "ce public y pèse 4 fois plus que dans les chiffres regroupés" in told


def test_no_public_is_shown_by_cells_that_are_not_published_or_that_weigh_no_more(
    pool: Pool,
) -> None:
    """Suppressed in the pool, not controlled at the museum, or of the same share."""
    for public in ("children", "young-adults", "teens"):
        assert MUSEUM not in [one.relay.iri for one in found(pool, None, public).derived]


def test_a_share_is_told_to_who_may_read_both_figures(pool: Pool) -> None:
    """The museum's are everyone's, the release is the members'."""
    assert found(pool, "anonymous", "seniors").derived == ()


def test_what_widens_and_narrows_is_named(pool: Pool) -> None:
    """The nearest wider publics first."""
    told = found(pool, None).to_json()
    assert [one["code"] for one in told["wider"]] == ["parents", "everyone"]
    assert [one["code"] for one in found(pool, None, "parents").narrower] == ["jeunes-parents"]


def test_publics_are_listed_with_the_relays_that_may_be_named(pool: Pool) -> None:
    """An anonymous reader learns of no public that only members may read of."""
    published = Snapshot.read(store.current(pool.settings.data), pool.iris)
    anonymous, member = (
        ReachView(published, Reader(iri), datetime.now(UTC)) for iri in (None, MAGAZINE)
    )
    assert {one["code"] for one in list_reached_publics(anonymous)} == {
        "jeunes-parents",
        "families",
    }
    first, *_ = list_reached_publics(member)
    assert (first["code"], first["relays"]) == ("jeunes-parents", 3)


def test_a_content_is_read_once_however_often_it_is_published(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the generation before knows of the same content is taken up again."""
    before = read_declarations(store.current(pool.settings.data))

    def refuse(*_: object) -> None:
        pytest.fail("a content was read again")

    monkeypatch.setattr("parvis.pooling.publics.reaches._read_declaration", refuse)
    publish(pool)
    assert read_declarations(store.current(pool.settings.data)) == before


def test_an_older_generation_tells_of_no_relay(pool: Pool, tmp_path: Path) -> None:
    """It has no such file, and is served all the same."""
    generation = store.current(pool.settings.data)
    older = replace(generation, folder=tmp_path)
    assert read_declarations(older) == {}
    assert (generation.site / FILE).is_file()


def test_nothing_published_and_unknown_readers_are_said(pool: Pool, tmp_path: Path) -> None:
    """As everywhere."""
    nothing = replace(pool.settings, data=tmp_path)
    with pytest.raises(NothingPublished):
        find_served_relays(nothing, parse_relay_query("parents"))
    with pytest.raises(UnknownThing):
        found(pool, "nobody")


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ({"public": "jeunes-parants"}, "jeunes-parents (Jeunes parents / New parents)"),
        ({"public": "parents", "area": "Monreal"}, "montreal (Montréal)"),
        ({"public": "parents", "language": "elvish"}, "en (Anglais / English)"),
        ({"public": "parents", "channel": "infoletre"}, "newsletter (Infolettre / Newsletter)"),
    ],
)
def test_what_no_list_knows_is_refused_with_the_nearest(
    asked: dict[str, str], nearest: str
) -> None:
    """One line tells what was typed, the list, and what it may have meant."""
    with pytest.raises(UsageError) as refused:
        parse_relay_query(**asked)
    told = str(refused.value)
    assert [*asked.values()][-1] in told
    assert nearest in told
    assert "\n" not in told


def test_what_is_like_nothing_is_told_the_whole_list() -> None:
    """By its codes alone."""
    with pytest.raises(UsageError, match=r"it has: .*jeunes-parents"):
        parse_relay_query("zzzzzz")


def test_what_may_be_several_things_is_refused_with_all_of_them() -> None:
    """A code still names one."""
    known = scheme("audience")
    both = frozenset({f"{known.name}/a", f"{known.name}/b"})
    listed = Scheme("audience", {one: {} for one in both}, {}, {"a or b": both}, {})
    with pytest.raises(UsageError, match="may be several things"):
        listed.require("A or B")


@pytest.mark.parametrize(
    "typed", ["jeunes-parents", "Jeunes parents", "YOUNG PARENTS", " parents de tout-petits "]
)
def test_a_public_is_named_by_code_label_or_iri(typed: str) -> None:
    """Case, accents and spaces make no difference."""
    iri = "https://w3id.org/parvis/concept/audience/jeunes-parents"
    assert parse_relay_query(typed).public == parse_relay_query(iri).public == iri


def test_a_partner_that_another_graph_names_otherwise_is_one_relay(
    relaying_pool: Settings, tmp_path: Path
) -> None:
    """By the links that everyone may know: what both say of whom it reaches stands together."""
    settings = Settings.load(data=tmp_path / "data", catalog=relaying_pool.catalog)
    shutil.copytree(relaying_pool.data, settings.data)
    other, concept = "http://x.test/id/organization/a", "https://w3id.org/parvis/concept/"
    said = f"""
      <{other}> a schema:Organization ; schema:name "Magazine A"@fr ; parvis:reaches <{other}#1> .
      <{other}#1> a parvis:Reach ; parvis:targetAudience <{concept}audience/seniors> ;
        parvis:refArea <{concept}area/06> ; parvis:reachSize 12 ."""
    prefixes = "".join(f"@prefix {one}: <{PREFIXES[one]}> . " for one in ("parvis", "schema"))
    file = tmp_path / "said.nt"
    Graph().parse(data=prefixes + said, format="turtle").serialize(
        file, format="nt", encoding="utf-8"
    )
    with Pool.open(settings) as pool:
        load(pool, file, "http://x.test/graph/a", "open")
        link(pool)
        publish(pool)
        assert names(found(pool, None, "seniors")) == [other]
        judge(settings.data, [PairDecision(other, MAGAZINE, JudgementDecision.POSITIVE)], "Camille")
        publish(pool)
        assert names(found(pool, None, "seniors")) == [MAGAZINE]
