"""A release for all and one for a reciprocity class: who reads it, and what it is made of."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from attacking import Attack
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog import anonymisations
from parvis.config import Settings
from parvis.errors import PolicyError
from parvis.governance import ANONYMOUS, EVERYONE, DecisionCode, Reader
from parvis.pooling.agreements import with_agreements
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.history import read_all_releases
from parvis.pooling.publics.release import PortraitOutcome, explain_figure, portray
from parvis.pooling.serving.access import explain_access
from parvis.pooling.serving.readers import Readers, create_token
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.register import read_register
from parvis.pooling.stewardship.retention import withdraw
from parvis.statistics.release import ControlledRelease
from parvis.statistics.strata import RESERVED as APART
from parvis.vocab.iris import DatasetKey
from tests.classes import (
    BASE,
    CLASS,
    HOST,
    IN_RETURN,
    MUSEUM,
    OPEN,
    PORTRAIT,
    RESERVED,
    TOWARDS,
    settings_in,
    write_agreement,
    write_giver,
)

NOW = datetime.now(UTC)
COUNT = "SELECT (COUNT(?o) AS ?n) WHERE { GRAPH ?g { ?o a qb:Observation } }"
MUSEUMS = "<https://w3id.org/parvis/concept/organization-type/museum>"


@pytest.fixture
def pool(classes_pool: Settings) -> Iterator[Pool]:
    """Open the pool that nobody changes."""
    with Pool.open(classes_pool) as found:
        yield found


@pytest.fixture
def own(classes_pool: Settings, tmp_path: Path) -> Settings:
    """Give a copy of the pool, to be changed."""
    shutil.copytree(classes_pool.data, tmp_path / "data")
    shutil.copytree(classes_pool.catalog, tmp_path / "catalog")
    return settings_in(tmp_path)


def read_by(pool: Pool, reader: str) -> tuple[bool, str]:
    """Say whether a reader may read the class's release, and why."""
    found = explain_access(pool, reader, str(CLASS), "read", NOW, None)
    return found.allowed, found.code.rpartition("/")[2]


def given(settings: Settings, names: tuple[str, ...]) -> pd.DataFrame:
    """Read the houses' own files, one row a figure."""
    files = [pd.read_csv(settings.catalog / one / "publics" / "publics.csv") for one in names]
    every_one = pd.concat(files)
    long = every_one.melt(id_vars=["annee", "discipline", "region"], value_name="people")
    long["age"] = long["variable"].replace("65+", "65-plus")
    return long.assign(area=long["region"].map({"Montréal": "06", "Laval": "13"}))


def test_figures_are_those_that_pandas_adds_up_from_the_houses_own_files(pool: Pool) -> None:
    """All of them, for all and for the class, each rounded to the fifth below or above."""
    found = portray(pool)
    assert found.unchanged
    for made, names in ((found, OPEN), (found.classes[0], (*OPEN, *RESERVED))):
        rows = given(pool.settings, names)
        sums = rows.groupby(["area", "age"])["people"].sum()
        told = [one for one in made.figures if one.value is not None]
        assert len(told) == (24 if made is found else 12)
        for one in told:
            area, age = one.key.area.rpartition("/")[2], one.key.code.rpartition("/")[2] or "total"
            areas = ["06", "13"] if area == "total" else [area]
            exact = int(sum(sums[where, age] for where in areas))
            assert one.value is not None
            assert abs(one.value - exact) < 5
            assert one.total == exact


def test_a_class_is_told_what_all_are_not_and_the_command_counts_it(pool: Pool) -> None:
    """Eleven houses instead of six; the stratum of the class, and no other."""
    found = portray(pool)
    (made,) = found.classes
    assert found.recipients == frozenset({EVERYONE})
    assert len(found.inputs) == len(OPEN)
    assert len(made.recipients) == len(OPEN) + len(RESERVED) + 1
    assert {one.key.discipline.rpartition("/")[2] for one in made.figures} == {"theatre"}
    told: dict[str, Any] = found.to_json()
    assert told["classes"][0]["beyond"] == told["classes"][0]["told"] == 12
    assert {len(one.contributors) for one in made.figures} == {11}


def test_who_gives_figures_of_the_stratum_reads_its_release_and_nobody_else(pool: Pool) -> None:
    """A house gives theatre; the museum is a member and gives none; no token, no reader."""
    assert read_by(pool, OPEN[0]) == read_by(pool, RESERVED[0]) == (True, DecisionCode.RECIPROCATED)
    assert read_by(pool, MUSEUM) == (False, DecisionCode.NO_CONTRIBUTION)
    assert not read_by(pool, "anonymous")[0]


