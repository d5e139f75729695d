"""The demonstration's release: computed from partners' figures, and revealing none of them."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, RDF

from parvis.catalog.codelists import read_areas
from parvis.config import Settings, knowledge
from parvis.config.json_data import to_json
from parvis.errors import PolicyError, UnknownThing, UsageError
from parvis.ledger import parameters
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import Releases, forget_graphs
from parvis.pooling.publics.release import (
    PortraitOutcome,
    choose_strata,
    explain_figure,
    portray,
)
from parvis.pooling.publics.strata import compute_strata_digest, read_strata
from parvis.pooling.stewardship.register import read_register
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

POOL = Path(__file__).parents[2] / "cases" / "portrait"
"""Figures of eleven invented partners: of some areas and disciplines there is only one."""
PORTRAIT = DatasetKey("tiers-neutre", "portrait")
SURVEY = "festival-neiges/sondage"
"""Figures that a survey estimates, which are never added to what is counted."""
INPUTS = (
    *("biblio-val-des-pins/prets", "danse-petit-nord/publics", "diffusion-rivage/billetterie"),
    *(SURVEY, "musee-marees/frequentation", "theatre-lanterne/publics"),
    *("salle-des-erables/publics", "scene-du-phare/publics", "maison-des-voix/publics"),
    *("theatre-du-tilleul/publics", "centre-grand-large/publics"),
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Build a pool of all figures of these partners, and its first release."""
    settings = Settings.load(tmp_path_factory.mktemp("portrait"), POOL)
    with Pool.open(settings) as pool:
        for name in INPUTS:
            assert submit(pool, DatasetKey(*name.split("/"))).accepted
        portray(pool)
    return settings


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> PortraitOutcome:
    """Return the release of a pool in which the festival counts its entries."""
    folder = tmp_path_factory.mktemp("counted")
    catalog = Path(shutil.copytree(POOL, folder / "catalog"))
    mapping = catalog / SURVEY / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("method/survey", "method/counter"), encoding="utf-8")
    with Pool.open(Settings.load(folder / "data", catalog)) as pool:
        for name in INPUTS:
            assert submit(pool, DatasetKey(*name.split("/"))).accepted
        return portray(pool)


def read_cube(pool: Pool) -> Graph:
    """Read the release in the record."""
    version = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def test_a_release_conforms_to_the_shapes(pool: Pool) -> None:
    """As a data cube, like those of partners; its record of anonymisation conforms too."""
    graph = read_cube(pool)
    for folder in (knowledge("shapes"), knowledge("shapes") / "records"):
        report = validate(graph, load_shapes([folder]), engine="pyshacl")
        assert report.conforms, [to_json(finding) for finding in report.findings]


