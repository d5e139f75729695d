"""The demo pool's publics, released: computed from what partners gave, and betraying none."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import QB, RDF

from parvis.config import Settings, knowledge
from parvis.errors import PolicyError, UnknownThing, UsageError
from parvis.ledger import parameters
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import Releases, forget_graphs
from parvis.pooling.publics.release import explain_figure, portray
from parvis.pooling.stewardship.register import read_register
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

pytestmark = pytest.mark.once(long=True)

DEMO, PORTRAIT = knowledge("catalog") / "demo", DatasetKey("tiers-neutre", "portrait")
GIVEN = (
    *("biblio-val-des-pins/prets", "danse-petit-nord/publics", "diffusion-rivage/billetterie"),
    *("festival-neiges/sondage", "musee-marees/frequentation", "theatre-lanterne/publics"),
    *("salle-des-erables/publics", "scene-du-phare/publics", "maison-des-voix/publics"),
    *("theatre-du-tilleul/publics", "centre-grand-large/publics"),
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Make a pool of all figures of the demo, and its first release."""
    found = Settings.load(tmp_path_factory.mktemp("portrait"), DEMO)
    with Pool.open(found) as pool:
        for name in GIVEN:
            assert submit(pool, DatasetKey(*name.split("/"))).accepted
        portray(pool)
    return found


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    """Open it."""
    with Pool.open(settings) as found:
        yield found


def cube(pool: Pool) -> Graph:
    """Read the release that the record holds."""
    version = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    return Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")


def test_a_release_conforms_to_the_shapes(pool: Pool) -> None:
    """It is a cube as partners' are; the record of anonymisation conforms to its own shape."""
    graph = cube(pool)
    for folder in (knowledge("shapes"), knowledge("shapes") / "records"):
        found = validate(graph, load_shapes([folder]), engine="pyshacl")
        assert found.conforms, [one.to_json() for one in found.findings]


