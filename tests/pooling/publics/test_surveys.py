"""Surveys of several partners are pooled under the rules of disclosure, and added to no count."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.namespace import DCTERMS, RDF

from parvis.config import Settings, knowledge
from parvis.config.json_data import to_json
from parvis.errors import PolicyError, UnknownThing
from parvis.pooling.agreements import SOURCES
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.editions import Input, read_rows
from parvis.pooling.publics.history import Releases, forget_graphs, read_all_releases
from parvis.pooling.publics.surveys import SurveyOutcome, pool_surveys
from parvis.pooling.stewardship.register import read_register
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS
from tests.surveys import CASE, POOLED, draw_answers, key_of, write_answers, write_catalog

NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return write_catalog(tmp_path / "catalog", NAMES)


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as opened:
        yield opened


def send(pool: Pool, folder: Path, name: str, rows: list[list[str]] | None = None) -> None:
    rows = draw_answers(NAMES.index(name)) if rows is None else rows
    file = write_answers(folder / f"reponses-{name}.csv", rows)
    assert submit(pool, key_of(name), file, approved=True).stored


def percents(outcome: SurveyOutcome) -> dict[str, int | None]:
    """Return the published percents by answer, None for a suppressed one."""
    rows = (figure.to_json() for figure in outcome.figures)
    return {row["answer"].rpartition("/")[2]: row.get("percent") for row in rows}


def read_graph(pool: Pool) -> Graph:
    version = pool.record.versions()[pool.iris.graph(POOLED)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def test_estimates_of_four_partners_are_pooled(pool: Pool, tmp_path: Path) -> None:
    """Each sample counts by its effective size, as computed from the answers themselves."""
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    outcome = pool_surveys(pool)
    effective = young = 0.0
    for number in range(4):
        rows = draw_answers(number)
        weights = [float(row[1].replace(",", ".")) for row in rows]
        size = sum(weights) ** 2 / sum(weight**2 for weight in weights)
        part = sum(w for w, row in zip(weights, rows, strict=True) if row[2] == "18 à 24 ans")
        effective, young = effective + size, young + size * part / sum(weights)
    figure = next(f for f in outcome.figures if f.key.answer.endswith("age/18-24"))
    fields = figure.to_json()
    assert fields["percent"] == round(100 * young / effective)
    assert fields["respondents"] == 480
    assert fields["effective"] == pytest.approx(effective, abs=2.6)
    low, high = fields["between"]
    assert low < fields["percent"] < high
    assert fields["contributors"] == "4+"
    assert pool_surveys(pool).unchanged


def test_a_release_for_some_records_what_it_was_made_of(pool: Pool, tmp_path: Path) -> None:
    """A reader that a source's agreement excludes later no longer reads the release."""
    agreement = pool.settings.catalog / "tiers" / "agreement.ttl"
    head, tail = agreement.read_text("utf-8").rsplit("parvis:everyone", 1)
    agreement.write_text(f"{head}parvis:members{tail}", encoding="utf-8")
    with Pool.open(pool.settings) as limited:
        for name in NAMES[:4]:
            send(limited, tmp_path, name)
        pool_surveys(limited)
        about = limited.record.versions()[limited.iris.graph(POOLED)].about
        assert json.loads(about[SOURCES]) == sorted(
            limited.catalog.require(key_of(name)).iri for name in NAMES[:4]
        )


def test_a_release_conforms_and_is_recorded(pool: Pool, tmp_path: Path) -> None:
    """As a data cube, with its record of anonymisation, which the register lists."""
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    pool_surveys(pool)
    graph = read_graph(pool)
    for folder in (knowledge("shapes"), knowledge("shapes") / "records"):
        report = validate(graph, load_shapes([folder]), engine="pyshacl")
        assert report.conforms, [to_json(finding) for finding in report.findings]
    text = graph.serialize(format="nt")
    assert "/id/partner/alpha" not in text
    assert {str(t.language) for t in graph.objects(None, DCTERMS.description)} == {"fr", "en"}  # type: ignore[attr-defined] # they are texts
    (activity,) = graph.subjects(RDF.type, PARVIS.Anonymisation)
    assert str(activity).endswith("sondages-1")
    entries = read_register(pool, date(2026, 11, 29)).entries
    assert [e.contributors >= 3 for e in entries if e.dataset == POOLED] == [True]


def test_two_partners_are_too_few(pool: Pool, tmp_path: Path) -> None:
    for name in NAMES[:2]:
        send(pool, tmp_path, name)
    outcome = pool_surveys(pool)
    assert outcome.figures
    assert set(percents(outcome).values()) == {None}
    graph = read_graph(pool)
    for step in (PARVIS.surveyEstimate, PARVIS.sampleSize, PARVIS.contributors):
        assert (None, step, None) not in graph