def test_one_row_of_another_discipline_opens_no_class(own: Settings) -> None:
    """The museum gives many figures of circus, and one of theatre, to read the theatres'."""
    write_giver(own.catalog, MUSEUM, 20)
    file = own.catalog / MUSEUM / "publics" / "publics.csv"
    lines = [line.replace("theatre", "circus") for line in file.read_text("utf-8").splitlines()]
    with Pool.open(own) as pool:
        for more, allowed in (("0,0,0,31", False), ("131,212,97,440", True)):
            file.write_text("\n".join([*lines, f"2025,theatre,Montréal,{more}", ""]), "utf-8")
            outcome = submit(pool, DatasetKey(MUSEUM, "publics"))
            assert outcome.accepted, list(outcome.report.in_words("en"))
            assert read_by(pool, MUSEUM)[0] is allowed


def test_the_members_part_alone_holds_the_release_of_a_class(classes_pool: Settings) -> None:
    """Asked by SPARQL: the figures of both for a house, of the open one for everyone else."""
    host, readers = PoolService(classes_pool), Readers(classes_pool)
    try:
        tokens = {name: create_token(classes_pool, name).text for name in (OPEN[0], MUSEUM)}
        counted = {name: seen(host, readers.by_token(text).reader) for name, text in tokens.items()}
        assert counted == {OPEN[0]: 24 + 12, MUSEUM: 24}
        assert seen(host, ANONYMOUS) == 24
    finally:
        host.close()


def seen(host: PoolService, reader: Reader, generation: int | None = None) -> int:
    """Count the figures that a reader sees."""
    question = QueryRequest(COUNT, results_format="csv", generation=generation)
    return int(b"".join(host.ask(reader, question).chunks).split()[1])


def test_its_record_says_that_access_is_restricted_and_for_whom(pool: Pool) -> None:
    """In DCAT, as harvesters read it: everyone may know that it exists."""
    host = PoolService(pool.settings)
    try:
        graph: Graph = host.catalogue(ANONYMOUS)
    finally:
        host.close()
    this = URIRef(pool.iris.dataset(CLASS))
    rights = str(graph.value(this, DCTERMS.accessRights))
    assert rights.endswith("access-right/RESTRICTED")
    assert str(graph.value(this, DCTERMS.audience)).endswith("ns#members")
    assert graph.value(this, DCTERMS.isVersionOf) == URIRef(pool.iris.dataset(PORTRAIT))


def test_each_release_has_its_record_in_the_register(pool: Pool) -> None:
    """That of the class was held against two: it tells so."""
    found = {one.dataset: one for one in read_register(pool, date(2026, 11, 26)).entries}
    assert found.keys() == {PORTRAIT, CLASS}
    assert "in 2 releases" in found[CLASS].audit["en"]


def test_a_figure_of_a_class_is_explained_as_such(pool: Pool) -> None:
    """By its IRI, with those who would have it; its last part alone is that of all first."""
    made = portray(pool).classes[0]
    name = f"{BASE}id/observation/{CLASS}-"
    iris = [
        str(one)
        for one in Graph()
        .parse(
            data=b"".join(pool.record.read_lines(pool.record.versions()[pool.iris.graph(CLASS)])),
            format="nt",
        )
        .subjects(unique=True)
        if str(one).startswith(name)
    ]
    found = explain_figure(pool, iris[0])
    assert found["dataset"] == str(CLASS)
    assert set(found["recipients"]) == set(made.recipients)
    assert len(found["brought"]) == 11
    assert explain_figure(pool, iris[0].rpartition("-")[2])["dataset"] == str(PORTRAIT)


def test_a_partner_that_refuses_one_reader_stays_out_of_what_it_reads(own: Settings) -> None:
    """A refusal by kind: the museum could read the release if it gave theatre."""
    refusal = (
        f" ; odrl:prohibition [ odrl:target <id/dataset/{RESERVED[0]}/publics> ;"
        f" odrl:assignee parvis:host ; odrl:action odrl:aggregate{TOWARDS.format(MUSEUMS)} ]"
    )
    write_agreement(own.catalog, RESERVED[0], TOWARDS.format("parvis:members"), refusal)
    with Pool.open(own) as pool:
        made = portray(pool, dry=True).classes[0]
        graphs = {pool.iris.graph(DatasetKey(one, "publics")) for one in (*OPEN, *RESERVED[1:])}
        assert made.inputs.keys() == graphs
        assert made.number == 2