def test_suppressed_figures_are_marked_and_reveal_nothing_more(pool: Pool) -> None:
    """No value, no count, and a single status for all rules."""
    graph = read_cube(pool)
    hidden = set(graph.subjects(PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/suppressed")))
    published = set(graph.subjects(PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/free")))
    assert hidden
    assert published
    assert hidden | published == set(graph.subjects(RDF.type, QB.Observation))
    measures = set(graph.objects(None, QB.measureType))
    for figure in hidden:
        assert not {PARVIS.contributors, PARVIS.coverage, *measures} & set(graph.predicates(figure))
    for figure in published:
        assert graph.value(figure, PARVIS.contributors)
        whole_area = str(graph.value(figure, PARVIS.residenceArea)).endswith("/total")
        share = graph.value(figure, PARVIS.coverage)
        assert (share is not None) == whole_area  # the areas of these partners' venues are unknown
        assert share is None or 0 < float(str(share)) <= 1


def test_a_release_states_its_thresholds_and_no_secret(pool: Pool) -> None:
    """Neither p nor the key, nor a contributor of a figure."""
    graph, secret = read_cube(pool), parameters(pool.settings.data)
    release = graph.value(None, RDF.type, QB.DataSet)
    expected = {"release": 1, "minContributors": 3, "minPersons": 10, "roundingBase": 5}
    expected["minInhabitants"] = 40
    assert {name: graph.value(release, PARVIS[name]).toPython() for name in expected} == expected  # type: ignore[union-attr] # it exists
    text = graph.serialize(format="nt")
    assert str(secret.p) not in text
    assert secret.key.hex() not in text
    assert "/id/partner/danse-petit-nord" not in text


STEPS = {
    "discipline": PARVIS.discipline,
    "area": PARVIS.residenceArea,
    "age": PARVIS.ageGroup,
    "public": PARVIS.public,
    "language": PARVIS.language,
    "channel": PARVIS.channel,
    "place": PARVIS.place,
    "event": PARVIS.eventArea,
    "size": PARVIS.organizationSize,
}
TOTAL = Literal("total")
"""The size of organisations in the files of partners, who name none."""


WIDER = {
    **dict.fromkeys(("18-24", "25-34"), "18-34"),
    **dict.fromkeys(("35-44", "45-54"), "35-54"),
    **dict.fromkeys(("55-64", "65-74", "75-plus"), "55-plus"),
}
"""The bracket of the pool that holds one of the partners'."""


def read_table(graph: Graph) -> pd.DataFrame:
    """Read the published attendance, one row for each figure, with the codes of concepts."""
    rows = []
    for figure in graph.subjects(QB.measureType, PARVIS.attendance):
        parts = {
            name: str(graph.value(figure, step, default=TOTAL)) for name, step in STEPS.items()
        }
        value = graph.value(figure, PARVIS.attendance)
        if value is not None:
            codes = {name: iri.rpartition("/")[2] for name, iri in parts.items()}
            rows.append({**codes, "value": int(str(value))})
    return pd.DataFrame(rows, columns=[*STEPS, "value"])


def total_publics(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the total of all kinds of public, or else the sum of those that are published."""
    rows = rows[(rows[["language", "channel", "place"]] == "total").all(axis=1)]
    keys = ["who", "discipline", "area", "age"]
    total = rows[rows["public"] == "total"].groupby(keys)["value"].sum()
    parts = rows[rows["public"] != "total"].groupby(keys)["value"].sum()
    return total.combine_first(parts).reset_index()


def test_published_figures_are_the_rounded_sums_of_the_partners_figures(pool: Pool) -> None:
    """Within the rounding base, also by age."""
    tables = []
    for name in sorted({*INPUTS} - {SURVEY}):
        version = pool.record.versions()[pool.iris.graph(DatasetKey(*name.split("/")))]
        lines = b"".join(pool.record.read_lines(version))
        tables.append(read_table(Graph().parse(data=lines, format="nt")).assign(who=name))
    rows, published = total_publics(pd.concat(tables)), read_table(read_cube(pool))
    rows["age"] = rows["age"].replace(WIDER)
    published = published[
        (published[["public", "language", "channel", "place", "event", "size"]] == "total").all(
            axis=1
        )
    ]
    assert set(published["age"]) > {"total"}
    for figure in published.to_dict("records"):
        selected = rows["age"] == figure["age"]
        for name in ("discipline", "area"):
            selected &= (rows[name] == figure[name]) | (figure[name] == "total")
        assert abs(figure["value"] - rows.loc[selected, "value"].sum()) < 5, figure


def test_totals_are_published_rather_than_their_parts(counted: PortraitOutcome) -> None:
    """Complementary suppression takes small figures first: a quarter of entries is published."""
    outcome = counted
    published = [figure for figure in outcome.figures if figure.value is not None]
    totals = [figure for figure in published if not figure.key.layer]
    assert len(totals) >= 15
    assert outcome.to_json()["share"]["counted"] > 0.25


def test_an_unchanged_release_is_not_repeated(pool: Pool) -> None:
    """With the same figures, agreements, code and parameters."""
    before = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    outcome = portray(pool)
    assert (outcome.unchanged, outcome.number) == (True, 1)
    assert pool.record.versions()[pool.iris.graph(PORTRAIT)] == before


def test_incomparable_brackets_are_reported(counted: PortraitOutcome) -> None:
    """Those of the festival and the museum differ: they are part of the total only."""
    outcome = counted.to_json()
    codes = {bracket["code"].rpartition("/")[2] for bracket in outcome["not_comparable"]}
    assert {"0-13", "14-64", "35-64", "65-plus"} <= codes
    assert "18-34" not in codes  # nor are the brackets that halls and theatres have
    assert outcome["unproved"] == 0


def test_what_a_survey_estimates_is_added_to_nothing(pool: Pool) -> None:
    """Not even to a total; the festival is in no figure of the release."""
    names = {name for figure in portray(pool).figures for name in figure.contributions}
    assert names
    assert not any("festival-neiges" in name for name in names)


def test_a_suppressed_figure_is_explained_to_the_third_party(pool: Pool) -> None:
    """With the contributors of the figure and the rules."""
    figure = next(explanation for explanation in portray(pool).figures if explanation.reasons)
    graph = read_cube(pool)
    names = [
        str(explanation)
        for explanation in graph.subjects(
            PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/suppressed")
        )
    ]
    explanations = [explain_figure(pool, name.rpartition("-")[2]) for name in names]
    assert any(explanation["brought"] == dict(figure.contributions) for explanation in explanations)
    assert all(explanation["rules"] and explanation["told"] is None for explanation in explanations)
    with pytest.raises(UnknownThing):
        explain_figure(pool, "nothing")


def test_the_release_is_in_the_register(pool: Pool) -> None:
    """As the law requires, in the register and in the release."""
    entries = [
        entry
        for entry in read_register(pool, date(2026, 11, 26)).entries
        if entry.dataset == PORTRAIT
    ]
    assert [entry.contributors >= 3 and entry.persons >= 10 for entry in entries] == [True]
    assert entries[0].audit["fr"].startswith("Il a été prouvé")


def copy_pool(settings: Settings, tmp_path: Path, **edits: tuple[str, str]) -> Settings:
    """Copy the pool, with some texts of its catalogue replaced."""
    shutil.copytree(settings.data, tmp_path / "data")
    shutil.copytree(POOL, tmp_path / "catalog")
    for name, (old, new) in edits.items():
        file = (
            tmp_path
            / "catalog"
            / ("parvis.toml" if name == "toml" else "tiers-neutre/portrait/dataset.ttl")
        )
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return Settings.load(tmp_path / "data", tmp_path / "catalog")


def test_a_dry_run_stores_nothing(settings: Settings, tmp_path: Path) -> None:
    """A release is computed by stricter thresholds, but is neither in the record nor listed."""
    stricter = copy_pool(
        settings,
        tmp_path,
        toml=("[disclosure]", "[disclosure]\ncontributors = 4"),
    )
    with Pool.open(stricter) as pool:
        before = portray(pool, dry=True)
        assert (before.number, before.stored, before.unchanged) == (2, False, False)
        assert len(Releases(pool.settings.data, PORTRAIT).all()) == 1
        assert portray(pool).number == 2


def test_thresholds_may_be_tightened_and_never_loosened(settings: Settings, tmp_path: Path) -> None:
    """Nor may the strata change."""
    with pytest.raises(UsageError, match="tighten"):
        copy_pool(
            settings,
            tmp_path / "a",
            toml=("[disclosure]", "[disclosure]\ncontributors = 2"),
        )
    ages = copy_pool(
        settings,
        tmp_path / "b",
        toml=('ages = ["0-11", "12-17",', 'ages = ["0-17",'),
    )
    with Pool.open(ages) as pool, pytest.raises(UsageError, match="strata"):
        portray(pool)


def test_a_pool_that_released_joined_languages_goes_on_joining_them(pool: Pool) -> None:
    """Both cuts could be held against one another; any other pool has French and English apart."""
    ages, areas = pool.settings.disclosure.ages, read_areas(pool.settings.catalog)
    apart, joined = (read_strata(ages, areas, languages_joined=joins) for joins in (False, True))
    (release,) = Releases(pool.settings.data, PORTRAIT).all()
    assert {key.layer for key in release.snapshot.keys} >= {"language", "age"}
    former = replace(release, strata=compute_strata_digest(joined))
    keys = tuple(key for key in release.snapshot.keys if key.layer != "language")
    without_languages = replace(former, snapshot=replace(release.snapshot, keys=keys))
    french = f"{CONCEPT}language/fr"
    assert french in apart.codes("language")
    assert french not in joined.codes("language")
    assert choose_strata(pool, []) == choose_strata(pool, [release]) == apart
    assert choose_strata(pool, [former]) == joined
    assert choose_strata(pool, [without_languages]) == apart


def test_figures_on_an_area_of_few_inhabitants_are_suppressed(
    settings: Settings, tmp_path: Path
) -> None:
    """The explanation has the rule and the number of inhabitants."""
    copied = copy_pool(settings, tmp_path)
    rows = "area,within,inhabitants,source\n06,,39,invented\n"
    (copied.catalog / "areas.csv").write_text(rows, encoding="utf-8")
    with Pool.open(copied) as pool:
        portray(pool)
        graph, area = read_cube(pool), URIRef(f"{CONCEPT}area/06")
        figures = list(graph.subjects(PARVIS.residenceArea, area))
        assert figures
        assert all(graph.value(figure, PARVIS.contributors) is None for figure in figures)
        explanation = explain_figure(pool, str(figures[0]))
    assert 4 in explanation["rules"]
    assert explanation["inhabitants"] == 39


def test_a_release_without_a_purpose_is_refused(settings: Settings, tmp_path: Path) -> None:
    """Law 25: purposes are defined beforehand."""
    copied = copy_pool(
        settings, tmp_path, dataset=("dpv:hasPurpose dpv:ServiceUsageAnalytics ;", "")
    )
    with Pool.open(copied) as pool, pytest.raises(PolicyError, match="hasPurpose"):
        portray(pool)


def test_a_deleted_dataset_is_erased_from_the_inputs_of_releases(
    settings: Settings, tmp_path: Path
) -> None:
    """The published figures stay, the contributions to them do not."""
    copied = copy_pool(settings, tmp_path)
    with Pool.open(copied) as pool:
        releases = Releases(pool.settings.data, PORTRAIT)
        graph = pool.iris.graph(DatasetKey("danse-petit-nord", "publics"))
        published = releases.all()[0].snapshot.published
        forget_graphs(pool.settings.data, [graph])
        stored: dict[str, Any] = releases.all()[0].snapshot.to_json()
        assert stored["made"] is None
        assert tuple(stored["told"]) == published
        assert "danse-petit-nord" not in json.dumps(stored)