def test_a_rare_answer_and_what_would_reveal_it_are_suppressed(pool: Pool, tmp_path: Path) -> None:
    """The answers of a question are a hundred together."""
    for number, name in enumerate(NAMES[:5]):
        rows = draw_answers(number)
        for place, row in enumerate(rows):
            row[3] = "Oui" if place == 0 else "Non"
        send(pool, tmp_path, name, rows)
    published = percents(pool_surveys(pool))
    assert published["first-visit-yes"] is None
    assert published["first-visit-no"] is None
    assert published["18-24"] is not None


def test_a_question_reads_as_before_while_few_join(pool: Pool, tmp_path: Path) -> None:
    """One more partner would be the difference of two releases; four more are not."""
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    first = pool_surveys(pool)
    send(pool, tmp_path, NAMES[4])
    second = pool_surveys(pool)
    assert second.number == 2
    assert not second.unchanged
    assert percents(second) == percents(first)
    assert {f.estimate for f in second.figures} == {f.estimate for f in first.figures}
    for name in NAMES[5:]:
        send(pool, tmp_path, name)
    third = pool_surveys(pool)
    assert {f.to_json().get("respondents") for f in third.figures} != {
        f.to_json().get("respondents") for f in first.figures
    }


def test_an_estimate_is_never_added_to_a_count(pool: Pool, tmp_path: Path) -> None:
    """Nor is a count that a survey gave: no row of either reaches the pooled counts."""
    send(pool, tmp_path, "alpha")
    counted = DatasetKey("troupe-a", "publics")
    assert submit(pool, counted).stored
    rows = list(read_rows(pool, input_of(pool, counted)))
    assert rows
    assert list(read_rows(pool, input_of(pool, key_of("alpha")))) == []
    mapping = pool.settings.catalog / str(counted) / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    surveyed = text.replace("concept:method/ticketing", "concept:method/survey")
    assert surveyed != text
    mapping.write_text(surveyed, encoding="utf-8")
    assert submit(pool, counted).stored
    assert list(read_rows(pool, input_of(pool, counted))) == []


def input_of(pool: Pool, key: DatasetKey) -> Input:
    dataset = pool.catalog.require(key)
    return Input(dataset, pool.record.versions()[dataset.graph], "")


def test_answers_of_another_question_are_not_pooled(pool: Pool, tmp_path: Path) -> None:
    """What a partner states of a question that has no such answer is left out."""
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    file = tmp_path / "estimations.csv"
    head = "period,question,answer_list,answer,estimate,respondents,sample_size"
    file.write_text(
        f"{head},effective_sample_size,margin_of_error\n"
        "2025,company,age,18-24,100,50,50,50.0,0.0\n",
        encoding="utf-8",
    )
    assert submit(pool, key_of("epsilon"), file).stored
    outcome = pool_surveys(pool)
    pairs = {(f.key.question, f.key.answer) for f in outcome.figures}
    assert (f"{CONCEPT}questionnaire/company", f"{CONCEPT}age/18-24") not in pairs


def test_the_portrait_knows_nothing_of_the_releases_of_surveys(pool: Pool, tmp_path: Path) -> None:
    """And what a deleted dataset brought is removed from them as from the portrait's."""
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    pool_surveys(pool)
    data = pool.settings.data
    assert read_all_releases(data) == []
    forget_graphs(data, [pool.iris.graph(key_of("alpha"))])
    (release,) = Releases(data, POOLED).all()
    assert release.snapshot.pooled is None


def test_a_pool_without_the_dataset_or_its_purpose_is_told(settings: Settings) -> None:
    record = settings.catalog / str(POOLED) / "dataset.ttl"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace("dpv:hasPurpose", "dpv:hasRecipient"), encoding="utf-8")
    with Pool.open(settings) as changed, pytest.raises(PolicyError):
        pool_surveys(changed)
    shutil.rmtree(record.parent)
    shutil.copy(CASE / "tiers" / "agreement.ttl", settings.catalog / "tiers")
    with Pool.open(settings) as changed, pytest.raises(UnknownThing):
        pool_surveys(changed)


def test_a_dry_run_stores_nothing(pool: Pool, tmp_path: Path) -> None:
    for name in NAMES[:4]:
        send(pool, tmp_path, name)
    outcome = pool_surveys(pool, dry=True)
    assert outcome.figures
    assert not outcome.stored
    assert pool.iris.graph(POOLED) not in pool.record.versions()
