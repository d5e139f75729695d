"""A release for all and one for a reciprocity class: its readers and its contributors."""

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

from parvis.catalog.provenance import anonymisations
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
from parvis.rdf.files import graph_of
from parvis.statistics.disclosure.release import ControlledRelease
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
    with Pool.open(classes_pool) as opened:
        yield opened


@pytest.fixture
def copied_settings(classes_pool: Settings, tmp_path: Path) -> Settings:
    """Return the settings of a copy of the pool, so that a test may change it."""
    shutil.copytree(classes_pool.data, tmp_path / "data")
    shutil.copytree(classes_pool.catalog, tmp_path / "catalog")
    return settings_in(tmp_path)


def explain_class_access(pool: Pool, reader: str) -> tuple[bool, str]:
    """Return whether a reader may read the class's release, and why."""
    explanation = explain_access(pool, reader, str(CLASS), "read", NOW, None)
    return explanation.allowed, explanation.code.rpartition("/")[2]


def read_figures(settings: Settings, names: tuple[str, ...]) -> pd.DataFrame:
    """Read the partners' files, one row for each figure."""
    files = [pd.read_csv(settings.catalog / name / "publics" / "publics.csv") for name in names]
    table = pd.concat(files)
    rows = table.melt(id_vars=["annee", "discipline", "region"], value_name="people")
    rows["age"] = rows["variable"].replace("65+", "65-plus")
    return rows.assign(area=rows["region"].map({"Montréal": "06", "Laval": "13"}))


def test_figures_are_the_rounded_sums_of_the_partners_files(pool: Pool) -> None:
    """For all and for the class: each within the rounding base of pandas' sum."""
    outcome = portray(pool)
    assert outcome.unchanged
    for release, names in ((outcome, OPEN), (outcome.classes[0], (*OPEN, *RESERVED))):
        rows = read_figures(pool.settings, names)
        sums = rows.groupby(["area", "age"])["people"].sum()
        published = [figure for figure in release.figures if figure.value is not None]
        assert len(published) == (24 if release is outcome else 12)
        for figure in published:
            area, age = (
                figure.key.area.rpartition("/")[2],
                figure.key.code.rpartition("/")[2] or "total",
            )
            areas = ["06", "13"] if area == "total" else [area]
            exact = int(sum(sums[code, age] for code in areas))
            assert figure.value is not None
            assert abs(figure.value - exact) < 5
            assert figure.total == exact


def test_a_class_receives_figures_that_are_suppressed_for_all(pool: Pool) -> None:
    """Eleven partners instead of six, in the stratum of the class only."""
    outcome = portray(pool)
    (release,) = outcome.classes
    assert outcome.recipients == frozenset({EVERYONE})
    assert len(outcome.inputs) == len(OPEN)
    assert len(release.recipients) == len(OPEN) + len(RESERVED) + 1
    assert {figure.key.discipline.rpartition("/")[2] for figure in release.figures} == {"theatre"}
    listing: dict[str, Any] = outcome.to_json()
    assert listing["classes"][0]["beyond"] == listing["classes"][0]["told"] == 12
    assert {len(figure.contributors) for figure in release.figures} == {11}


def test_contributors_to_the_stratum_read_the_release_of_the_class_and_nobody_else(
    pool: Pool,
) -> None:
    """The museum is a member without figures on theatre."""
    assert (
        explain_class_access(pool, OPEN[0])
        == explain_class_access(pool, RESERVED[0])
        == (True, DecisionCode.RECIPROCATED)
    )
    assert explain_class_access(pool, MUSEUM) == (False, DecisionCode.NO_CONTRIBUTION)
    assert not explain_class_access(pool, "anonymous")[0]


def test_a_small_contribution_to_the_stratum_opens_no_class(copied_settings: Settings) -> None:
    """The museum has many figures on circus, and one on theatre."""
    write_giver(copied_settings.catalog, MUSEUM, 20)
    file = copied_settings.catalog / MUSEUM / "publics" / "publics.csv"
    lines = [line.replace("theatre", "circus") for line in file.read_text("utf-8").splitlines()]
    with Pool.open(copied_settings) as pool:
        for figures, allowed in (("0,0,0,31", False), ("131,212,97,440", True)):
            file.write_text("\n".join([*lines, f"2025,theatre,Montréal,{figures}", ""]), "utf-8")
            outcome = submit(pool, DatasetKey(MUSEUM, "publics"), approved=True)
            assert outcome.stored, list(outcome.report.in_words("en"))
            assert explain_class_access(pool, MUSEUM)[0] is allowed


