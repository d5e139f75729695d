"""Corrections between two releases: when they are published, and what they reveal."""

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
from parvis.config.json_data import from_json, to_json
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import Releases, forget_graphs, read_all_releases
from parvis.pooling.publics.release import portray
from parvis.pooling.stewardship.retention import withdraw
from parvis.statistics.disclosure.release import ControlledRelease
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS
from tests.classes import HEADS, OPEN, PORTRAIT, RESERVED, settings_in

Published = Mapping[URIRef, frozenset[object]]


@pytest.fixture
def copied_settings(classes_pool: Settings, tmp_path: Path) -> Settings:
    """Return the settings of a copy of the pool, so that a test may change it."""
    shutil.copytree(classes_pool.data, tmp_path / "data")
    shutil.copytree(classes_pool.catalog, tmp_path / "catalog")
    return settings_in(tmp_path)


def correct(pool: Pool, name: str, factor: float) -> None:
    """Let a partner submit corrected figures."""
    file = pool.settings.catalog / name / "publics" / "publics.csv"
    rows = pd.read_csv(file)
    counts = HEADS.split(",")[3:]
    rows[counts] = (rows[counts] * factor).astype(int)
    rows["total"] = rows[counts[:-1]].sum(axis=1)
    rows.to_csv(file, index=False)
    assert submit(pool, DatasetKey(name, "publics"), approved=True).accepted


def read_published(pool: Pool) -> Published:
    """Read the published statements on each figure of the release for all."""
    version = pool.record.versions()[pool.iris.graph(PORTRAIT)]
    graph = Graph().parse(data=b"".join(pool.record.read_lines(version)), format="nt")
    figures = graph.subjects(RDF.type, QB.Observation)
    return {URIRef(str(figure)): frozenset(graph.predicate_objects(figure)) for figure in figures}


def build_attack(pool: Pool) -> Attack:
    """Record all releases as an attacker would."""
    attack = Attack(20.0)
    for release in read_all_releases(pool.settings.data):
        controlled = release.snapshot.restore_control(release.reasons)
        assert isinstance(controlled, ControlledRelease)
        attack.add(controlled)
    return attack


def test_a_correction_by_one_partner_changes_nothing_that_is_published(
    copied_settings: Settings,
) -> None:
    """No value, number of contributors, coverage or mark."""
    with Pool.open(copied_settings) as pool:
        before = read_published(pool)
        correct(pool, OPEN[0], 1.8)
        outcome = portray(pool)
        assert outcome.number == 2
        assert outcome.to_json()["repeated"] == outcome.to_json()["told"] == 24
        assert read_published(pool) == before
        assert build_attack(pool).recovered() == []


def test_corrections_are_published_once_enough_partners_have_made_them(
    copied_settings: Settings,
) -> None:
    """Three releases repeat the former figures, the fourth has all corrections."""
    with Pool.open(copied_settings) as pool:
        releases = [read_published(pool)]
        for name in OPEN[:4]:
            correct(pool, name, 1.5)
            portray(pool)
            releases.append(read_published(pool))
        assert releases[0] == releases[1] == releases[2] == releases[3]
        assert releases[4] != releases[0]
        assert build_attack(pool).recovered() == []


def test_the_steward_sees_repeated_figures_and_pending_corrections(
    copied_settings: Settings,
) -> None:
    """By `parvis portray --explain`, and by the number of repeated figures."""
    with Pool.open(copied_settings) as pool:
        figure = next(
            str(iri) for iri, statements in read_published(pool).items() if _has_value(statements)
        )
        correct(pool, OPEN[0], 1.8)
    folders = ["--data", str(copied_settings.data), "--catalog", str(copied_settings.catalog)]
    (copied_settings.catalog / "parvis.toml").write_text(
        f'base = "{copied_settings.base}"\n', encoding="utf-8"
    )
    result = CliRunner().invoke(portray_command, folders)
    assert result.exit_code == 0, result.output
    assert "24" in result.output.splitlines()[1]
    result = CliRunner().invoke(portray_command, [*folders, "--explain", figure])
    explained = json.loads(result.stdout)
    assert explained["repeated"]
    assert explained["rules"] == [7]
    assert {partner.rpartition("/")[2] for partner in explained["changed"]} == {OPEN[0]}
    (change,) = explained["changed"].values()
    assert abs(explained["exact"] - change - explained["told"]) < 5


def _has_value(statements: frozenset[object]) -> bool:
    return any(isinstance(pair, tuple) and pair[0] == PARVIS.attendance for pair in statements)


def test_the_coverage_of_a_repeated_figure_is_repeated_too(copied_settings: Settings) -> None:
    """Though the known venues have changed with a withdrawal."""
    with Pool.open(copied_settings) as pool:
        before = read_published(pool)
        withdraw(pool, f"{RESERVED[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        assert read_published(pool) == before


def test_a_withdrawn_contribution_is_not_repeated(copied_settings: Settings) -> None:
    """The figure is suppressed instead."""
    with Pool.open(copied_settings) as pool:
        withdraw(pool, f"{OPEN[0]}/publics", {"fr": "Retiré.", "en": "Withdrawn."})
        outcome = portray(pool)
        assert outcome.to_json()["told"] == 0
        assert not any(map(_has_value, read_published(pool).values()))


def test_releases_of_an_earlier_version_are_considered_too(copied_settings: Settings) -> None:
    """Their files contain neither repetitions nor coverage."""
    with Pool.open(copied_settings) as pool:
        releases = Releases(pool.settings.data, PORTRAIT)
        file = to_json(releases.all()[0])
        for name in ("repeats", "coverage"):
            file["kept"].pop(name)
        file.pop("dataset")
        releases.add(from_json(type(releases.all()[0]), file))
        before = read_published(pool)
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        assert read_published(pool) == before


def test_repeated_figures_are_deleted_with_their_contributions(copied_settings: Settings) -> None:
    """A deleted dataset leaves nothing in the file of any release."""
    with Pool.open(copied_settings) as pool:
        correct(pool, OPEN[0], 1.8)
        portray(pool)
        forget_graphs(pool.settings.data, [pool.iris.graph(DatasetKey(OPEN[1], "publics"))])
        for release in Releases(pool.settings.data, PORTRAIT).all():
            assert OPEN[1] not in json.dumps(release.snapshot.to_json())