def narrowed(settings: Settings, *recipients: str) -> None:
    """Let what one house gives to the class go to some parties only."""
    first, *others = (TOWARDS.format(f"<id/partner/{one}>") for one in recipients)
    rule = (
        "odrl:permission [ odrl:target <id/dataset/{}/publics> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate{} ]"
    )
    some = "".join(f" ; {rule.format(RESERVED[0], one)}" for one in others)
    write_agreement(settings.catalog, RESERVED[0], first, some)


def test_what_a_release_was_made_of_closes_it_to_whom_it_may_not_reach(own: Settings) -> None:
    """A partner narrows its agreement: at once, before the release is made again."""
    narrowed(own, *OPEN[1:], *RESERVED)
    with Pool.open(own) as pool:
        assert read_by(pool, OPEN[0]) == (False, DecisionCode.OTHER_RECIPIENT)
        assert read_by(pool, OPEN[1])[0]
        assert read_by(pool, RESERVED[0])[0]
        assert read_by(pool, HOST)[0]


def test_an_earlier_release_stays_closed_once_it_is_made_again_without_the_partner(
    own: Settings,
) -> None:
    """What is asked again of an earlier generation is judged by what that one was made of."""
    known, tokens = Readers(own), [create_token(own, one).text for one in OPEN[:2]]
    with closing(PoolService(own)) as host:
        before = [seen(host, known.by_token(one).reader, 1) for one in tokens]
        narrowed(own, *OPEN[1:], *RESERVED)
        with Pool.open(own) as pool:
            portray(pool)
            publish(pool)
        after = [seen(host, known.by_token(one).reader, 1) for one in tokens]
    assert before[0] > after[0]
    assert before[1] == after[1]


def test_nobody_finds_what_a_partner_brought_once_it_is_withdrawn(own: Settings) -> None:
    """From all releases for all and for the class, before and after: what all knew is told on."""
    with Pool.open(own) as pool:
        before = made(pool)
        withdraw(pool, f"{RESERVED[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        found = portray(pool)
        assert told_of(found) == 24
        assert told_of(found.classes[0]) == 0
        attack = Attack(20.0)
        for one in [*before, *made(pool)]:
            attack.add(one)
        assert attack.recovered() == []


def told_of(one: PortraitOutcome) -> int:
    """Count the figures that are told."""
    return sum(figure.value is not None for figure in one.figures)


def made(pool: Pool) -> list[ControlledRelease]:
    """Give the releases of which it is still known what they were made of."""
    found = (one.kept.earlier for one in read_all_releases(pool.settings.data))
    return [ControlledRelease(one.pooled, one.told, {}, 0, 0) for one in found if one is not None]


def test_a_class_of_a_stratum_that_the_pool_has_not_is_refused(own: Settings) -> None:
    """A concept that is none of those by which publics are told."""
    record = own.catalog / HOST / CLASS.dataset / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("discipline/theatre>", "discipline/circus-arts>"), "utf-8")
    with Pool.open(own) as pool, pytest.raises(PolicyError, match="circus-arts"):
        portray(pool)


def test_the_law_knows_what_each_class_is_made_of(pool: Pool) -> None:
    """That of all is not closed so: it was told to everyone."""
    made_of = with_agreements(pool).catalog.policies.made_of
    assert made_of.keys() == {pool.iris.dataset(CLASS)}
    assert len(made_of[pool.iris.dataset(CLASS)]) == 11
    assert anonymisations(pool.catalog.require(CLASS)) == []


def test_what_is_for_another_purpose_stands_apart_too(own: Settings) -> None:
    """A second edition that everyone may read is not the first with a partner's figures more."""
    record = own.catalog / HOST / CLASS.dataset / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    purpose = "dpv:hasPurpose dpv:ServiceUsageAnalytics"
    record.write_text(text.replace(purpose, "dpv:hasPurpose dpv:ResearchAndDevelopment"), "utf-8")
    law = own.catalog / HOST / "agreement.ttl"
    told = law.read_text(encoding="utf-8").replace("parvis:members", "parvis:everyone")
    law.write_text(told.replace(IN_RETURN, ""), encoding="utf-8")
    research = (
        " ; odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;"
        " odrl:rightOperand dpv:ResearchAndDevelopment ]"
    )
    write_agreement(own.catalog, RESERVED[0], research)
    with Pool.open(own) as pool:
        found = portray(pool, dry=True).classes[0]
        assert found.recipients == frozenset({EVERYONE})
        graph = pool.iris.graph(DatasetKey(RESERVED[0], "publics"))
        assert graph in found.inputs
        apart = {who for one in found.figures for who in one.brought if APART in who}
        assert {who.partition(APART)[2] for who in apart} == {graph}
        assert told_of(found) == 0