def test_only_the_members_store_holds_the_release_of_a_class(classes_pool: Settings) -> None:
    """A contributor reads the figures of both releases and its own, others the open ones."""
    service, readers = PoolService(classes_pool), Readers(classes_pool)
    try:
        tokens = {name: create_token(classes_pool, name).text for name in (OPEN[0], MUSEUM)}
        counts = {
            name: count_figures(service, readers.by_token(text).reader)
            for name, text in tokens.items()
        }
        assert counts == {OPEN[0]: 24 + 12 + 8, MUSEUM: 24}
        assert count_figures(service, ANONYMOUS) == 24
    finally:
        service.close()


def count_figures(service: PoolService, reader: Reader, generation: int | None = None) -> int:
    """Count the figures that a reader may read."""
    request = QueryRequest(COUNT, results_format="csv", generation=generation)
    return int(b"".join(service.ask(reader, request).chunks).split()[1])


def test_the_record_of_a_class_states_restricted_access_and_its_audience(pool: Pool) -> None:
    """In DCAT, for harvesters: everyone may discover it."""
    service = PoolService(pool.settings)
    try:
        graph = graph_of(service.item(ANONYMOUS, CLASS)[0])
    finally:
        service.close()
    dataset = URIRef(pool.iris.dataset(CLASS))
    rights = str(graph.value(dataset, DCTERMS.accessRights))
    assert rights.endswith("access-right/RESTRICTED")
    assert str(graph.value(dataset, DCTERMS.audience)).endswith("ns#members")
    assert graph.value(dataset, DCTERMS.isVersionOf) == URIRef(pool.iris.dataset(PORTRAIT))


def test_each_release_is_in_the_register(pool: Pool) -> None:
    """The audit of the class's release covers both releases."""
    entries = {entry.dataset: entry for entry in read_register(pool, date(2026, 11, 26)).entries}
    assert entries.keys() == {PORTRAIT, CLASS}
    assert "in 2 releases" in entries[CLASS].audit["en"]


def test_a_figure_of_a_class_is_explained_with_its_recipients(pool: Pool) -> None:
    """By its IRI; its last part alone means the release for all."""
    release = portray(pool).classes[0]
    name = f"{BASE}id/observation/{CLASS}-"
    iris = [
        str(subject)
        for subject in Graph()
        .parse(
            data=b"".join(pool.record.read_lines(pool.record.versions()[pool.iris.graph(CLASS)])),
            format="nt",
        )
        .subjects(unique=True)
        if str(subject).startswith(name)
    ]
    explanation = explain_figure(pool, iris[0])
    assert explanation["dataset"] == str(CLASS)
    assert set(explanation["recipients"]) == set(release.recipients)
    assert len(explanation["brought"]) == 11
    assert explain_figure(pool, iris[0].rpartition("-")[2])["dataset"] == str(PORTRAIT)


def test_a_partner_that_refuses_a_recipient_is_left_out_of_what_that_recipient_may_read(
    copied_settings: Settings,
) -> None:
    """A museum could read the release if it contributed to theatre."""
    refusal = (
        f" ; odrl:prohibition [ odrl:target <id/dataset/{RESERVED[0]}/publics> ;"
        f" odrl:assignee parvis:host ; odrl:action odrl:aggregate{TOWARDS.format(MUSEUMS)} ]"
    )
    write_agreement(copied_settings.catalog, RESERVED[0], TOWARDS.format("parvis:members"), refusal)
    with Pool.open(copied_settings) as pool:
        release = portray(pool, dry=True).classes[0]
        graphs = {pool.iris.graph(DatasetKey(name, "publics")) for name in (*OPEN, *RESERVED[1:])}
        assert release.inputs.keys() == graphs
        assert release.number == 2


def narrow_recipients(settings: Settings, *recipients: str) -> None:
    """Limit the recipients of a partner's contribution to the class."""
    first, *remaining = (TOWARDS.format(f"<id/partner/{recipient}>") for recipient in recipients)
    rule = (
        "odrl:permission [ odrl:target <id/dataset/{}/publics> ; odrl:assignee parvis:host ;"
        " odrl:action odrl:aggregate{} ]"
    )
    added_rules = "".join(f" ; {rule.format(RESERVED[0], recipient)}" for recipient in remaining)
    write_agreement(settings.catalog, RESERVED[0], first, added_rules)


