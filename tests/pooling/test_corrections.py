"""Partners correct or complete what they gave between two releases: what shows of it, and when."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from attacking import Attack
from click.testing import CliRunner
from rdflib import Graph, URIRef
from rdflib.namespace import QB, RDF

from parvis.cli.publics import portray_command
from parvis.config import Settings
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import Releases, forget_graphs, read_all_releases
from parvis.pooling.publics.release import portray
from parvis.pooling.stewardship.retention import withdraw
from parvis.statistics.release import ControlledRelease
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS
from tests.classes import HEADS, OPEN, PORTRAIT, RESERVED, settings_in

Told = Mapping[URIRef, frozenset[object]]


@pytest.fixture
def own(classes_pool: Settings, tmp_path: Path) -> Settings:
    """Give a copy of the pool, to be changed."""
    shutil.copytree(classes_pool.data, tmp_path / "data")
    shutil.copytree(classes_pool.catalog, tmp_path / "catalog")
    return settings_in(tmp_path)


def correct(pool: Pool, name: str, factor: float) -> None:
    """Let a house give other figures than before."""
    file = pool.settings.catalog / name / "publics" / "publics.csv"
    rows = pd.read_csv(file)
    counts = HEADS.split(",")[3:]
    rows[counts] = (rows[counts] * factor).astype(int)
    rows["total"] = rows[counts[:-1]].sum(axis=1)
    rows.to_csv(file, index=False)
    assert submit(pool, DatasetKey(name, "publics")).accepted


def published(pool: Pool) -> Told:
    """Read all that the release for all tells of each figure."""
    version = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    graph = Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")
    figures = graph.subjects(RDF.type, QB.Observation)
    return {URIRef(str(one)): frozenset(graph.predicate_objects(one)) for one in figures}


def attacked(pool: Pool) -> Attack:
    """Write down all releases as an attacker does."""
    attack = Attack(20.0)
    for release in read_all_releases(pool.settings.data):
        made = release.kept.controlled(release.reasons)
        assert isinstance(made, ControlledRelease)
        attack.add(made)
    return attack


def test_a_correction_by_one_partner_changes_nothing_that_is_published(own: Settings) -> None:
    """Neither a value, nor how many bring it, nor the coverage, nor a mark."""
    with Pool.open(own) as pool:
        before = published(pool)
        correct(pool, OPEN[0], 1.8)
        made = portray(pool)
        assert made.number == 2
        assert made.to_json()["repeated"] == made.to_json()["told"] == 24
        assert published(pool) == before
        assert attacked(pool).recovered() == []


def test_partners_that_complete_in_turn_show_once_enough_of_them_have(own: Settings) -> None:
    """Three times as before, then the figures of all four at once."""
    with Pool.open(own) as pool:
        releases = [published(pool)]
        for name in OPEN[:4]:
            correct(pool, name, 1.5)
            portray(pool)
            releases.append(published(pool))
        assert releases[0] == releases[1] == releases[2] == releases[3]
        assert releases[4] != releases[0]
        assert attacked(pool).recovered() == []


def test_the_steward_is_told_what_is_repeated_and_whose_change_waits(own: Settings) -> None:
    """By `parvis portray --explain`, and by how many figures read as before."""
    with Pool.open(own) as pool:
        figure = next(str(one) for one, said in published(pool).items() if _value(said))
        correct(pool, OPEN[0], 1.8)
    folders = ["--data", str(own.data), "--catalog", str(own.catalog)]
    (own.catalog / "parvis.toml").write_text(f'base = "{own.base}"\n', encoding="utf-8")
    shown = CliRunner().invoke(portray_command, folders)
    assert shown.exit_code == 0, shown.output
    assert "24" in shown.output.splitlines()[1]
    shown = CliRunner().invoke(portray_command, [*folders, "--explain", figure])
    explained = json.loads(shown.stdout)
    assert explained["repeated"]
    assert explained["rules"] == [7]
    assert {who.rpartition("/")[2] for who in explained["changed"]} == {OPEN[0]}
    (by,) = explained["changed"].values()
    assert abs(explained["exact"] - by - explained["told"]) < 5


def _value(said: frozenset[object]) -> bool:
    return any(isinstance(pair, tuple) and pair[0] == PARVIS.attendance for pair in said)


def test_coverage_stays_with_a_figure_that_stays(own: Settings) -> None:
    """A house that gives to the class alone leaves: the venues known are others."""
    with Pool.open(own) as pool:
        before = published(pool)
        withdraw(pool, f"{RESERVED[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        assert published(pool) == before


def test_what_a_withdrawn_partner_brought_is_not_published_again(own: Settings) -> None:
    """A figure is suppressed rather than repeated."""
    with Pool.open(own) as pool:
        withdraw(pool, f"{OPEN[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        made = portray(pool)
        assert made.to_json()["told"] == 0
        assert not any(map(_value, published(pool).values()))


def test_releases_of_an_earlier_version_are_held_against_too(own: Settings) -> None:
    """Their files say neither what was repeated nor the coverage."""
    with Pool.open(own) as pool:
        releases = Releases(pool.settings.data, PORTRAIT)
        file = releases.all()[0].to_json()
        for name in ("repeats", "coverage"):
            file["kept"].pop(name)
        file.pop("dataset")
        releases.add(type(releases.all()[0]).from_json(file))
        before = published(pool)
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        assert published(pool) == before


def test_what_was_repeated_is_forgotten_with_what_it_was_made_of(own: Settings) -> None:
    """A destroyed dataset leaves nothing in the file of any release."""
    with Pool.open(own) as pool:
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        forget_graphs(pool.settings.data, [pool.iris.graph(DatasetKey(OPEN[1], "publics"))])
        for release in Releases(pool.settings.data, PORTRAIT).all():
            assert OPEN[1] not in json.dumps(release.kept.to_json())
