"""Evidence is stored beside each release, for its owner alone, and goes with what it is of."""

import shutil
from pathlib import Path

import witness_checker

from parvis.config import Settings
from parvis.pooling.publics.history import forget_graphs, read_all_releases


def test_each_release_has_evidence_that_the_checker_accepts(classes_pool: Settings) -> None:
    files = sorted((classes_pool.data / "releases").rglob("*.witness.gz"))
    assert len(files) == len(read_all_releases(classes_pool.data)) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert witness_checker.main(str(classes_pool.data)) == 0


def test_evidence_goes_with_the_figures_of_a_partner(
    classes_pool: Settings, tmp_path: Path
) -> None:
    """That of later releases too, whose tables are of the former ones as well."""
    shutil.copytree(classes_pool.data / "releases", tmp_path / "releases")
    forget_graphs(tmp_path, ["https://elsewhere.example/graph"])
    assert len([*tmp_path.rglob("*.witness.gz")]) == 2
    first = read_all_releases(tmp_path)[0]
    forget_graphs(tmp_path, [*first.inputs][:1])
    assert not [*tmp_path.rglob("*.witness.gz")]