def test_suppressed_figures_are_present_and_marked_and_say_nothing_more(pool: Pool) -> None:
    """No value, no count: one status, whatever the rule."""
    graph = cube(pool)
    hidden = set(graph.subjects(PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/suppressed")))
    told = set(graph.subjects(PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/free")))
    assert hidden
    assert told
    assert hidden | told == set(graph.subjects(RDF.type, QB.Observation))
    measures = set(graph.objects(None, QB.measureType))
    for one in hidden:
        assert not {PARVIS.contributors, PARVIS.coverage, *measures} & set(graph.predicates(one))
    for one in told:
        assert graph.value(one, PARVIS.contributors)
        everywhere = str(graph.value(one, PARVIS.refArea)).endswith("/total")
        share = graph.value(one, PARVIS.coverage)
        assert (share is not None) == everywhere  # where these partners' venues are, nobody tells
        assert share is None or 0 < float(str(share)) <= 1


def test_a_release_tells_its_thresholds_and_no_secret(pool: Pool) -> None:
    """The number, the thresholds, the base; neither p nor the key, nor who is behind a figure."""
    graph, secret = cube(pool), parameters(pool.settings.data)
    this = graph.value(None, RDF.type, QB.DataSet)
    wanted = {"release": 1, "minContributors": 3, "minPersons": 10, "roundingBase": 5}
    wanted["minInhabitants"] = 40
    assert {name: graph.value(this, PARVIS[name]).toPython() for name in wanted} == wanted  # type: ignore[union-attr] # there
    text = graph.serialize(format="nt")
    assert str(secret.p) not in text
    assert secret.key.hex() not in text
    assert "/id/partner/danse-petit-nord" not in text


STEPS = {
    "discipline": PARVIS.discipline,
    "area": PARVIS.refArea,
    "age": PARVIS.ageGroup,
    "public": PARVIS.public,
    "language": PARVIS.language,
    "channel": PARVIS.channel,
    "place": PARVIS.place,
}


def table(graph: Graph) -> pd.DataFrame:
    """Read the attendance that a graph tells, one row a figure, concepts by their codes."""
    rows = []
    for one in graph.subjects(QB.measureType, PARVIS.attendance):
        parts = {name: str(graph.value(one, step)) for name, step in STEPS.items()}
        value = graph.value(one, PARVIS.attendance)
        if value is not None:
            codes = {name: iri.rpartition("/")[2] for name, iri in parts.items()}
            rows.append({**codes, "value": int(str(value))})
    return pd.DataFrame(rows, columns=[*STEPS, "value"])


def of_all_publics(rows: pd.DataFrame) -> pd.DataFrame:
    """Take the total of all kinds of public where it is given, else the sum of those that are."""
    rows = rows[(rows[["language", "channel", "place"]] == "total").all(axis=1)]
    keys = ["who", "discipline", "area", "age"]
    total = rows[rows["public"] == "total"].groupby(keys)["value"].sum()
    parts = rows[rows["public"] != "total"].groupby(keys)["value"].sum()
    return total.combine_first(parts).reset_index()


def test_told_figures_are_those_that_pandas_adds_up(pool: Pool) -> None:
    """Each, by age too, is within a rounding of what partners' own figures of it add up to."""
    given = []
    for name in GIVEN:
        version = pool.record.versions()[pool.iris.graph(DatasetKey(*name.split("/")))]
        lines = b"".join(pool.record.read_lines(version))
        given.append(table(Graph().parse(data=lines, format="nt")).assign(who=name))
    rows, told = of_all_publics(pd.concat(given)), table(cube(pool))
    told = told[(told[["public", "language", "channel", "place"]] == "total").all(axis=1)]
    assert set(told["age"]) > {"total"}
    for one in told.to_dict("records"):
        same = rows["age"] == one["age"]
        for name in ("discipline", "area"):
            same &= (rows[name] == one[name]) | (one[name] == "total")
        assert abs(one["value"] - rows.loc[same, "value"].sum()) < 5, one


def test_totals_are_told_rather_than_their_parts(pool: Pool) -> None:
    """What must be left out beside an unsafe figure is what counts least: a quarter is told."""
    found = portray(pool)
    told = [one for one in found.figures if one.value is not None]
    totals = [one for one in told if not one.key.layer]
    assert len(totals) >= 15
    assert found.to_json()["share"]["counted"] > 0.25


def test_nothing_changed_makes_no_new_release(pool: Pool) -> None:
    """The same figures, agreements, code and parameters are the same release."""
    before = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    found = portray(pool)
    assert (found.unchanged, found.number) == (True, 1)
    assert pool.record.versions()[pool.iris.graph(PORTRAIT)] == before


def test_what_is_not_comparable_is_said(pool: Pool) -> None:
    """The festival's brackets are others: they enter the total only."""
    told = portray(pool).to_json()
    codes = {one["code"].rpartition("/")[2] for one in told["not_comparable"]}
    assert {"18-34", "35-64"} <= codes
    assert told["unproved"] == 0


def test_the_host_is_told_why(pool: Pool) -> None:
    """Of a figure: who brings what, and the rules; of no other anything."""
    figure = next(one for one in portray(pool).figures if one.reasons)
    graph = cube(pool)
    names = [
        str(one)
        for one in graph.subjects(PARVIS.confStatus, URIRef(f"{CONCEPT}confidentiality/suppressed"))
    ]
    found = [explain_figure(pool, name.rpartition("-")[2]) for name in names]
    assert any(one["brought"] == dict(figure.brought) for one in found)
    assert all(one["rules"] and one["told"] is None for one in found)
    with pytest.raises(UnknownThing):
        explain_figure(pool, "nothing")


def test_the_register_has_the_release(pool: Pool) -> None:
    """What the law asks to record stands in the register, and in the release itself."""
    found = [
        one for one in read_register(pool, date(2026, 11, 26)).entries if one.dataset == PORTRAIT
    ]
    assert [one.contributors >= 3 and one.persons >= 10 for one in found] == [True]
    assert found[0].audit["fr"].startswith("Il a été prouvé")


def copy(settings: Settings, tmp_path: Path, **edits: tuple[str, str]) -> Settings:
    """Give the same pool with other texts, and an own copy of its data."""
    shutil.copytree(settings.data, tmp_path / "data")
    shutil.copytree(DEMO, tmp_path / "catalog")
    for name, (old, new) in edits.items():
        file = (
            tmp_path
            / "catalog"
            / ("parvis.toml" if name == "toml" else "tiers-neutre/portrait/dataset.ttl")
        )
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return Settings.load(tmp_path / "data", tmp_path / "catalog")


def test_a_dry_run_keeps_nothing(settings: Settings, tmp_path: Path) -> None:
    """Tighter thresholds: another release is computed; neither record nor releases have it."""
    other = copy(
        settings,
        tmp_path,
        toml=("keep_generations = 3", "keep_generations = 3\n[disclosure]\ncontributors = 4"),
    )
    with Pool.open(other) as pool:
        before = portray(pool, dry=True)
        assert (before.number, before.kept, before.unchanged) == (2, False, False)
        assert len(Releases(pool.settings.data, PORTRAIT).all()) == 1
        assert portray(pool).number == 2


def test_rules_may_be_tightened_and_never_loosened(settings: Settings, tmp_path: Path) -> None:
    """Two contributors are not three, and strata stay what they were."""
    with pytest.raises(UsageError, match="tighten"):
        copy(
            settings,
            tmp_path / "a",
            toml=("keep_generations = 3", "[disclosure]\ncontributors = 2"),
        )
    ages = copy(
        settings,
        tmp_path / "b",
        toml=("keep_generations = 3", '[disclosure]\nages = ["0-17", "18-34"]'),
    )
    with Pool.open(ages) as pool, pytest.raises(UsageError, match="strata"):
        portray(pool)


def test_nothing_is_told_of_an_area_of_few_inhabitants(settings: Settings, tmp_path: Path) -> None:
    """The host is told the rule, and how many they are by the steward's file."""
    other = copy(settings, tmp_path)
    rows = "area,within,inhabitants,source\n06,,39,invented\n"
    (other.catalog / "areas.csv").write_text(rows, encoding="utf-8")
    with Pool.open(other) as pool:
        portray(pool)
        graph, where = cube(pool), URIRef(f"{CONCEPT}area/06")
        some = list(graph.subjects(PARVIS.refArea, where))
        assert some
        assert all(graph.value(one, PARVIS.contributors) is None for one in some)
        found = explain_figure(pool, str(some[0]))
    assert 4 in found["rules"]
    assert found["inhabitants"] == 39


def test_nothing_is_released_without_a_purpose(settings: Settings, tmp_path: Path) -> None:
    """Law 25: purposes are set beforehand."""
    other = copy(settings, tmp_path, dataset=("dpv:hasPurpose dpv:ServiceUsageAnalytics ;", ""))
    with Pool.open(other) as pool, pytest.raises(PolicyError, match="hasPurpose"):
        portray(pool)


def test_what_a_destroyed_dataset_brought_is_forgotten(settings: Settings, tmp_path: Path) -> None:
    """The releases it fed keep what they told, and nothing that it brought."""
    other = copy(settings, tmp_path)
    with Pool.open(other) as pool:
        releases = Releases(pool.settings.data, PORTRAIT)
        graph = pool.iris.graph(DatasetKey("danse-petit-nord", "publics"))
        told = releases.all()[0].kept.told
        forget_graphs(pool.settings.data, [graph])
        kept: dict[str, Any] = releases.all()[0].kept.to_json()
        assert kept["made"] is None
        assert tuple(kept["told"]) == told
        assert "danse-petit-nord" not in json.dumps(kept)