def test_a_release_is_closed_to_recipients_excluded_by_a_contributor(
    copied_settings: Settings,
) -> None:
    """As soon as the agreement changes, before the release is made again."""
    narrow_recipients(copied_settings, *OPEN[1:], *RESERVED)
    with Pool.open(copied_settings) as pool:
        assert explain_class_access(pool, OPEN[0]) == (False, DecisionCode.OTHER_RECIPIENT)
        assert explain_class_access(pool, OPEN[1])[0]
        assert explain_class_access(pool, RESERVED[0])[0]
        assert explain_class_access(pool, HOST)[0]


def test_an_earlier_release_stays_closed_to_excluded_recipients(
    copied_settings: Settings,
) -> None:
    """It depends on its own contributors, not on those of later releases."""
    readers, tokens = (
        Readers(copied_settings),
        [create_token(copied_settings, token).text for token in OPEN[:2]],
    )
    with closing(PoolService(copied_settings)) as service:
        before = [count_figures(service, readers.by_token(token).reader, 1) for token in tokens]
        narrow_recipients(copied_settings, *OPEN[1:], *RESERVED)
        with Pool.open(copied_settings) as pool:
            portray(pool)
            publish(pool)
        after = [count_figures(service, readers.by_token(token).reader, 1) for token in tokens]
    assert before[0] > after[0]
    assert before[1] == after[1]


def test_a_withdrawn_contribution_cannot_be_recovered(copied_settings: Settings) -> None:
    """From all releases for all and for the class, before and after the withdrawal."""
    with Pool.open(copied_settings) as pool:
        before = list_releases(pool)
        withdraw(pool, f"{RESERVED[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        outcome = portray(pool)
        assert count_published(outcome) == 24
        assert count_published(outcome.classes[0]) == 0
        attack = Attack(20.0)
        for release in [*before, *list_releases(pool)]:
            attack.add(release)
        assert attack.recovered() == []


def count_published(outcome: PortraitOutcome) -> int:
    """Count the published figures."""
    return sum(figure.value is not None for figure in outcome.figures)


def list_releases(pool: Pool) -> list[ControlledRelease]:
    """Return the releases whose contributors are still known."""
    earlier = (release.snapshot.earlier for release in read_all_releases(pool.settings.data))
    return [
        ControlledRelease(release.pooled, release.published, {}, 0, 0)
        for release in earlier
        if release is not None
    ]


def test_a_class_of_a_stratum_outside_of_the_pool_is_refused(copied_settings: Settings) -> None:
    record = copied_settings.catalog / HOST / CLASS.dataset / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("discipline/theatre>", "discipline/circus-arts>"), "utf-8")
    with Pool.open(copied_settings) as pool, pytest.raises(PolicyError, match="circus-arts"):
        portray(pool)


def test_the_agreements_know_the_contributors_of_each_class(pool: Pool) -> None:
    """Those of the release for all restrict nobody."""
    made_of = with_agreements(pool).catalog.policies.made_of
    assert made_of.keys() == {pool.iris.dataset(CLASS)}
    assert len(made_of[pool.iris.dataset(CLASS)]) == 11
    assert anonymisations(pool.catalog.require(CLASS)) == []


def test_a_release_for_another_purpose_is_controlled_separately(copied_settings: Settings) -> None:
    """Its difference from the first release must not reveal a partner's figures."""
    record = copied_settings.catalog / HOST / CLASS.dataset / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    purpose = "dpv:hasPurpose dpv:ServiceUsageAnalytics"
    record.write_text(text.replace(purpose, "dpv:hasPurpose dpv:ResearchAndDevelopment"), "utf-8")
    law = copied_settings.catalog / HOST / "agreement.ttl"
    law_text = law.read_text(encoding="utf-8").replace("parvis:members", "parvis:everyone")
    law.write_text(law_text.replace(IN_RETURN, ""), encoding="utf-8")
    research = (
        " ; odrl:constraint [ odrl:leftOperand odrl:purpose ; odrl:operator odrl:isA ;"
        " odrl:rightOperand dpv:ResearchAndDevelopment ]"
    )
    write_agreement(copied_settings.catalog, RESERVED[0], research)
    with Pool.open(copied_settings) as pool:
        release = portray(pool, dry=True).classes[0]
        assert release.recipients == frozenset({EVERYONE})
        graph = pool.iris.graph(DatasetKey(RESERVED[0], "publics"))
        assert graph in release.inputs
        separate = {
            contributor
            for figure in release.figures
            for contributor in figure.contributions
            if APART in contributor
        }
        assert {contributor.partition(APART)[2] for contributor in separate} == {graph}
        assert count_published(release) == 0
